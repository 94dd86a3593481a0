"""The Data page before there is data: what belongs here, what works well for the goal, and the sample."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.core.config import Goal
from studio.ui.pages.data.ways import way_card, ways_of
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import clear, column, row
from studio.ui.widgets.notices import EmptyState, Notice
from studio.ui.wording import tr


class EmptyData(QWidget):
    """The place to drop files, three examples of what works, and the sample where the goal is the sample's."""

    choose_asked = Signal()
    paste_asked = Signal()
    sample_asked = Signal()
    dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._goal: Goal | None = None
        self.drop = EmptyState(
            "table",
            tr("Drop your examples here"),
            tr("Spreadsheets saved as CSV or TSV, JSON, JSONL or plain text; one file or several."),
            tr("Choose files…"),
            second=tr("Paste cells"),
            second_icon="clipboard",
            hint=tr("Files are copied into the project. Nothing leaves this computer."),
            drop=True,
        )
        self.drop.setMinimumHeight(268)
        self.drop.action.connect(self.choose_asked)
        self.drop.second_action.connect(self.paste_asked)
        self.drop.dropped.connect(self.dropped)
        self.sample = Notice(
            tr("No data at hand? The sample has questions to a museum’s help desk, with answers."),
            icon="flask",
            link=tr("Use the sample"),
        )
        self.sample.link_clicked.connect(self.sample_asked)
        self._ways = row(spacing=12)
        outer = column(spacing=12)
        outer.addWidget(self.drop, 1)
        outer.addWidget(Label(tr("What works well"), "heading"))
        outer.addLayout(self._ways)
        outer.addWidget(self.sample)
        self.setLayout(outer)
        self.show_goal("answer")

    def show_goal(self, goal: Goal) -> None:
        """Show what works well for a goal."""
        if goal == self._goal:
            return
        self._goal = goal
        clear(self._ways)
        for way in ways_of(goal):
            self._ways.addWidget(way_card(way), 1)
        self.sample.setVisible(goal == "answer")
