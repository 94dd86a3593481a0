"""The kinds of export as cards: what each is, how large, for whom, or why not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.services.sharing import Way
from studio.ui import wording
from studio.ui.theme import CARD_GAP
from studio.ui.widgets.cards import SelectableCard
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import column, row
from studio.ui.wording import tr

_ICONS = {"adapter": "puzzle-piece", "merged": "cube"}


class _WayCard(SelectableCard):
    def __init__(self, way: Way) -> None:
        super().__init__(tr(way.title), mark="radio")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.head.addWidget(IconLabel(_ICONS.get(way.id, "package"), "second", 20))
        self._summary = Label("", "body", wrap=True)
        self._more = Label("", "caption", wrap=True)
        for label in (self._summary, self._more):
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._size = Label("", "caption", tabular=True)
        self._foot = QWidget()
        self._foot.setLayout(row(IconLabel("file", "second", 14), self._size, None, spacing=6))
        self._refusal = Label("", "body", wrap=True)
        self._remedy = Label("", "caption", wrap=True)
        refused = row(spacing=10)
        refused.addWidget(IconLabel("warning-circle-fill", "warn"), 0, Qt.AlignmentFlag.AlignTop)
        refused.addLayout(column(self._refusal, self._remedy, spacing=2), 1)
        self._refused = QWidget()
        self._refused.setLayout(refused)
        self.add(self._summary)
        self.add(self._more)
        self.body.addStretch(1)
        self.add(self._foot)
        self.add(self._refused)

    def show_way(self, way: Way) -> None:
        self.set_name(tr(way.title), tr(way.term) if way.term else "")
        self._summary.setText(tr(way.summary))
        self._more.setText(tr(way.explanation))
        size = tr("About {size}", size=wording.size(way.bytes, "up")) if way.bytes else tr("Size not known yet")
        self._size.setText(size)
        self._foot.setVisible(not way.refusal)
        self._refused.setVisible(bool(way.refusal))
        self._refusal.setText(tr(way.refusal))
        self._remedy.setText(tr(way.remedy))
        if bool(way.refusal) != bool(self.property("blocked")):
            self.set_disabled_reason(tr(way.refusal))
        self.setAccessibleDescription(" ".join(filter(None, (tr(way.summary), tr(way.refusal) or size))))


class WayCards(QWidget):
    """The kinds of export side by side. `chosen(id)` when the person picks one."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Ways to take the model away"))
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(CARD_GAP)
        self._cards: dict[str, _WayCard] = {}

    def show_ways(self, ways: Sequence[Way], chosen: str) -> None:
        """Show what can be made of the run, `chosen` as the picked one."""
        if list(self._cards) != [way.id for way in ways]:
            for old in self._cards.values():
                self._line.removeWidget(old)
                old.deleteLater()
            self._cards = {way.id: self._card_of(way) for way in ways}
        for way in ways:
            self._cards[way.id].show_way(way)
        if chosen in self._cards:
            self._cards[chosen].setChecked(True)

    def _card_of(self, way: Way) -> _WayCard:
        made = _WayCard(way)
        made.clicked.connect(lambda _on=False: self._pick(way.id))
        self._line.addWidget(made, 1)
        return made

    def _pick(self, way: str) -> None:
        if not self._cards[way].property("blocked"):
            self.chosen.emit(way)

    def card(self, way: str) -> SelectableCard:
        """One kind's card."""
        return self._cards[way]
