"""Where a page says that something it asked for could not be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.core.problem import StudioError
from studio.ui.pages.errors import fill
from studio.ui.widgets.notices import ErrorCard
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session


class Trouble(ErrorCard):
    """The error card of one page: comes with the session's failures for this page, goes when it is closed."""

    def __init__(self, session: Session, page: str, job: str = "") -> None:
        """`job` is the page's own kind of work: when it is begun again, the old failure goes."""
        super().__init__()
        self._page, self._job = page, job
        self.hide()
        self.action.connect(lambda _what: self.hide())
        session.failed.connect(self._failed)
        session.busy.connect(self._busy)
        session.closed.connect(self.hide)

    def _busy(self, job: str, progress: object) -> None:
        if job == self._job and progress is not None:
            self.hide()

    def _failed(self, page: str, error: StudioError) -> None:
        if page == self._page:
            fill(self, error, (("close", tr("Close")),))
            self.show()
