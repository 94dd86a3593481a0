"""What every dialog has: a title, a body that may scroll, and its buttons at the foot."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from studio.ui.theme import SPACE_12, SPACE_24
from studio.ui.widgets.buttons import Button, PrimaryButton
from studio.ui.widgets.labels import Label
from studio.ui.wording import tr


class DialogWindow(QDialog):
    """A dialog of its own window. Escape closes it; Enter presses the primary button."""

    def __init__(
        self, title: str, parent: QWidget | None = None, *, sentence: str = "", size: tuple[int, int] = (560, 420)
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*size)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SPACE_24, 20, SPACE_24, 20)
        outer.setSpacing(SPACE_12)
        outer.addWidget(Label(title, "title", wrap=True))
        if sentence:
            outer.addWidget(Label(sentence, "second", wrap=True))
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE_12)
        outer.addLayout(self.body, 1)
        self._foot = QHBoxLayout()
        self._foot.setSpacing(8)
        self._foot.addStretch(1)
        outer.addLayout(self._foot)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put something at the end of the body."""
        if isinstance(item, QWidget):
            self.body.addWidget(item, stretch)
        else:
            self.body.addLayout(item, stretch)

    def add_button(self, text: str, *, primary: bool = False, icon: str = "") -> Button:
        """A button at the foot, the primary one last."""
        made = PrimaryButton(text, icon) if primary else Button(text, icon)
        made.setDefault(primary)
        self._foot.addWidget(made)
        return made

    def add_left_button(self, text: str, icon: str = "") -> Button:
        """A button at the foot's left."""
        made = Button(text, icon)
        self._foot.insertWidget(max(0, self._foot.count() - 1), made)
        self._foot.removeWidget(made)
        self._foot.insertWidget(0, made)
        return made

    def add_close(self) -> Button:
        """The button that only closes."""
        made = self.add_button(tr("Close"), primary=True)
        made.clicked.connect(self.accept)
        return made
