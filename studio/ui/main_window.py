"""The main window: menus, top bar, rail, pages, Explain and the bar at the foot. It shows the session's state."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QByteArray, QSize
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.core.problem import StudioError
from studio.core.run import ACTIVE
from studio.ui.commands import Commands
from studio.ui.dialogs.closing import TrainingGoesOn
from studio.ui.menus import Actions
from studio.ui.messages import STEPS, Message, bottom_message
from studio.ui.pages.errors import fill
from studio.ui.pages.files import last_folder
from studio.ui.pages.home import HomePage
from studio.ui.pages.making import Page, make_page
from studio.ui.pages.teaching import page_explanation
from studio.ui.remembered import Remembered
from studio.ui.session import Session, State
from studio.ui.status import Status
from studio.ui.widgets.bars import BottomBar, TopBar
from studio.ui.widgets.explain import ExplainPanel, Explanation
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.notices import ErrorCard, Notice, Toast
from studio.ui.widgets.rails import NavRail, Place, Step, StepRail
from studio.ui.wording import tr


class MainWindow(QMainWindow):
    """One window, one session."""

    def __init__(self, session: Session, remembered: Remembered) -> None:
        super().__init__()
        self.session, self.remembered = session, remembered
        self.setWindowTitle(tr("Fine-Tuning Studio"))
        self.setAcceptDrops(True)
        self.setMinimumSize(QSize(860, 560))
        self._pages: dict[str, QWidget] = {}
        self._explained: dict[str, Explanation | None] = {}
        self._asked_explain = False
        self._message = Message()
        self._current = "home"
        self.top = TopBar()
        self.status = Status(self.top, session)
        self.nav = NavRail(_places(), (Place("shortcuts", tr("Shortcuts"), "keyboard"),), "home")
        self.rail = StepRail([Step(step, "") for step in STEPS])
        self.home = HomePage(session)
        self.explain = ExplainPanel()
        self.bottom = BottomBar()
        self.error = ErrorCard()
        self.held = Notice("", "warn", icon="lock-simple")
        self.actions_by_id = Actions(self)
        self.commands = Commands(self)
        self._lay_out()
        self.toast = Toast(self._centre)
        self._connect()
        self._take_remembered()
        self.show_home()

    # ---------------------------------------------------------------------------------------------- building

    def _lay_out(self) -> None:
        self.actions_by_id.fill(self.menuBar())
        self._rails = QStackedWidget()
        self._rails.addWidget(self.nav)
        self._rails.addWidget(self.rail)
        self._rails.setFixedWidth(self.nav.width())
        self._stack = QStackedWidget()
        self._stack.addWidget(self.home)
        notes = QWidget()
        notes.setLayout(column(self.held, self.error, spacing=12, margins=(24, 16, 24, 0)))
        self._notes = notes
        middle = column(notes, spacing=0)
        middle.addWidget(self._stack, 1)
        pages = row(spacing=0)
        pages.addLayout(middle, 1)
        pages.addWidget(self.explain)
        right = column(spacing=0)
        right.addLayout(pages, 1)
        right.addWidget(self.bottom)
        below = row(self._rails, spacing=0)
        below.addLayout(right, 1)
        self._centre = centre = QWidget()
        outer = QVBoxLayout(centre)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.top)
        outer.addLayout(below, 1)
        self.setCentralWidget(centre)
        self.held.hide()
        self.error.hide()
        self._notes.hide()

    def _connect(self) -> None:
        session, home = self.session, self.home
        session.changed.connect(self.refresh)
        session.opened.connect(self._opened)
        session.closed.connect(self._closed)
        session.failed.connect(self._failed)
        self.actions_by_id.triggered.connect(self.commands.do)
        self.actions_by_id.step_asked.connect(self.show_step)
        self.rail.chosen.connect(self.show_step)
        self.nav.chosen.connect(
            lambda place: self.commands.do(place) if place == "shortcuts" else self.show_home(place)
        )
        self.top.settings_clicked.connect(self.commands.preferences)
        self.top.level_changed.connect(lambda level: self.set_expert(level == "expert"))
        self.top.run_clicked.connect(lambda: self.show_step("train"))
        self.bottom.next_clicked.connect(self.go_on)
        self.bottom.back_clicked.connect(self.go_back)
        self.bottom.link_clicked.connect(self._follow_link)
        self.bottom.more_clicked.connect(self._show_more)
        self.explain.collapsed_changed.connect(self._collapsed)
        self.error.action.connect(lambda _id: self._clear_error())
        home.project_chosen.connect(self.commands.open_project)
        home.open_asked.connect(self.commands.choose_project)
        home.files_asked.connect(self.commands.bring_in)
        home.goal_chosen.connect(self.commands.new_project)
        home.sample_asked.connect(self.try_sample)
        home.projects.listed.connect(lambda found: self.actions_by_id.show_recent(found, self.commands.open_project))
        last_folder().moved.connect(lambda path: self.remembered.change(last_folder=path))

    def _take_remembered(self) -> None:
        value = self.remembered.value
        self.resize(1280, 828)
        if value.window:
            self.restoreGeometry(QByteArray.fromBase64(value.window.encode()))
        last_folder().path = value.last_folder
        self.explain.set_collapsed(not value.explain_open)
        self.set_expert(value.expert)
        self.remembered.changed.connect(lambda: self._show_level(self.remembered.value.expert))

    # ------------------------------------------------------------------------------------------- going about

    def at_home(self) -> bool:
        """Whether Home is shown, with or without an open project."""
        return self._current == "home"

    def current_page(self) -> str:
        """The id of the page that is shown."""
        return self._current

    def last_step(self) -> str:
        """The step to return to in the open project."""
        kept = self.remembered.value.last_page
        return kept if kept in STEPS else "data"

    def show_home(self, place: str = "home") -> None:
        """Show Home; an open project stays open."""
        self._current = "home"
        self._rails.setCurrentWidget(self.nav)
        self.nav.set_current(place)
        self._stack.setCurrentWidget(self.home)
        self.home.show_place(place)
        self.bottom.hide()
        self._asked_explain = False
        self._show_explain()
        self._show_head()

    def show_step(self, step: str) -> QWidget | None:
        """Show a step's page; None while no project is open."""
        state = self.session.state
        if state is None:
            return None
        self._current = step
        self._asked_explain = False
        self._clear_error()
        self.home.clear_error()
        page = self._page(step)
        self._rails.setCurrentWidget(self.rail)
        self.rail.set_current(step)
        self._stack.setCurrentWidget(page)
        self.bottom.show()
        self.remembered.change(last_page=step)
        self._show_head()
        self.refresh()
        return page

    def _page(self, step: str) -> QWidget:
        if step not in self._pages:
            page = make_page(step, self.session)
            made = cast(Page, page)
            made.go.connect(self._go)
            made.set_explain.connect(lambda explanation, step=step: self._take_explanation(step, explanation))
            self._pages[step] = page
            self._stack.addWidget(page)
            self._restore_splitters(page)
        return self._pages[step]

    def _go(self, page: str) -> None:
        if page == "home":
            self.show_home()
        elif page in STEPS:
            self.show_step(page)

    def go_on(self) -> None:
        """Press the page's primary button, where it is enabled."""
        if self._current in STEPS:
            page = cast(Page, self._page(self._current))
            if page.primary()[1]:
                page.activate_primary()

    def go_back(self) -> None:
        """The step before; Home before the first."""
        place = STEPS.index(self._current) if self._current in STEPS else 0
        if self._current in STEPS and place > 0:
            self.show_step(STEPS[place - 1])
        else:
            self.show_home()

    def try_sample(self) -> None:
        """Make the sample project and open it."""
        self.home.clear_error()
        self.session.try_sample()

    def set_expert(self, expert: bool) -> None:
        """Simple or Expert, everywhere."""
        self.remembered.change(expert=expert)
        self._show_level(expert)

    def _show_level(self, expert: bool) -> None:
        self.top.set_level("expert" if expert else "simple")
        self.actions_by_id.action("expert").setChecked(expert)
        if self.session.expert != expert:
            self.session.set_expert(expert)

    # ------------------------------------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the session's state: rail, page, bars."""
        state = self.session.state
        self.status.show_run(state)
        if state is None:
            return
        self.actions_by_id.show_project(True, state.can_undo, state.can_redo, not state.read_only)
        self.rail.set_steps([Step(step.id, tr(step.name), step.fact, step.state) for step in state.rail])
        saved = (tr("Every change is saved"), "check") if state.saved else (tr("Saving…"), "floppy-disk")
        self.rail.set_footer(*(saved if not state.read_only else (tr("Can only be looked at"), "lock-simple")))
        self._show_held(state)
        if self._current in STEPS:
            page = cast(Page, self._page(self._current))
            page.refresh(state)
            self._show_bottom(state, page)

    def _show_bottom(self, state: State, page: Page) -> None:
        self._message = message = bottom_message(state, self._current)
        self.bottom.set_message(message.text, message.kind, link=message.link, more=message.more)
        words, enabled, reason = page.primary()
        self.bottom.set_next(words, enabled, reason)
        self.bottom.set_back(True)

    def _show_head(self) -> None:
        state = self.session.state
        in_project = state is not None and not self.at_home()
        name = state.project_name if state and in_project else tr("Fine-Tuning Studio")
        self.top.set_project(name, self._project_menu() if in_project else None)
        self.top.level.setVisible(in_project)
        self.setWindowTitle(f"{name} – {tr('Fine-Tuning Studio')}" if in_project else tr("Fine-Tuning Studio"))
        if state is None:
            self.actions_by_id.show_project(False, "", "", True)

    def _project_menu(self) -> QMenu:
        old = self.top.project.menu()
        if old is not None:
            return old
        menu = QMenu(self.top.project)
        for id in ("home", "new", "open", "-", "folder", "disk", "-", "close"):
            if id == "-":
                menu.addSeparator()
            else:
                menu.addAction(self.actions_by_id.action(id))
        return menu

    def _show_held(self, state: State) -> None:
        self.held.setVisible(bool(state.read_only))
        if state.read_only:
            words = tr(
                "This project is open elsewhere ({holder}). You can look at everything here; changes are off.",
                holder=state.read_only,
            )
            self.held.set(words, "warn", detail=tr("As soon as it is closed there, you can change it here."))
        self._notes.setVisible(not self.held.isHidden() or not self.error.isHidden())

    # ------------------------------------------------------------------------------------------------ explain

    def toggle_explain(self) -> None:
        """Show or hide the explanation of the page."""
        if self._visible_explanation() is None:
            self._asked_explain = True
            self.explain.set_collapsed(False)
        else:
            self._asked_explain = False
            self.explain.set_collapsed(not self.explain.collapsed())
        self._show_explain()

    def _take_explanation(self, step: str, explanation: Any) -> None:
        self._explained[step] = explanation
        if step == self._current:
            if explanation is not None and step == "data":
                self.explain.set_collapsed(False)
            self._show_explain()

    def _visible_explanation(self) -> Explanation | None:
        own = self._explained.get(self._current)
        return own or (page_explanation(self._current) if self._asked_explain else None)

    def _show_explain(self) -> None:
        shown = self._visible_explanation()
        self.explain.setVisible(shown is not None)
        if shown is not None:
            self.explain.explain(shown)

    def _collapsed(self, collapsed: bool) -> None:
        # Data needs the width: there the panel goes away wholly. Elsewhere a strip stays, and the choice is kept.
        if collapsed and (self._current in ("data", "home") or self._asked_explain):
            self._explained[self._current] = None
            self._asked_explain = False
            self._show_explain()
        else:
            self.remembered.change(explain_open=not collapsed)

    # ------------------------------------------------------------------------------------------ what happens

    def _opened(self) -> None:
        for page in self._pages.values():
            self._stack.removeWidget(page)
            page.deleteLater()
        self._pages, self._explained = {}, {}
        state = self.session.state
        fresh = state is not None and not state.facts.datasets
        self.show_step("data" if fresh else self.last_step())

    def _closed(self) -> None:
        self.top.set_run()
        self.held.hide()
        self.show_home()

    def _failed(self, page: str, error: object) -> None:
        if not isinstance(error, StudioError) or error.id == "stopped":
            return
        if page in STEPS and page == self._current and page not in ("settings",):
            return
        if self.at_home():
            self.home.show_error(error)
            return
        fill(self.error, error, [("close", tr("Close"))])
        self.error.show()
        self._notes.show()

    def _clear_error(self) -> None:
        self.error.hide()
        self._notes.setVisible(not self.held.isHidden())

    def _follow_link(self) -> None:
        if self._message.fix is not None:
            self.session.edit(dict(self._message.fix), self._message.link)
        elif self._message.go:
            self.show_step(self._message.go)

    def _show_more(self) -> None:
        state = self.session.state
        if state is None:
            return
        menu = QMenu(self)
        for problem in state.problems:
            action = menu.addAction(problem.sentence.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, step=problem.step: self.show_step(step))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.bottom.mapToGlobal(self.bottom.rect().topLeft()))

    # ----------------------------------------------------------------------------------------- drops and end

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.commands.take_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        state = self.session.state
        training = state is not None and any(run.state in ACTIVE for run in state.facts.runs)
        if training and not self.remembered.value.knows_training_goes_on:
            self.remembered.change(knows_training_goes_on=True)
            TrainingGoesOn(self).exec()
        splitters = {
            splitter.objectName(): _packed(splitter)
            for splitter in self.findChildren(QSplitter)
            if splitter.objectName()
        }
        self.remembered.change(
            window=self.saveGeometry().toBase64().toStdString(),
            splitters={**self.remembered.value.splitters, **splitters},
        )
        self.session.close()
        event.accept()

    def _restore_splitters(self, page: QWidget) -> None:
        for splitter in page.findChildren(QSplitter):
            if kept := self.remembered.value.splitters.get(splitter.objectName()):
                splitter.restoreState(QByteArray.fromBase64(kept.encode()))


def _packed(splitter: QSplitter) -> str:
    return splitter.saveState().toBase64().toStdString()


def _places() -> tuple[Place, ...]:
    return (
        Place("home", tr("Home"), "house"),
        Place("projects", tr("Projects"), "folders"),
        Place("models", tr("Models here"), "cube"),
    )
