"""The presets as cards, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.services.facts import Preset
from studio.ui import wording
from studio.ui.theme import CARD_GAP
from studio.ui.widgets.cards import SelectableCard
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.wording import tr


class _PresetCard(SelectableCard):
    def __init__(self, preset: Preset) -> None:
        super().__init__(tr(preset.title), mark="check", padding=14)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._icon = IconLabel(preset.icon, "second", 18)
        self.head.insertWidget(0, self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        self._summary = Label("", "caption", wrap=True)
        self._time = Label("", "quiet", tabular=True)
        self.add(self._summary, 1)
        self.add(self._time)
        self.toggled.connect(lambda on: self._icon.set_icon(preset.icon, "accent" if on else "second"))

    def show_preset(self, preset: Preset, recommended: bool) -> None:
        self.set_name(tr(preset.title))
        self._summary.setText(tr(preset.summary))
        self._summary.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        told = [] if preset.seconds is None else [wording.duration(preset.seconds)]
        told += [tr("recommended")] if recommended else []
        self._time.setText(" · ".join(told))
        self.setAccessibleDescription(" ".join([tr(preset.summary), *told]))


class PresetCards(QWidget):
    """The presets; one of them may hold. `chosen(id)` when the person picks one, also the one that holds already."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Presets"))
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(CARD_GAP)
        self._cards: dict[str, _PresetCard] = {}

    def show_presets(self, presets: Sequence[Preset], current: str) -> None:
        """Show the presets with their times, `current` as the chosen one."""
        if list(self._cards) != [preset.id for preset in presets]:
            self._rebuild(presets)
        for preset in presets:
            self._cards[preset.id].show_preset(preset, preset.id == "balanced")
        if current in self._cards:
            self._cards[current].setChecked(True)

    def _rebuild(self, presets: Sequence[Preset]) -> None:
        for old in self._cards.values():
            self._line.removeWidget(old)
            old.deleteLater()
        self._cards = {}
        for preset in presets:
            card = _PresetCard(preset)
            card.clicked.connect(lambda _on=False, id=preset.id: self.chosen.emit(id))
            self._line.addWidget(card, 1)
            self._cards[preset.id] = card

    def card(self, preset: str) -> SelectableCard:
        """One preset's card."""
        return self._cards[preset]
