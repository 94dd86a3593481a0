"""A new project: its name, and where it goes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.ui.dialogs.window import DialogWindow
from studio.ui.pages.files import choose_folder
from studio.ui.pages.home.goals import goal_words
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import TextInput
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import row
from studio.ui.wording import tr


class NewProjectDialog(DialogWindow):
    """`chosen(goal, parent folder, name)` when the person goes on."""

    chosen = Signal(str, object, str)

    def __init__(self, goal: str, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(tr("New project"), parent, sentence=goal_words(goal).title, size=(480, 250))
        self._goal, self._folder = goal, folder
        self.name = TextInput()
        self.name.setText(goal_words(goal).project)
        self.name.setMaxLength(60)
        self.name.selectAll()
        self.name.setAccessibleName(tr("Name"))
        self._where = ElidedLabel("", "caption", middle=True)
        self._show_where()
        change = Button(tr("Another place…"), small=True)
        change.clicked.connect(self._choose)
        self.add(Label(tr("Name"), "medium"))
        self.add(self.name)
        line = row(spacing=12)
        line.addWidget(self._where, 1)
        line.addWidget(change)
        self.add(line)
        self.body.addStretch(1)
        leave = self.add_button(tr("Cancel"))
        leave.clicked.connect(self.reject)
        self.start = self.add_button(tr("Start"), primary=True)
        self.start.clicked.connect(self._go)
        self.name.textChanged.connect(self._check)
        self.name.setFocus()

    def _check(self, text: str) -> None:
        self.start.set_disabled_reason("" if text.strip() else tr("Give the project a name."))
        self._show_where()

    def _show_where(self) -> None:
        self._where.setText(str(self._folder / (self.name.text().strip() or "…")))

    def _choose(self) -> None:
        folder = choose_folder(self, tr("Where should the project go?"), str(self._folder))
        if folder:
            self._folder = folder
            self._show_where()

    def _go(self) -> None:
        self.accept()
        self.chosen.emit(self._goal, self._folder, self.name.text().strip())
