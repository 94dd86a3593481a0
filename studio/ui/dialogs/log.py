"""The log of the window and its crash reports: read, follow, copy. Nothing of a person's data is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio.ui.dialogs.window import DialogWindow
from studio.ui.pages.home.projects import show_folder
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import row
from studio.ui.widgets.switches import Switch
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session

FOLLOW_MS = 1000
MOST_BYTES = 200_000


def end_of(path: Path) -> str:
    """The end of a log file. Runs at the desk."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST_BYTES))
        return file.read().decode("utf-8", errors="replace")


class LogDialog(DialogWindow):
    """The end of the log, kept up to date while "Follow" is on."""

    def __init__(self, session: Session, path: Path, parent: QWidget | None = None) -> None:
        sentence = tr("What the window did and what went wrong. It stays on this computer and holds none of your data.")
        super().__init__(tr("Log"), parent, sentence=sentence, size=(780, 560))
        self._session, self._path = session, path
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setPlaceholderText(tr("Nothing was written yet."))
        self.text.setAccessibleName(tr("Log"))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setStyleHint(QFont.StyleHint.Monospace)
        self.text.setFont(mono)
        self.follow = Switch(True, name=tr("Follow"))
        self.add(row(Label(tr("Follow new lines"), "medium"), self.follow, None))
        self.add(self.text, 1)
        folder = self.add_left_button(tr("Show the folder"), "folder-open")
        folder.clicked.connect(lambda: show_folder(path.parent))
        copy = self.add_button(tr("Copy all"), icon="copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self.add_close()
        self._timer = QTimer(self, interval=FOLLOW_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._look()

    def _look(self) -> None:
        if self.follow.isChecked():
            self._session.call(end_of, self._path, then=self._show)

    def _show(self, text: str) -> None:
        if text != self.text.toPlainText():
            self.text.setPlainText(text)
            bar = self.text.verticalScrollBar()
            bar.setValue(bar.maximum())
