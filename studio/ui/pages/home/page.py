"""Home itself: its places are the start page, all projects, and the models that are here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from studio.core.problem import StudioError
from studio.services.recents import RecentProject
from studio.ui.pages.errors import fill
from studio.ui.pages.home.computer import ComputerCard
from studio.ui.pages.home.first_time import FirstTimeCard
from studio.ui.pages.home.goals import GoalCard, goals
from studio.ui.pages.home.how import HowItGoes
from studio.ui.pages.home.models_here import ModelsHere
from studio.ui.pages.home.projects import ProjectList
from studio.ui.pages.home.recent import RecentCard
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import clear, column, row, scrolling
from studio.ui.widgets.notices import ErrorCard
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session

SIDE_WIDTH = 276
MOST_CARDS = 3


class HomePage(QWidget):
    """Start page, projects and models. It acts by signals where the window must do more than ask the session."""

    page_id = "home"
    project_chosen = Signal(object)
    open_asked = Signal()
    files_asked = Signal()
    goal_chosen = Signal(str)
    sample_asked = Signal()
    set_explain = Signal(object)
    go = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.error = ErrorCard()
        self.error.hide()
        self.first_time = FirstTimeCard()
        self.computer = ComputerCard()
        self.projects = ProjectList(session)
        self.models = ModelsHere(session)
        self.open_button = Button(tr("Open a project…"), "folder-open")
        self.files_button = Button(tr("Bring in files…"), "plus")
        self._recent_title = Label(tr("Recent projects"), "heading")
        self._recent = QGridLayout()
        self._recent.setSpacing(12)
        self.recent_cards: list[RecentCard] = []
        self._how = HowItGoes()
        self._how.hide()
        self.goal_cards = [GoalCard(goal) for goal in goals()]
        self._stack = QStackedWidget()
        self._stack.addWidget(scrolling(self._start_page()))
        self._stack.addWidget(scrolling(self.projects))
        self._stack.addWidget(scrolling(self.models))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self._connect()

    def _start_page(self) -> QWidget:
        page = QWidget()
        head = row(Label(tr("Home"), "title"), None, self.open_button, self.files_button)
        goal_grid = QGridLayout()
        goal_grid.setSpacing(12)
        for place, card in enumerate(self.goal_cards):
            goal_grid.addWidget(card, place // 3, place % 3)
        for at in range(3):
            goal_grid.setColumnStretch(at, 1)
            self._recent.setColumnStretch(at, 1)
        goal_head = row(
            Label(tr("Start from a goal"), "heading"), Label(tr("What should the model learn to do?"), "second"), None
        )
        self._recent_part = QWidget()
        self._recent_part.setLayout(column(self._recent_title, self._recent, 12, spacing=10))
        self._recent_part.hide()
        left = column(self._recent_part, goal_head, goal_grid, 12, self._how, None, spacing=10)
        side = column(self.first_time, self.computer, None, spacing=16)
        holder = QWidget()
        holder.setFixedWidth(SIDE_WIDTH)
        holder.setLayout(side)
        body = row(spacing=24)
        body.addLayout(left, 1)
        body.addWidget(holder)
        outer = column(head, self.error, body, spacing=18, margins=(32, 22, 32, 24))
        outer.setStretchFactor(body, 1)
        page.setLayout(outer)
        return page

    def _connect(self) -> None:
        self.open_button.clicked.connect(self.open_asked)
        self.files_button.clicked.connect(self.files_asked)
        self.first_time.start.clicked.connect(self.sample_asked)
        self.computer.check_asked.connect(self._examine)
        self.projects.opened.connect(self.project_chosen)
        self.projects.listed.connect(self._show_recent)
        for card in self.goal_cards:
            card.clicked.connect(lambda _checked=False, goal=card.goal.id: self.goal_chosen.emit(goal))

    def show_place(self, place: str) -> None:
        """Show "home", "projects" or "models", with fresh contents."""
        self._stack.setCurrentIndex(["home", "projects", "models"].index(place))
        if place == "models":
            self.models.look()
        else:
            self.projects.look()
        if place == "home":
            self._examine()

    def show_error(self, error: StudioError) -> None:
        """Say on the start page what did not work."""
        fill(self.error, error)
        self.error.show()
        self._stack.setCurrentIndex(0)

    def clear_error(self) -> None:
        """Take what was said away."""
        self.error.hide()

    def _examine(self) -> None:
        self._session.doctor(self.computer.show_health)

    def _show_recent(self, projects: Sequence[RecentProject]) -> None:
        clear(self._recent)
        self.recent_cards = []
        for place, project in enumerate(projects[:MOST_CARDS]):
            card = RecentCard(project)
            card.clicked.connect(lambda _checked=False, folder=project.folder: self.project_chosen.emit(folder))
            self._recent.addWidget(card, 0, place)
            self.recent_cards.append(card)
        for place in range(len(self.recent_cards), MOST_CARDS):
            # Empty places keep the cards as wide as the goals below them.
            filler = QWidget()
            filler.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._recent.addWidget(filler, 0, place)
        self._recent_part.setVisible(bool(projects))
        self._how.setVisible(not projects)
        self.first_time.show_words(bool(projects))
