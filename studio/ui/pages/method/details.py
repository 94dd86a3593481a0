"""Below the cards: the chosen method in a paragraph and what needs its memory, or what would make one fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.core.device import Device
from studio.services.facts import Fix, MethodCard
from studio.ui import wording
from studio.ui.theme import tokens
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import clear, row
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr

# The estimate's parts in the words of this page, largest idea first; a part without words here is shown by its id.
_PARTS = {
    "weights": "The model itself",
    "activations": "Its notes while reading",
    "gradients": "What a step changes",
    "optimizer": "What earlier steps taught",
    "scores": "Comparing words",
    "program": "The program around it",
}


class MemoryParts(QWidget):
    """What a method's memory is for: one line per part with its bar, longest first."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._shown: dict[str, int] = {}

    def set_parts(self, parts: Mapping[str, int]) -> None:
        """Bytes by part; parts that need nothing are left out."""
        shown = dict(sorted(((key, size) for key, size in parts.items() if size > 0), key=lambda part: -part[1]))
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._column)
        largest = max(shown.values(), default=1)
        for key, size in shown.items():
            words = Label(tr(_PARTS[key]) if key in _PARTS else key, "caption")
            words.setFixedWidth(170)
            amount = Label(wording.memory(size, "up"), "caption", tabular=True)
            amount.setFixedWidth(64)
            self._column.addLayout(row(words, _Bar(size / largest), amount, spacing=12))


class _Bar(QWidget):
    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, 7)

    def paintEvent(self, event: QPaintEvent) -> None:
        width = max(4.0, self.width() * self._share)
        left = self.width() - width if self.isRightToLeft() else 0.0
        box(antialiased(self), QRectF(left, 0, width, 7), 3.5, tokens().frozen_line)


class MethodDetails(Card):
    """The chosen method in a paragraph, and what needs the memory."""

    def __init__(self) -> None:
        super().__init__("")
        self._about = Label("", "second", wrap=True)
        self._about.setMaximumWidth(560)
        self._about.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._parts_title = Label(tr("What needs the memory"), "strong")
        self._parts = MemoryParts()
        self._title = Label("", "strong")
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(6)
        right.setSpacing(8)
        for widget in (self._title, self._about):
            left.addWidget(widget)
        left.addStretch(1)
        for widget in (self._parts_title, self._parts):
            right.addWidget(widget)
        right.addStretch(1)
        line = QHBoxLayout()
        line.setSpacing(32)
        line.addLayout(left, 1)
        line.addLayout(right, 1)
        self.add(line)

    def show_card(self, card: MethodCard) -> None:
        """Show the chosen method."""
        self._title.setText(tr("{method}: how it works", method=tr(card.title)))
        self._about.setText(card.explanation or card.summary)
        self._parts_title.setVisible(bool(card.estimate.parts))
        self._parts.set_parts(card.estimate.parts)


class FixList(Card):
    """What would make a method fit: each change a button. `chosen(changes, sentence)` tells which."""

    chosen = Signal(dict, str)

    def __init__(self) -> None:
        self._close = IconButton("x", tr("Close"), small=True)
        super().__init__(" ", self._close)
        self._close.clicked.connect(self.hide)
        self._buttons: list[Button] = []
        self.hide()

    def show_fixes(self, card: MethodCard, device: Device | None) -> None:
        """Open with a method's fixes, the focus on the first."""
        self.set_title(tr("What would make {method} fit", method=card.title))
        clear(self.body)
        self._buttons = []
        for fix in card.fixes:
            self.body.addLayout(self._line(card, fix, device))
        self.show()
        if self._buttons:
            self._buttons[0].setFocus()

    def _line(self, card: MethodCard, fix: Fix, device: Device | None) -> QHBoxLayout:
        button = Button(tr("Do this"), small=True)
        button.setAccessibleName(f"{tr('Do this')}: {fix.sentence}")
        changes: dict[str, Any] = {"method.id": card.id, **fix.changes}
        button.clicked.connect(lambda: self.chosen.emit(changes, fix.sentence))
        self._buttons.append(button)
        limit = device.memory_bytes if device else 0
        need = wording.memory_of(fix.memory_bytes, limit) if limit else wording.memory(fix.memory_bytes, "up")
        return row(Label(fix.sentence, "body"), Label(tr("then {memory}", memory=need), "quiet"), None, button)

    def buttons(self) -> Sequence[Button]:
        """The fixes, in their order."""
        return self._buttons
