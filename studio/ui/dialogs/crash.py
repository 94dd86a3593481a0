"""What is shown when we have a bug: that it is ours, that the person's work is safe, and the whole report."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from studio.ui.dialogs.window import DialogWindow
from studio.ui.widgets.labels import Label
from studio.ui.wording import tr


class CrashDialog(DialogWindow):
    """The report is shown whole before it is copied or saved; nothing is sent anywhere."""

    def __init__(self, report: str, parent: QWidget | None = None) -> None:
        super().__init__(tr("Something went wrong in the studio"), parent, size=(720, 560))
        self.report = report
        self.add(Label(tr("This is a fault of the program, not of yours."), "body", wrap=True))
        safe = tr(
            "Every change was saved as you made it, and training goes on by itself. You can go on working; if the "
            "window behaves strangely, close and open it again."
        )
        self.add(Label(safe, "body", wrap=True))
        ask = tr(
            "This is the whole report. Nothing is sent: copy it or save it, and give it to whoever looks after the "
            "studio."
        )
        self.add(Label(ask, "second", wrap=True))
        text = QPlainTextEdit(report)
        text.setReadOnly(True)
        text.setAccessibleName(tr("Report"))
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text = text
        self.add(text, 1)
        self.copy_button = self.add_button(tr("Copy"), icon="copy")
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
        self.save_button = self.add_button(tr("Save…"), icon="floppy-disk")
        self.save_button.clicked.connect(self._save)
        self.add_close().setText(tr("Go on"))

    def _save(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(self, tr("Save the report"), "studio-report.txt")
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Write the report. A folder that refuses is told in the button's place, not by another failure."""
        try:
            path.write_text(self.report, encoding="utf-8")
        except OSError:
            self.save_button.setText(tr("Could not be saved there"))
        else:
            self.save_button.setText(tr("Saved"))
