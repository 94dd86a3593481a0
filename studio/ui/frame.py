"""What stands where in the main window: top bar, rail, notes, pages, Explain, the bar at the foot."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.core.problem import StudioError
from studio.ui.messages import STEPS
from studio.ui.pages.errors import fill
from studio.ui.widgets.bars import BottomBar, TopBar
from studio.ui.widgets.explain import ExplainPanel
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.notices import ErrorCard, Notice, NoticeKind
from studio.ui.widgets.rails import NavRail, Place, Step, StepRail
from studio.ui.wording import tr


class Frame(QWidget):
    """The window's parts, and the notes above the page: who holds the project, and what went wrong."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.top = TopBar()
        self.nav = NavRail(_places(), (Place("shortcuts", tr("Shortcuts"), "keyboard"),), "home")
        self.rail = StepRail([Step(step, "") for step in STEPS])
        self.explain = ExplainPanel()
        self.bottom = BottomBar()
        self.error = ErrorCard()
        self.held = Notice("", "warn", icon="lock-simple")
        self.stack = QStackedWidget()
        self._rails = QStackedWidget()
        self._rails.addWidget(self.nav)
        self._rails.addWidget(self.rail)
        self._rails.setFixedWidth(self.nav.width())
        self._notes = QWidget()
        self._notes.setLayout(column(self.held, self.error, spacing=12, margins=(24, 16, 24, 0)))
        self._lay_out()
        self.error.action.connect(lambda _id: self.clear_error())
        self.held.hide()
        self.error.hide()
        self._notes.hide()

    def _lay_out(self) -> None:
        middle = column(self._notes, spacing=0)
        middle.addWidget(self.stack, 1)
        pages = row(spacing=0)
        pages.addLayout(middle, 1)
        pages.addWidget(self.explain)
        right = column(spacing=0)
        right.addLayout(pages, 1)
        right.addWidget(self.bottom)
        below = row(self._rails, spacing=0)
        below.addLayout(right, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.top)
        outer.addLayout(below, 1)

    def show_home(self, home: QWidget, place: str) -> None:
        """Home with its places at the left and no bar at the foot."""
        self._rails.setCurrentWidget(self.nav)
        self.nav.set_current(place)
        self.stack.setCurrentWidget(home)
        self.bottom.hide()
        self._notes.hide()

    def show_step(self, step: str, page: QWidget) -> None:
        """A step's page with the steps at the left."""
        self._rails.setCurrentWidget(self.rail)
        self.rail.set_current(step)
        self.stack.setCurrentWidget(page)
        self.bottom.show()
        self._show_notes()

    def show_held(self, holder: str) -> None:
        """Say that another program holds the project; an empty holder takes the note away."""
        self.held.setVisible(bool(holder))
        if holder:
            self.held.set(*_held_words(holder))
        self._show_notes()

    def show_error(self, error: StudioError) -> None:
        """Say above the page what did not work."""
        fill(self.error, error, [("close", tr("Close"))])
        self.error.show()
        self._show_notes()

    def clear_error(self) -> None:
        """Take what was said away."""
        self.error.hide()
        self._show_notes()

    def _show_notes(self) -> None:
        self._notes.setVisible(not self.held.isHidden() or not self.error.isHidden())


def _held_words(holder: str) -> tuple[str, NoticeKind]:
    """Why nothing can be changed. A holder is a process number and a computer; else the folder itself refuses."""
    if holder[:1].isdigit():
        words = tr(
            "This project is open in another window (process {holder}). Everything can be looked at.", holder=holder
        )
        return f"{words} {tr('As soon as it is closed there, you can change it here.')}", "warn"
    return tr("This project’s folder may not be written to. Everything can be looked at; changes are off."), "warn"


def _places() -> tuple[Place, ...]:
    return (
        Place("home", tr("Home"), "house"),
        Place("projects", tr("Projects"), "folders"),
        Place("models", tr("Models here"), "cube"),
    )
