"""The card for whoever is here for the first time: the sample, in one click."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.icons import paint_icon
from studio.ui.theme import tokens
from studio.ui.widgets.buttons import PrimaryButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import Label
from studio.ui.widgets.paint import antialiased, box, faded
from studio.ui.wording import tr


class FirstTimeCard(Card):
    """A picture, two sentences, and the page's primary button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(padding=14, parent=parent)
        self._title = Label("", "heading", wrap=True)
        words = tr("Teach a small model a museum’s tone of voice. Model and examples are already on this computer.")
        self.start = PrimaryButton(tr("Try the sample · 5 minutes"))
        self.start.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.add(_TalkPicture())
        self.body.addSpacing(4)
        self.add(self._title)
        self.add(Label(words, "caption", wrap=True))
        self.body.addSpacing(2)
        self.add(self.start)
        self.show_words(False)

    def show_words(self, been_here: bool) -> None:
        """Ask newcomers whether they are new; offer the sample to others all the same."""
        self._title.setText(tr("The sample project") if been_here else tr("First time here?"))


class _TalkPicture(QWidget):
    """A question, and an answer in the house's own style."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        box(painter, self.rect(), 7, t.accent_tint)
        ask = QRectF(14, 13, 92, 32)
        box(painter, ask, 6, t.card)
        for line, width in enumerate((64, 40)):
            box(painter, QRectF(24, 22 + 9 * line, width, 3), 1.5, t.edge)
        answer = QRectF(self.width() - 126, 36, 112, 42)
        box(painter, answer, 6, t.fill)
        for line, width in enumerate((88, 72, 52)):
            ink = faded(t.on_fill, 0.85)
            box(painter, QRectF(answer.left() + 10, 45 + 9 * line, width, 3), 1.5, ink)
        paint_icon(painter, QRectF(self.width() - 27, 11, 15, 15), "sparkle", t.accent)
