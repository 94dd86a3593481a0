"""Told once: closing the window does not end a training that is under way."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.ui.dialogs.window import DialogWindow
from studio.ui.widgets.labels import Label
from studio.ui.wording import tr


class TrainingGoesOn(DialogWindow):
    """A sentence and one button; it is not shown again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Training goes on"), parent, size=(440, 230))
        words = tr(
            "The window closes; the training goes on by itself. When you open the studio again, it is there with all "
            "its curves."
        )
        self.add(Label(words, "body", wrap=True))
        self.add(Label(tr("You can stop or pause it on the Train page at any time."), "second", wrap=True))
        self.body.addStretch(1)
        button = self.add_button(tr("Good"), primary=True)
        button.clicked.connect(self.accept)
