"""The Method page: the usual methods as cards in a grid, and all others when more ways are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.core.device import Device
from studio.services.facts import MethodCard
from studio.ui import wording
from studio.ui.pages.method.begin import BeginCard
from studio.ui.pages.method.card import MethodChoice, refusal_of
from studio.ui.pages.method.details import FixList, MethodDetails
from studio.ui.pages.trouble import Trouble
from studio.ui.theme import CARD_GAP
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.layers import LayerLegend
from studio.ui.widgets.notices import EmptyState
from studio.ui.widgets.page import PageHead, page_body
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

_LEAST_CARD = 300


class MethodPage(QWidget):
    """Chooses how the weights change."""

    set_explain = Signal(object)
    go = Signal(str)
    page_id = "method"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._state: State | None = None
        self._cards: dict[str, MethodChoice] = {}
        self._columns = 0
        self._shown: list[str] = []
        self._all = False
        self._legend = LayerLegend()
        self._head = PageHead(
            tr("Method"),
            tr("How much of the model may change. Everything grey stays as its makers left it."),
            self._legend,
        )
        self._holder = QWidget()
        self._holder.setAccessibleName(tr("Methods"))
        self._grid = QGridLayout(self._holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(CARD_GAP)
        self.begin = BeginCard()
        self.begin.chosen.connect(session.run.begin_with)
        self._more = LinkButton("")
        self._more.clicked.connect(self._show_more)
        self._fixes = FixList()
        self._fixes.chosen.connect(self._fix)
        self._details = MethodDetails()
        self._empty = EmptyState(
            "cube",
            tr("First choose a model"),
            tr("What each method needs depends on the model. Then this page says which fit this computer, and why."),
            tr("Choose a model"),
        )
        self._empty.action.connect(lambda: self.go.emit("model"))
        body = page_body(self)
        for widget in (self._head, Trouble(session, self.page_id), self.begin, self._holder):
            body.addWidget(widget)
        body.addWidget(self._more, alignment=Qt.AlignmentFlag.AlignLeft)
        for widget in (self._fixes, self._details):
            body.addWidget(widget)
        body.addWidget(self._empty, 1)
        body.addStretch(0)
        self._body = body

    def refresh(self, state: State) -> None:
        """Show the methods for the project's model."""
        self._state = state
        cards = state.facts.cards
        ready = bool(cards)
        for widget in (self.begin, self._holder, self._more, self._details, self._legend):
            widget.setVisible(ready)
        self._empty.setVisible(not ready)
        self.set_explain.emit(None)
        if not ready:
            self._fixes.hide()
            return
        self._show_cards(cards, state.facts.device, state.config.method.id)
        self._legend.set_card(_limit_words(state.facts.device))
        self._show_chosen(state)
        self.begin.show_state(state)

    def _show_cards(self, cards: tuple[MethodCard, ...], device: Device | None, chosen: str) -> None:
        if list(self._cards) != [card.id for card in cards]:
            self._rebuild(cards)
        for card in cards:
            view = self._cards[card.id]
            view.show_card(card, device)
            refused = refusal_of(card, device) if card.id != chosen else ""
            if bool(refused) != bool(view.property("blocked")):
                view.set_disabled_reason(refused)
            view.setEnabled(not self._state.read_only if self._state else True)
        if chosen in self._cards:
            self._cards[chosen].setChecked(True)
        self._choose_shown(cards, chosen)

    def _choose_shown(self, cards: tuple[MethodCard, ...], chosen: str) -> None:
        """The usual cards and the one that counts; all of them when more ways are asked for."""
        shown = [card.id for card in cards if self._all or card.usual or card.recommended or card.id == chosen]
        further = len(cards) - len(shown)
        self._more.setVisible(bool(further) or self._all)
        self._more.setText(tr("Show fewer ways") if self._all else tr("Show {count} more ways", count=further))
        if shown != self._shown:
            self._shown = shown
            self._columns = 0
            self._arrange()

    def _show_more(self) -> None:
        self._all = not self._all
        if self._state is not None:
            self._choose_shown(self._state.facts.cards, self._state.config.method.id)

    def _rebuild(self, cards: tuple[MethodCard, ...]) -> None:
        for old in self._cards.values():
            self._grid.removeWidget(old)
            old.deleteLater()
        self._cards = {}
        for card in cards:
            view = MethodChoice(card)
            view.setParent(self._holder)
            view.clicked.connect(lambda _on=False, id=card.id: self._choose(id))
            view.help_wanted.connect(self.show_fixes)
            self._cards[card.id] = view
        self._shown = []

    def _arrange(self) -> None:
        width = max(1, self.width() - 48)
        most = max(1, min(len(self._shown), (width + CARD_GAP) // (_LEAST_CARD + CARD_GAP)))
        if most == self._columns or not self._shown:
            return
        for at in range(self._columns):
            self._grid.setColumnStretch(at, 0)
        self._columns = most
        for id, view in self._cards.items():
            view.setVisible(id in self._shown)
            self._grid.removeWidget(view)
        for place, id in enumerate(self._shown):
            self._grid.addWidget(self._cards[id], place // most, place % most)
        for at in range(most):
            self._grid.setColumnStretch(at, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _show_chosen(self, state: State) -> None:
        card = next((card for card in state.facts.cards if card.id == state.config.method.id), None)
        self._details.setVisible(card is not None)
        if card is not None:
            self._details.show_card(card)

    def _choose(self, method: str) -> None:
        card = self._card(method)
        if card is None or self._state is None or method == self._state.config.method.id:
            return
        if refusal_of(card, self._state.facts.device):
            self.show_fixes(method)
            return
        self._session.edit({"method.id": method}, tr("Method: {name}", name=card.title))

    def show_fixes(self, method: str) -> None:
        """Open what would make a method fit."""
        card = self._card(method)
        if card is not None and card.fixes and self._state is not None:
            self._fixes.show_fixes(card, self._state.facts.device)

    def _fix(self, changes: dict[str, object], sentence: str) -> None:
        self._fixes.hide()
        self._session.edit(changes, sentence)

    def _card(self, method: str) -> MethodCard | None:
        return next((card for card in self._state.facts.cards if card.id == method), None) if self._state else None

    def primary(self) -> tuple[str, bool, str]:
        """Next, once the chosen method can be used on this computer."""
        if self._state is None or not self._state.facts.cards:
            return tr("Next: Settings"), False, tr("Choose a model first.")
        card = self._card(self._state.config.method.id)
        refused = refusal_of(card, self._state.facts.device) if card else tr("Choose a method.")
        refused = refused or self._in_the_way()
        return tr("Next: Settings"), not refused, refused

    def _in_the_way(self) -> str:
        """Why the chosen method can't be used with what the run begins with."""
        problems = self._state.problems if self._state else ()
        return next((each.sentence for each in problems if each.step == "method" and each.severity == "blocks"), "")

    def activate_primary(self) -> None:
        """Go on to the settings."""
        self.go.emit("settings")


def _limit_words(device: Device | None) -> str:
    if device is None:
        return ""
    amount = wording.memory(device.memory_bytes)
    return tr("Your card: {memory}", memory=amount) if device.kind == "cuda" else tr("Memory: {memory}", memory=amount)
