"""Signs in the table's gutter: which rows the recipe leaves out, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from studio.services.facts import Dataset
from studio.ui.tables import Flag
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

MOST_FLAGS = 20_000
_SIGNS = {"drop-duplicates": "copy", "drop-empty": "selection", "limit-length": "ruler"}


class RowFlags:
    """The flags of one file, by a row's `_origin`. `ready` is called when they have changed."""

    def __init__(self, session: Session, ready: Callable[[], None]) -> None:
        self._session, self._ready = session, ready
        self._key = ("", "")
        self.flags: dict[str, Flag] = {}

    def show_report(self, state: State, dataset: Dataset | None) -> None:
        """Fetch what the recipe left out of this file, once per report."""
        report = state.facts.report
        key = (report.hash if report else "", dataset.hash if dataset else "")
        if key == self._key:
            return
        self._key = key
        self.flags = {}
        self._ready()
        if report is None or dataset is None:
            return
        for step in report.steps:
            if 0 < step.rows_in - step.rows_out <= MOST_FLAGS:
                take = lambda rows, id=step.id: self._take(key, dataset.file, id, rows)  # noqa: E731
                self._session.data.dropped(step.id, take)

    def _take(self, key: tuple[str, str], file: str, step: str, rows: list[dict[str, Any]]) -> None:
        if key != self._key:
            return
        sign = _SIGNS.get(step, "minus-circle")
        for each in rows:
            origin = str(each["origin"])
            if origin.startswith(f"{file} "):
                words = tr("Left out: {reason}", reason=each["reason"])
                self.flags[origin[len(file) + 1 :]] = Flag(sign, words)
        self.flags = dict(self.flags)
        self._ready()
