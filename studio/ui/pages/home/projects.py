"""All projects that were opened here: open one, show its folder, take it off the list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.services import recents
from studio.services.recents import RecentProject
from studio.ui.icons import STATE_ICONS
from studio.ui.pages.home.goals import goal_icon, goal_title
from studio.ui.pages.home.recent import opened_when, standing
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import ElidedLabel, IconLabel
from studio.ui.widgets.layout import clear, column, hairline, row
from studio.ui.widgets.notices import EmptyState
from studio.ui.widgets.page import PageHead
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session


class ProjectList(QWidget):
    """The list; `listed(projects)` whenever it was read anew, `opened(folder)` when one is wanted."""

    opened = Signal(object)
    listed = Signal(list)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._card = Card(padding=4)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._card.add(self._list)
        self._empty = EmptyState(
            "folders",
            tr("No projects yet"),
            tr("Start from a goal or try the sample on Home; your projects stand here."),
        )
        head = PageHead(tr("Projects"), tr("Taking a project off the list leaves its folder where it is."))
        outer = column(head, self._card, spacing=16, margins=(32, 22, 32, 24))
        outer.addWidget(self._empty, 1)
        outer.addStretch(1)
        self.setLayout(outer)
        self._empty.hide()

    def look(self) -> None:
        """Read the list anew."""
        self._session.recents(self._show)

    def _show(self, projects: Sequence[RecentProject]) -> None:
        clear(self._list)
        for place, project in enumerate(projects):
            if place:
                self._list.addWidget(hairline("gridline"))
            self._list.addWidget(self._line(project))
        self._card.setVisible(bool(projects))
        self._empty.setVisible(not projects)
        self.listed.emit(list(projects))

    def _line(self, project: RecentProject) -> QFrame:
        line = QFrame()
        words = column(
            ElidedLabel(project.name, "strong"), ElidedLabel(str(project.folder), "quiet", middle=True), spacing=1
        )
        sign, said = standing(project)
        icon, tone = STATE_ICONS[sign]
        state = row(IconLabel(icon, tone, 15), spacing=7)
        state.addWidget(ElidedLabel(said, "caption"), 1)
        facts = column(ElidedLabel(f"{goal_title(project.goal)} · {opened_when(project)}", "caption"), state, spacing=2)
        layout = row(IconLabel(goal_icon(project.goal), "second", 18), spacing=14, margins=(14, 10, 10, 10))
        layout.addLayout(words, 5)
        layout.addLayout(facts, 4)
        for button in self._buttons(project):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        line.setLayout(layout)
        return line

    def _buttons(self, project: RecentProject) -> list[Button]:
        folder = IconButton("folder-open", tr("Show the folder of {project}", project=project.name))
        folder.clicked.connect(lambda: show_folder(project.folder))
        forget = IconButton("x", tr("Take {project} off the list", project=project.name))
        forget.clicked.connect(lambda: self._forget(project.folder))
        open_it = Button(tr("Open"), small=True)
        open_it.setAccessibleName(tr("Open {project}", project=project.name))
        open_it.clicked.connect(lambda: self.opened.emit(project.folder))
        reason = tr("Its folder is no longer there.") if project.missing else ""
        for button in (folder, open_it):
            button.set_disabled_reason(reason)
        return [folder, forget, open_it]

    def _forget(self, folder: Path) -> None:
        self._session.call(recents.forget, folder, then=lambda _: self.look())


def show_folder(folder: Path) -> None:
    """Open a folder in the system's own file window."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
