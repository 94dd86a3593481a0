"""One model as a card to choose: what it is, its facts, its licence, and whether it fits this computer."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.device import Device
from studio.services.facts import Estimate
from studio.services.models import KnownModel
from studio.ui.pages.model.words import facts_in_words, licence_sentence, what_it_is
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.cards import SelectableCard
from studio.ui.widgets.gauges import MemoryBar
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import row
from studio.ui.widgets.switches import Chip
from studio.ui.wording import shortened, tr


class ModelCard(SelectableCard):
    """A model. `forget_asked` takes a folder off the list, `why_asked` shows a refusal in full."""

    forget_asked = Signal(object)
    why_asked = Signal(object)

    def __init__(self, model: KnownModel) -> None:
        super().__init__(shortened(model.name, 34), mark="radio")
        self.model = model
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.head.addWidget(Chip(tr("Ships with the studio") if model.starter else tr("Your folder")))
        if model.info is not None:
            info = model.info
            self.add(Label(what_it_is(info), "second", wrap=True))
            self.add(Label(facts_in_words(info), "caption", wrap=True, tabular=True))
            self.add(Label(licence_sentence(info.licence), "caption", wrap=True))
        self._advice = Label("", "caption", wrap=True, tone="good")
        self._advice_icon = IconLabel("check-circle-fill", "good", 15)
        self._advice_line = QWidget()
        advised = row(self._advice_icon, spacing=8)
        advised.addWidget(self._advice, 1)
        self._advice_line.setLayout(advised)
        self._advice_line.hide()
        self.add(self._advice_line)
        self._reason = Label("", "caption", wrap=True, tone="second")
        self._reason_icon = IconLabel("prohibit", "second", 15)
        line = row(self._reason_icon, spacing=8)
        line.addWidget(self._reason, 1)
        self.body.addStretch(1)
        self.add(line)
        self.memory = MemoryBar()
        self.add(self.memory)
        self._add_foot()
        self.show_fit("", None, None)

    def _add_foot(self) -> None:
        model = self.model
        if model.starter:
            return
        foot = row(spacing=4)
        foot.addWidget(ElidedLabel(str(model.path), "quiet", middle=True), 1)
        if model.problem is not None:
            why = LinkButton(tr("Why"), small=True)
            why.clicked.connect(lambda: self.why_asked.emit(self.model))
            foot.addWidget(why)
        forget = LinkButton(tr("Take off the list"), small=True)
        forget.setAccessibleName(tr("Take {model} off the list", model=model.name))
        forget.clicked.connect(lambda: self.forget_asked.emit(self.model.path))
        foot.addWidget(forget)
        self.add(foot)

    def show_advice(self, recommended: str, instead: str = "") -> None:
        """Say why this is the one to begin with, or what else is learnt with it; nothing where there are no words."""
        self._advice.setText(recommended or instead)
        self._advice.set_tone("good" if recommended else "second")
        self._advice_icon.set_icon("check-circle-fill" if recommended else "info", "good" if recommended else "second")
        self._advice_line.setVisible(bool(recommended or instead))

    def show_fit(self, unsuited: str, estimate: Estimate | None, device: Device | None) -> None:
        """Say whether the model can learn this, and what it needs; a refused folder says why instead."""
        problem = self.model.problem
        reason = problem.sentence if problem else unsuited
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self._reason_icon.setVisible(bool(reason))
        self._reason_icon.set_icon("warning-octagon-fill" if problem else "prohibit", "bad" if problem else "second")
        self.set_disabled_reason(reason)
        self.memory.setVisible(not reason and estimate is not None)
        if estimate is not None:
            self.memory.set_memory(
                estimate.memory_bytes, device.memory_bytes if device else None, fit=None if estimate.fits else "bad"
            )
