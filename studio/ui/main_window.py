"""The main window: it goes from page to page, and shows the session's state on whichever page is open."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from studio.core.problem import StudioError
from studio.core.run import ACTIVE
from studio.ui.ahead import Ahead, loading
from studio.ui.commands import Commands
from studio.ui.explaining import Explaining
from studio.ui.frame import Frame
from studio.ui.keeping import packed, restore_splitters, restore_window
from studio.ui.menus import Actions
from studio.ui.messages import STEPS, Message, bottom_message
from studio.ui.pages.files import last_folder
from studio.ui.pages.home import HomePage
from studio.ui.pages.making import Page, Pages
from studio.ui.remembered import Remembered
from studio.ui.session import Session, State
from studio.ui.status import Status
from studio.ui.widgets.rails import Step
from studio.ui.widgets.toast import Toast
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.pages.data import DataPage


class MainWindow(QMainWindow):
    """One window, one session."""

    def __init__(self, session: Session, remembered: Remembered) -> None:
        super().__init__()
        self.session, self.remembered = session, remembered
        self.setAcceptDrops(True)
        self.setMinimumSize(QSize(860, 560))
        self._message = Message()
        self._current = "home"
        self.frame = Frame()
        self.top, self.rail, self.nav, self.bottom = (
            self.frame.top,
            self.frame.rail,
            self.frame.nav,
            self.frame.bottom,
        )
        self.status = Status(self.top, session)
        self.home = HomePage(session)
        self.frame.stack.addWidget(self.home)
        self._pages = Pages(session, self.frame.stack, self._page_made)
        self._ahead: Ahead | None = None
        self.explaining = Explaining(self.frame.explain, remembered)
        self.actions_by_id = Actions(self)
        self.commands = Commands(self, self)
        self.actions_by_id.fill(self.menuBar())
        self.setCentralWidget(self.frame)
        self.toast = Toast(self.frame, self.bottom)
        self.toast.action.connect(session.undo)
        self._connect()
        self._take_remembered()
        self.show_home()

    def _connect(self) -> None:
        session, home, commands = self.session, self.home, self.commands
        session.changed.connect(self.refresh)
        session.opened.connect(self._opened)
        session.closed.connect(self._closed)
        session.failed.connect(self._failed)
        self.actions_by_id.triggered.connect(commands.do)
        self.actions_by_id.step_asked.connect(self.show_step)
        self.rail.chosen.connect(self.show_step)
        self.nav.chosen.connect(lambda place: commands.do(place) if place == "shortcuts" else self.show_home(place))
        self.top.settings_clicked.connect(lambda: commands.do("preferences"))
        self.top.level_changed.connect(lambda level: self.set_expert(level == "expert"))
        self.top.run_clicked.connect(lambda: self.show_step("train"))
        self.bottom.next_clicked.connect(self.go_on)
        self.bottom.back_clicked.connect(self.go_back)
        self.bottom.link_clicked.connect(self._follow_link)
        self.bottom.more_clicked.connect(self._show_more)
        home.project_chosen.connect(commands.open_project)
        home.open_asked.connect(commands.choose_project)
        home.files_asked.connect(commands.bring_in)
        home.goal_chosen.connect(commands.new_project)
        home.sample_asked.connect(self.try_sample)
        home.projects.listed.connect(lambda found: self.actions_by_id.show_recent(found, commands.open_project))
        last_folder().moved.connect(lambda path: self.remembered.change(last_folder=path))

    def _take_remembered(self) -> None:
        value = self.remembered.value
        self.resize(1280, 828)
        restore_window(self, value)
        last_folder().path = value.last_folder
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
        self.home.show_place(place)
        self.frame.show_home(self.home, place)
        self.explaining.show_page("home")
        self._show_head()

    def show_step(self, step: str) -> QWidget | None:
        """Show a step's page; None while no project is open."""
        if self.session.state is None:
            return None
        self._current = step
        self.home.clear_error()
        self.frame.clear_error()
        page = self.page(step)
        self.frame.show_step(step, page)
        self.explaining.show_page(step)
        self.remembered.change(last_page=step)
        self._show_head()
        self.refresh()
        return page

    def page(self, step: str) -> QWidget:
        """A step's page, made when it is first wanted."""
        return self._pages[step]

    def _page_made(self, step: str, page: Page) -> None:
        page.go.connect(lambda place: self.show_home() if place == "home" else self.show_step(place))
        page.set_explain.connect(lambda explanation: self.explaining.take(step, explanation))
        if step == "data":
            data = cast("DataPage", page)
            data.told.connect(lambda words: self.toast.say(words, tr("Undo") if self._can_undo() else ""))
            data.dropped.connect(lambda paths: self.commands.take_paths([Path(path) for path in paths]))
        restore_splitters(cast(QWidget, page), self.remembered.value)

    def make_ready(self) -> None:
        """From now on, load and make what the next clicks will need while nobody waits."""
        self._ahead = self._ahead or Ahead(self)
        self._ahead.begin(chain(loading(), self._pages.make_all()))

    def is_ready(self) -> bool:
        """Whether all that was to be made ahead is made."""
        return self._ahead is not None and not self._ahead.at_work()

    def _can_undo(self) -> bool:
        state = self.session.state
        return state is not None and bool(state.can_undo) and not state.read_only

    def go_on(self) -> None:
        """Press the page's primary button, where it is enabled."""
        if self._current in STEPS:
            page = cast(Page, self.page(self._current))
            if page.primary()[1]:
                page.activate_primary()

    def go_back(self) -> None:
        """The step before; Home before the first."""
        place = STEPS.index(self._current) if self._current in STEPS else 0
        if place > 0:
            self.show_step(STEPS[place - 1])
        else:
            self.show_home()

    def explain(self) -> None:
        """Show what Explain says about the page, or take it away."""
        self.explaining.toggle()

    def take_model(self, folder: Path) -> None:
        """Take a model folder into the list on Home."""
        self.show_home("models")
        self.home.models.take(folder)

    def try_sample(self) -> None:
        """Make the sample project and open it."""
        self.home.clear_error()
        self.session.try_sample()

    def set_expert(self, expert: bool) -> None:
        """Simple or Expert, everywhere."""
        self.remembered.change(expert=expert)
        self._show_level(expert)

    # ------------------------------------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the session's state: rail, page, bars."""
        state = self.session.state
        self.status.show_run(state)
        if state is None:
            return
        if state.expert != self.remembered.value.expert:
            # A page offered what Expert shows, and the person took it.
            self.set_expert(state.expert)
        self.actions_by_id.show_project(True, state.can_undo, state.can_redo, not state.read_only)
        self.rail.set_steps([Step(step.id, tr(step.name), step.fact, step.state) for step in state.rail])
        saved = (tr("Every change is saved"), "check") if state.saved else (tr("Saving…"), "floppy-disk")
        self.rail.set_footer(*(saved if not state.read_only else (tr("Can only be looked at"), "lock-simple")))
        if self._current in STEPS:
            self.frame.show_held(state.read_only)
            page = cast(Page, self.page(self._current))
            page.refresh(state)
            self._show_bottom(state, page)

    def _show_bottom(self, state: State, page: Page) -> None:
        self._message = message = bottom_message(state, self._current)
        self.bottom.set_message(message.text, message.kind, link=message.link, more=message.more)
        self.bottom.set_next(*page.primary())
        self.bottom.set_back(True)

    def _show_head(self) -> None:
        state = self.session.state
        in_project = state is not None and not self.at_home()
        program = tr("Fine-Tuning Studio")
        name = state.project_name if state and in_project else program
        self.top.set_project(name, self.actions_by_id.project_menu if in_project else None)
        self.top.level.setVisible(in_project)
        self.setWindowTitle(f"{name} – {program}" if in_project else program)
        if state is None:
            self.actions_by_id.show_project(False, "", "", True)

    def _show_level(self, expert: bool) -> None:
        self.top.set_level("expert" if expert else "simple")
        self.actions_by_id.action("expert").setChecked(expert)
        if self.session.expert != expert:
            self.session.set_expert(expert)

    # ------------------------------------------------------------------------------------------ what happens

    def _opened(self) -> None:
        self.explaining.forget()
        state = self.session.state
        fresh = state is not None and not state.facts.datasets
        step = "data" if fresh else self.last_step()
        # Made in this turn of the event loop and shown in the next: the two at once would hold the window up.
        self.page(step)
        QTimer.singleShot(0, self, lambda: self.show_step(step) if self.at_home() else None)

    def _closed(self) -> None:
        self.top.set_run()
        self.frame.show_held("")
        self.show_home()
        self._pages.let_go()
        if self._ahead is not None:
            self.make_ready()

    def _failed(self, page: str, error: object) -> None:
        """Pages tell what concerns them; the rest is told here, on Home or above the page."""
        if not isinstance(error, StudioError) or error.id == "stopped":
            return
        if self.at_home():
            self.home.show_error(error)
        elif page != self._current or page == "settings":
            self.frame.show_error(error)

    def _follow_link(self) -> None:
        if self._message.fix is not None:
            self.session.edit(dict(self._message.fix), self._message.link)
        elif self._message.go:
            step, _, place = self._message.go.partition(":")
            page = self.show_step(step)
            if place and page is not None:
                cast("DataPage", page).show_place(place)

    def _show_more(self) -> None:
        menu = QMenu(self)
        for problem in self.session.state.problems if self.session.state else ():
            action = menu.addAction(problem.sentence.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, step=problem.step: self.show_step(step))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.bottom.mapToGlobal(self.bottom.rect().topLeft()))

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
            from studio.ui.dialogs.closing import TrainingGoesOn

            TrainingGoesOn(self).exec()
        self.remembered.change(**packed(self, self.remembered.value))
        self.session.close()
        if self._ahead is not None:
            self._ahead.begin(iter(()))
        event.accept()
