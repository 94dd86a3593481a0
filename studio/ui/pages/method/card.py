"""One method as a card: what it trains, what it costs, and whether it fits."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.core.device import Device
from studio.services.facts import MethodCard
from studio.ui import wording
from studio.ui.fonts import font
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.cards import SelectableCard
from studio.ui.widgets.gauges import MemoryBar
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layers import LayerStack, LayerState
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.switches import Chip
from studio.ui.wording import tr

# How a method's own picture is drawn: what it calls "lora" is drawn as notes beside the layer.
_DRAWN: dict[str, LayerState] = {
    "frozen": "frozen",
    "trained": "trained",
    "lora": "notes",
    "quantized": "quantised_notes",
    "adapter": "adapter",
}


class MethodChoice(SelectableCard):
    """A method to choose. `help_wanted(id)` asks what would make it fit."""

    help_wanted = Signal(str)

    def __init__(self, card: MethodCard) -> None:
        super().__init__(card.title, mark="radio")
        self.method = card.id
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._chip = Chip(tr("Recommended"), tone="accent")
        self.head.addWidget(self._chip)
        self.head.setSpacing(6)
        self._picture = LayerStack()
        self._share = Label("", "strong", tone="train")
        self._summary = Label("", "caption", wrap=True)
        self._reason = Label("", "caption", wrap=True, tone="accent")
        words = column(self._share, self._summary, self._reason, None, spacing=6)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        self._memory = MemoryBar()
        self.add(top, 1)
        self.add(self._memory)
        self.add(self._foot())
        self.show_card(card, None)

    def _foot(self) -> QWidget:
        self._time = Label("", "caption", tabular=True)
        self._size = Label("", "caption", tabular=True)
        costs = QWidget()
        costs.setLayout(
            row(IconLabel("clock", "second", 14), self._time, 12, IconLabel("file", "second", 14), self._size, None)
        )
        self._refused = Label("", "strong", tone="bad")
        self._refused.setFont(font("caption", 600))
        self._help = LinkButton(tr("What would help?"), small=True)
        self._help.clicked.connect(lambda: self.help_wanted.emit(self.method))
        refusal = QWidget()
        refusal.setLayout(row(self._refused, None, self._help))
        self._costs, self._refusal = costs, refusal
        foot = QWidget()
        foot.setLayout(row(costs, refusal, spacing=0))
        foot.setMinimumHeight(26)
        return foot

    def show_card(self, card: MethodCard, device: Device | None) -> None:
        """Show what is known of the method for this model on this computer."""
        estimate = card.estimate
        self.set_name(card.title, card.term)
        self._chip.setVisible(card.recommended)
        picture = card.picture
        self._picture.set_layers(
            [_DRAWN[layer] for layer in picture.layers],
            prompt=3 if picture.prompt else 0,
            head="trained" if picture.head else "",
        )
        share = wording.percent(card.share) if card.share < 0.9995 else "100 %"
        self._share.setText(tr("{share} is trained", share=share))
        self._summary.setText(card.summary)
        self._reason.setText(card.reason)
        self._reason.setVisible(bool(card.reason))
        limit = device.memory_bytes if device else None
        self._memory.set_memory(estimate.memory_bytes, limit, fit=None if estimate.fits else "bad")
        self._time.setText(wording.duration(estimate.seconds))
        self._size.setText(wording.size(estimate.file_bytes))
        refused = refusal_of(card, device)
        self._refused.setText(refused)
        self._help.setVisible(bool(card.fixes))
        self._costs.setVisible(not refused)
        self._refusal.setVisible(bool(refused))
        self.setAccessibleDescription(self._told(card, refused))

    def _told(self, card: MethodCard, refused: str) -> str:
        told = [card.summary, self._share.text(), f"{tr('Memory')} {self._memory.words()}"]
        told += [refused] if refused else [self._time.text(), self._size.text()]
        return ". ".join([*told, card.reason] if card.reason else told)


def refusal_of(card: MethodCard, device: Device | None) -> str:
    """Why a method can't be chosen here, in a few words; empty where it can."""
    blocking = next((problem for problem in card.problems if problem.severity == "blocks"), None)
    if not card.estimate.fits:
        return tr("Does not fit this card") if device and device.kind == "cuda" else tr("Does not fit this computer")
    return blocking.sentence if blocking else ""
