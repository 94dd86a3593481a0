"""Work on the data that is under way: what is being read or prepared, how long it takes, and stopping it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from studio.ui.widgets.buttons import Button, LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.gauges import ProgressBar
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import column, row
from studio.ui.wording import time_left, tr

SHOWN_AFTER_MS = 500


class WorkCard(Card):
    """One job: words, bar, time left, Stop."""

    stop_asked = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent, padding=12)
        self._words = ElidedLabel("", "medium")
        self._left = Label("", "caption", tabular=True)
        self._bar = ProgressBar(name)
        self.stop = Button(tr("Stop"), small=True)
        self.stop.clicked.connect(self.stop_asked)
        head = row(spacing=12)
        head.addWidget(self._words, 1)
        head.addWidget(self._left)
        line = row(spacing=16)
        line.addLayout(column(head, self._bar, spacing=7), 1)
        line.addWidget(self.stop)
        self.add(line)
        self.setAccessibleName(name)
        self.hide()

    def show_progress(self, progress: Any) -> None:
        """Show how far the job is; None hides the card."""
        self.setVisible(progress is not None)
        if progress is None:
            return
        self._words.setText(progress.words or f"{self.accessibleName()}…")
        share = progress.done / progress.total if progress.total else None
        self._bar.set_progress(share)
        self._left.setText(time_left(progress.seconds_left) if progress.seconds_left is not None else "")
        self.stop.setVisible(bool(progress.stoppable))
        self.setAccessibleDescription(progress.words)


class QuietWork(QWidget):
    """Work that needs nobody's attention: a word, a small bar, Stop. Its room is kept, so that nothing jumps."""

    stop_asked = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._words = Label(name, "caption")
        self._bar = ProgressBar(name)
        self._bar.setFixedWidth(96)
        stop = LinkButton(tr("Stop"), small=True)
        stop.setAccessibleName(tr("Stop: {work}", work=name))
        stop.clicked.connect(self.stop_asked)
        self.setLayout(row(self._words, self._bar, stop, spacing=10))
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self._soon = QTimer(self, singleShot=True, interval=SHOWN_AFTER_MS)
        self._soon.timeout.connect(self.show)
        self.hide()

    def show_progress(self, progress: Any) -> None:
        """Show how far the work is once it has taken a moment; None hides it."""
        if progress is None:
            self._soon.stop()
            self.hide()
            return
        if self.isHidden() and not self._soon.isActive():
            self._soon.start()
        left = f" · {time_left(progress.seconds_left)}" if progress.seconds_left is not None else ""
        self._words.setText(f"{self._name}…{left}")
        self._bar.set_progress(progress.done / progress.total if progress.total else None)
