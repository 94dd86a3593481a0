"""Disk use: what each run, the data and the exports take; deleting runs, bringing them back, emptying the trash."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.core.problem import StudioError
from studio.core.run import ACTIVE, RunSummary
from studio.services import runs
from studio.services.projects import DiskUse
from studio.ui.dialogs.window import DialogWindow
from studio.ui.pages.errors import fill
from studio.ui.pages.whence import whence
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.gauges import Part, SplitBar
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import clear, column, hairline, scrolling
from studio.ui.widgets.notices import ErrorCard
from studio.ui.wording import run_name, size, tr

if TYPE_CHECKING:
    from studio.ui.session import Session


class DiskDialog(DialogWindow):
    """Reads anew after each action; deleted runs stay in the trash until it is emptied."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        state = session.state
        name = state.project_name if state else ""
        super().__init__(tr("Disk use"), parent, sentence=name, size=(620, 560))
        self._session = session
        self._use: DiskUse | None = None
        self._deleted: list[str] = []
        self.error = ErrorCard()
        self.error.action.connect(self._even_so)
        self.error.hide()
        self._asked_for = ""
        self._whole = Label("", "heading", tabular=True)
        self._bar = SplitBar()
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        holder = QWidget()
        holder.setLayout(column(self._lines, None, margins=(0, 0, 12, 0)))
        for widget in (self.error, self._whole, self._bar, hairline()):
            self.add(widget)
        self.add(scrolling(holder), 1)
        self.add_close()
        self.look()

    def look(self) -> None:
        """Measure anew."""
        self._session.run.deleted(self._take_deleted)
        self._session.disk_use(self._show)

    def _take_deleted(self, ids: list[str]) -> None:
        self._deleted = list(ids)

    def _show(self, use: DiskUse) -> None:
        self._use = use
        state = self._session.state
        free = tr(", {room} free on the disk", room=size(state.facts.disk_free, "down")) if state else ""
        self._whole.setText(tr("{size} in this project{free}", size=size(use.total, "up"), free=free))
        self._bar.set_parts(_parts(use))
        clear(self._lines)
        self._add_runs(use)
        self._add_rest(use)

    def _add_runs(self, use: DiskUse) -> None:
        state = self._session.state
        known = {run.id: run for run in state.facts.runs} if state else {}
        self._head(tr("Runs"))
        for id, number in sorted(use.runs.items(), reverse=True):
            run = known.get(id)
            remark = _remark(run) if run else ""
            busy = tr("It is training now; stop it first.") if run and run.state in ACTIVE else ""
            self._line(run_name(id), remark, number, tr("Delete"), lambda id=id: self.delete(id), busy)
        if not use.runs:
            self._lines.addWidget(Label(tr("No runs yet."), "second"))
        if self._deleted:
            self._head(tr("Trash"))
            for id in self._deleted:
                self._line(run_name(id), tr("deleted"), None, tr("Bring back"), lambda id=id: self.restore(id))
        if use.trash:
            self._line(tr("All of the trash"), "", use.trash, tr("Empty for good"), self.empty)

    def _add_rest(self, use: DiskUse) -> None:
        self._head(tr("The rest"))
        self._line(tr("Data"), tr("files as brought in, and prepared examples"), use.data)
        self._line(tr("Exports"), tr("what was taken away"), use.exports)
        self._line(tr("Kept for speed"), tr("is made again when needed"), use.cache)

    def _head(self, words: str) -> None:
        self._lines.addSpacing(14 if self._lines.count() else 0)
        self._lines.addWidget(Label(words, "strong"))
        self._lines.addSpacing(4)

    def _line(
        self,
        name: str,
        remark: str,
        number: int | None,
        word: str = "",
        act: Callable[[], Any] | None = None,
        reason: str = "",
    ) -> None:
        line = QGridLayout()
        line.setContentsMargins(0, 4, 0, 4)
        line.setColumnStretch(1, 1)
        line.setHorizontalSpacing(12)
        line.addWidget(ElidedLabel(name, "body"), 0, 0)
        line.addWidget(ElidedLabel(remark, "quiet"), 0, 1)
        line.addWidget(Label(size(number, "up") if number is not None else "", "body", tabular=True), 0, 2)
        if act is not None:
            button = LinkButton(word)
            button.setAccessibleName(f"{word}: {name}")
            button.set_disabled_reason(reason)
            button.clicked.connect(lambda: act())
            line.addWidget(button, 0, 3)
        self._lines.addLayout(line)
        self._lines.addWidget(hairline("gridline"))

    def delete(self, id: str) -> None:
        """Move a run to the trash; where others went on from it, after one more question."""
        self._asked_for = id
        self._do(runs.delete, id)

    def _even_so(self, _action: str) -> None:
        id = self._asked_for
        self._do(lambda project: runs.delete(project, id, even_so=True))

    def restore(self, id: str) -> None:
        """Bring a deleted run back."""
        self._do(runs.restore, id)

    def empty(self) -> None:
        """Remove what is in the trash for good."""
        self._do(runs.empty_trash)

    def _do(self, work: Callable[..., Any], *args: str) -> None:
        self.error.hide()
        project = self._session.project
        if project is not None:
            self._session.call(work, project, *args, then=lambda _: self._done(), failed=self._refused)

    def _done(self) -> None:
        self._session.gather()
        self.look()

    def _refused(self, error: StudioError) -> None:
        asks = error.id == "run-gone-on-from"
        fill(self.error, error, (("even-so", tr("Delete it even so")),) if asks else ())
        self.error.show()


def _remark(run: RunSummary) -> str:
    said = tr("{model}, {method}", model=run.model, method=run.method)
    return f"{said}, {whence(run)}" if whence(run) else said


def _parts(use: DiskUse) -> list[Part]:
    """Runs, data and the rest, all in the unit in which the largest of them reads well."""
    amounts = (
        (sum(use.runs.values()), tr("of runs"), "train"),
        (use.data, tr("of data"), "valid"),
        (use.exports + use.cache + use.trash, tr("of exports, trash and the rest"), "control"),
    )
    largest = max(number for number, _words, _tone in amounts)
    step, unit = next((pair for pair in ((1e9, "GB"), (1e6, "MB")) if largest >= 10 * pair[0]), (1e3, "KB"))
    return [Part(number / step, f"{tr(unit)} {words}", tone) for number, words, tone in amounts]
