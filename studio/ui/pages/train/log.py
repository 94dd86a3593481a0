"""The log of a run, as it was written."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

from studio.ui.widgets.cards import Card
from studio.ui.wording import tr


class LogCard(Card):
    """The end of a run's log, for those who want to read it. Opened on wish."""

    def __init__(self) -> None:
        super().__init__(tr("Log"))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(tr("Log of the run"))
        self.text.setMinimumHeight(220)
        self.add(self.text)

    def show_log(self, text: str) -> None:
        """Show the log's end; where the person has scrolled up, the place stays."""
        shown = text or tr("Nothing was written to the log.")
        if shown == self.text.toPlainText():
            return
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        kept = bar.value()
        self.text.setPlainText(shown)
        bar.setValue(bar.maximum() if at_end else kept)
