"""The Share page: choose a kind, choose a place, export, and see that it was checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QSizePolicy, QWidget

from studio.core.run import RunSummary
from studio.services import projects, sharing
from studio.services.facts import Export
from studio.services.sharing import Way
from studio.ui.pages.share.result import ExportList, ProgressCard, ResultCard
from studio.ui.pages.share.ways import WayCards
from studio.ui.pages.trouble import Trouble
from studio.ui.pages.whence import titled
from studio.ui.widgets.buttons import Button, LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import column, row, wide
from studio.ui.widgets.notices import EmptyState, Notice
from studio.ui.widgets.page import PageHead, page_body
from studio.ui.wording import count, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State


class SharePage(QWidget):
    """Takes the tuned model away, in one of several forms."""

    set_explain = Signal(object)
    go = Signal(str)
    page_id = "share"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._state: State | None = None
        self._ways: tuple[Way, ...] = ()
        self._ways_of = ""
        self._chosen = ""
        self._folder: Path | None = None
        self._progress: Any = None
        self._known: tuple[Export, ...] | None = None
        self._shown: Export | None = None
        self._head = PageHead(tr("Share"))
        self._unmeasured = Notice("", "info", link=tr("Measure it first"))
        self._unmeasured.link_clicked.connect(lambda: self.go.emit("evaluate"))
        self.ways = WayCards()
        self.ways.chosen.connect(self._choose)
        self._place = self._make_place()
        self.progress = ProgressCard()
        self.progress.stop_wanted.connect(lambda: session.data.stop_job("export"))
        self.result = ResultCard()
        self.result.certificate_wanted.connect(self._read_certificate)
        self.list = ExportList()
        self.list.chosen.connect(self._show_earlier)
        self._empty = EmptyState(
            "package",
            tr("Nothing to take away yet"),
            tr(
                "When a run has ended, its model can leave this program here: as a small addition to the model you "
                "started from, or as a whole model. Each is read back and compared before it is called done."
            ),
            tr("Go to Train"),
        )
        self._empty.action.connect(lambda: self.go.emit("train"))
        self._lay_out()
        session.busy.connect(self._busy)

    def _lay_out(self) -> None:
        body = page_body(self)
        trouble = Trouble(self._session, self.page_id, job="export")
        for widget in (
            self._head,
            trouble,
            self._unmeasured,
            self.ways,
            self._place,
            self.progress,
            self.result,
            self.list,
        ):
            body.addWidget(widget)
        # Cards keep the height they need; only the empty page fills the window.
        body.addWidget(self._empty, 100)
        body.addStretch(1)

    def _make_place(self) -> Card:
        card = Card(tr("Where to"))
        self._path = ElidedLabel("", "body", middle=True)
        self._path_more = Label("", "quiet")
        self.choose_button = Button(tr("Choose a folder…"), "folder-open")
        self.choose_button.clicked.connect(self._ask_folder)
        self._own_place = LinkButton(tr("Back to the project's folder"), "arrow-counter-clockwise")
        self._own_place.clicked.connect(lambda: self.choose_folder(None))
        words = column(wide(self._path), self._path_more, spacing=1)
        card.add(row(IconLabel("folder", "second", 18), words, self._own_place, self.choose_button, spacing=12))
        card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return card

    # ------------------------------------------------------------------------------------------------ showing

    def refresh(self, state: State) -> None:
        """Show what can be exported, and what was."""
        self._state = state
        self.set_explain.emit(None)
        run = self._run()
        self._empty.setVisible(run is None)
        for widget in (self.ways, self._place):
            widget.setVisible(run is not None)
        self._take_exports(state)
        if run is None:
            self._head.set_sentence("")
            self._unmeasured.hide()
            self.progress.setVisible(self._progress is not None)
            return
        self._show_run(state, run)

    def _show_run(self, state: State, run: RunSummary) -> None:
        step = count(run.best_step if run.best_step is not None else run.step)
        name = titled(run) if run.parts else tr("{run}, step {step}", run=titled(run), step=step)
        self._head.set_sentence(tr("{run}. Choose how to take it away.", run=name))
        measured = any(each.run == run.id for each in state.facts.evaluations)
        self._unmeasured.set(
            tr("This model has not been measured yet."),
            "info",
            detail=tr("The certificate will say that the export answers as the tuned model does, not that it is good."),
            link=tr("Measure it first"),
        )
        self._unmeasured.setVisible(not measured)
        if self._ways_of != run.id:
            self._ways_of, self._ways = run.id, ()
            self._session.with_project(sharing.ways, run.id, then=self._ways_later(run.id), page=self.page_id)
        self._show_ways()
        self._show_place(state, run)
        self.progress.setVisible(self._progress is not None)

    def _ways_later(self, run: str) -> Any:
        def take(ways: tuple[Way, ...]) -> None:
            if run == self._ways_of:
                self._ways = ways
                self._show_ways()
                # The bottom bar asks for the primary button anew on every change.
                self._session.changed.emit()

        return take

    def _show_ways(self) -> None:
        able = [way.id for way in self._ways if not way.refusal]
        if self._chosen not in able:
            self._chosen = able[0] if able else ""
        self.ways.show_ways(self._ways, self._chosen)

    def _show_place(self, state: State, run: RunSummary) -> None:
        name = f"{run.id}-{self._chosen}" if self._chosen else run.id
        if self._folder is None:
            self._path.setText(str(state.folder / "exports" / name))
            self._path_more.setText(tr("A new folder inside the project"))
        else:
            self._path.setText(str(self._folder / f"{state.project_name} {name}"))
            self._path_more.setText(tr("A new folder in the one you chose"))
        self._own_place.setVisible(self._folder is not None)
        busy = tr("An export is under way.") if self._progress is not None else ""
        self.choose_button.set_disabled_reason(busy)

    def _take_exports(self, state: State) -> None:
        exports = state.facts.exports
        if self._known is not None and len(exports) > len(self._known):
            self._shown = exports[0]
        elif self._shown not in exports:
            run = self._run()
            self._shown = next((each for each in exports if run is not None and each.run == run.id), None)
        self._known = exports
        titles = {way.id: tr(way.title) for way in self._ways}
        self.result.setVisible(self._shown is not None)
        if self._shown is not None:
            self.result.show_export(self._shown, titles.get(self._shown.to, self._shown.to))
        self.list.setVisible(len(exports) > 1 or (bool(exports) and self._shown is None))
        self.list.show_exports(exports, titles, self._shown)

    def _run(self) -> RunSummary | None:
        facts = self._state.facts if self._state else None
        if facts is None:
            return None
        wanted = [facts.run, *facts.runs] if facts.run else facts.runs
        return next((run for run in wanted if run.has_weights), None)

    # ------------------------------------------------------------------------------------------------- acting

    def _choose(self, way: str) -> None:
        self._chosen = way
        self._session.changed.emit()

    def _ask_folder(self) -> None:
        start = str(self._folder or Path.home())
        found = QFileDialog.getExistingDirectory(self, tr("Where should the export go?"), start)
        if found:
            self.choose_folder(Path(found))

    def choose_folder(self, folder: Path | None) -> None:
        """Export into a new folder in this one; None means inside the project."""
        self._folder = folder
        if self._state is not None:
            self.refresh(self._state)

    def _export(self) -> None:
        run, state, way = self._run(), self._state, self._chosen
        if run is None or state is None:
            return
        if self._folder is None:
            self._session.run.export(run.id, way)
        else:
            name = f"{state.project_name} {run.id}-{way}"
            begin = lambda out: self._session.run.export(run.id, way, out)  # noqa: E731 - said where it is used
            self._session.call(projects.new_folder, self._folder, name, then=begin, page=self.page_id)

    def _busy(self, kind: str, progress: Any) -> None:
        if kind != "export":
            return
        was, self._progress = self._progress, progress
        if progress is not None:
            share = min(1.0, progress.done / progress.total) if progress.total else None
            self.progress.show_progress(tr(progress.words) if progress.words else "", share, progress.seconds_left)
        if (was is None) != (progress is None):
            # The window shows this page and its primary button anew on every change.
            self._session.changed.emit()

    def _read_certificate(self) -> None:
        export = self.result.export()
        if export is not None:
            show = self.result.show_certificate
            self._session.call(sharing.certificate, export.folder, then=show, page=self.page_id)

    def _show_earlier(self, place: int) -> None:
        if self._state is not None:
            self._shown = self._state.facts.exports[place]
            self._take_exports(self._state)

    def primary(self) -> tuple[str, bool, str]:
        """Export in the chosen form."""
        return tr("Export"), not (reason := self._closed()), reason

    def _closed(self) -> str:
        if self._state is None or self._run() is None:
            return tr("This page opens when a run has ended.")
        if self._state.read_only:
            return tr("This project is open elsewhere; it can be exported there.")
        if self._progress is not None:
            return tr("An export is under way.")
        if not self._ways:
            return tr("The kinds of export are being looked up.")
        return "" if self._chosen else tr("This run's model can't be exported.")

    def activate_primary(self) -> None:
        """Export."""
        if not self._closed():
            self._export()
