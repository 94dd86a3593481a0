"""The card that says how this computer does: card or processor, disk, privacy, engine."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.services.doctor import Health
from studio.ui.icons import STATE_ICONS
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import clear, column, row
from studio.ui.wording import memory, plural, size, tr


@dataclass(frozen=True)
class Line:
    """One finding: sign, sentence, remark."""

    sign: str
    words: str
    remark: str


def lines(health: Health) -> tuple[Line, ...]:
    """What the doctor found, in a person's words."""
    told = [_device(health), _disk(health)]
    told.append(Line("good", tr("Nothing leaves this computer"), tr("This version makes no connection at all")))
    engine = next((problem for problem in health.problems if problem.id == "engine-missing"), None)
    if engine:
        told.append(Line("warn", tr("The training engine is missing"), engine.remedy))
    else:
        version = (health.engine.get("torch") or "").split("+")[0]
        told.append(Line("good", tr("The training engine is ready"), tr("torch {version}", version=version)))
    memory_low = next((problem for problem in health.problems if problem.id == "memory-low"), None)
    if memory_low:
        told.append(Line("warn", memory_low.sentence, memory_low.remedy))
    broken = [problem for problem in health.problems if problem.id == "plugin-broken"]
    told += [Line("warn", problem.sentence, problem.remedy) for problem in broken]
    return tuple(told)


def _device(health: Health) -> Line:
    card = next((device for device in health.devices if device.kind == "cuda"), None)
    if card:
        parts = [memory(card.memory_bytes), tr("driver {version}", version=card.driver), card.name]
        return Line("good", tr("Graphics card is ready"), " · ".join(parts))
    processor = next((device for device in health.devices if device.kind == "cpu"), None)
    cores = plural(processor.cores, "{n} core", "{n} cores") if processor else ""
    held = memory(processor.memory_bytes, "down") if processor else ""
    remark = tr("{cores}, {memory} of memory; enough for small models", cores=cores, memory=held)
    return Line("info", tr("Trains on the processor"), remark)


def _disk(health: Health) -> Line:
    low = next((problem for problem in health.problems if problem.id == "disk-low"), None)
    words = tr("{room} free on the disk", room=size(health.disk_free, "down"))
    return Line("warn" if low else "good", words, low.remedy if low else tr("Where your projects go"))


class ComputerCard(Card):
    """The findings with "Check again"."""

    check_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._again = LinkButton(tr("Check again"))
        super().__init__(tr("This computer"), side=self._again, parent=parent)
        self._again.clicked.connect(self._ask)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.add(self._list)
        self._list.addWidget(Label(tr("Looking…"), "second"))

    def _ask(self) -> None:
        self._again.set_disabled_reason(tr("Looking…"))
        self.check_asked.emit()

    def show_health(self, health: Health) -> None:
        """Show what was found."""
        self._again.set_disabled_reason("")
        clear(self._list)
        for line in lines(health):
            icon, tone = STATE_ICONS[line.sign]
            shown = row(spacing=10)
            shown.addWidget(IconLabel(icon, tone, 17), 0, Qt.AlignmentFlag.AlignTop)
            words = column(Label(line.words, "medium", wrap=True), Label(line.remark, "caption", wrap=True), spacing=1)
            shown.addLayout(words, 1)
            holder = QWidget()
            holder.setLayout(shown)
            self._list.addWidget(holder)
