"""The session's part that has to do with data: bringing files in, preparing them, and reading pages of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from studio.core.config import RunConfig, edit
from studio.services import datasets, templates
from studio.services.problems import problems
from studio.ui.open_project import OpenProject, Then

PREPARE_AFTER_MS = 350


class DataDesk(QObject):
    """Data of the open project. Preparing follows every change of it by itself, a moment later."""

    def __init__(self, session: OpenProject) -> None:
        super().__init__()
        self._session = session
        self._tried: RunConfig | None = None
        self._prepare_soon = QTimer(self, singleShot=True, interval=PREPARE_AFTER_MS)
        self._prepare_soon.timeout.connect(self.prepare)

    def end(self) -> None:
        """Begin nothing more for the project that is being closed."""
        self._prepare_soon.stop()
        self._tried = None

    # ----------------------------------------------------------------------------------------- bringing files in

    def import_files(self, paths: Sequence[Path]) -> None:
        """Bring files in."""
        session, project = self._session, self._session.project
        if project is None or not paths or not session.may_change():
            return
        files = [Path(path) for path in paths]
        names = ", ".join(path.name for path in files[:2]) + (" …" if len(files) > 2 else "")

        def take(result: dict[str, Any]) -> None:
            if session.wizard and project is session.project:
                done = lambda config: self._imported(config, f"Bring in {names}")  # noqa: E731 - read where it is used
                session.call(datasets.take_import, project, result, session.wizard.config, then=done)

        session.jobs.start("import", lambda: datasets.import_files(project, files), take)

    def _imported(self, config: RunConfig, label: str) -> None:
        if self._session.wizard:
            data = config.data.model_dump(mode="json")
            changes = {f"data.{name}": data[name] for name in ("imports", "roles")}
            self._session.wizard.edit({"objective.id": config.objective.id, **changes}, label)
            self._session.edited()

    def learn(self, objective: str, label: str) -> None:
        """Let something else be learnt from the same files; columns keep their roles where it knows them, and other
        roles that it needs are guessed. One step, so that undo brings back both."""
        session, config = self._session, self._session.config
        if config is None or not session.may_change():
            return
        wanted = edit(config, {"objective.id": objective})

        def take(roles: dict[str, str]) -> None:
            if session.wizard and session.config == config:
                session.wizard.edit({"objective.id": objective, "data.roles": roles}, label)
                session.edited()

        session.with_project(datasets.roles_for, wanted, then=take, page="data")

    def remove_dataset(self, hash: str) -> None:
        """Take a file out of the project's data; undo brings it back."""
        wizard = self._session.wizard
        if wizard and self._session.may_change():
            wizard.put(datasets.remove(wizard.config, hash), "Remove a file")
            self._session.edited()

    def stop_job(self, kind: str) -> None:
        """Stop an import, a preview, a measurement or an export."""
        self._session.jobs.stop(kind)

    # ------------------------------------------------------------------------------------------------- preparing

    def prepare_when_needed(self) -> None:
        """Prepare a moment from now, if what is prepared no longer fits the config."""
        if self._is_needed() and not self._session.jobs.running("prepare"):
            self._prepare_soon.start()

    def _is_needed(self) -> bool:
        facts, config, project = self._session.facts, self._session.config, self._session.project
        if facts is None or config is None or not facts.datasets or config == self._tried:
            return False
        if project is None or not project.writable:
            return False
        found = problems(config, facts)
        if any(problem.id.startswith("role-missing") and problem.severity == "blocks" for problem in found):
            return False
        if not config.data.prepared or facts.report is None:
            return True
        return facts.model is not None and not facts.report.counted_for(facts.model, config)

    def prepare(self) -> None:
        """Clean and split now; pages show the result when it is there."""
        session, project, config = self._session, self._session.project, self._session.config
        if project is None or config is None or not self._is_needed():
            return
        self._tried = config

        def take(result: dict[str, Any]) -> None:
            if session.wizard and project is session.project and session.wizard.config.data == config.data:
                session.wizard.amend({"data.prepared": result["prepared"]})
                session.edited()
            else:
                self.prepare_when_needed()

        session.jobs.start("prepare", lambda: datasets.prepare(project, config), take)

    def prepare_again(self) -> None:
        """Try once more what could not be prepared: the disk may have room by now."""
        self._tried = None
        self.prepare()

    # --------------------------------------------------------------------------------------------------- reading

    def dropped(self, step: str, then: Then) -> None:
        """Rows that a step of the recipe left out."""
        if config := self._session.config:
            self._session.with_project(datasets.dropped, config.data.prepared, step, then=then, page="data")

    def changed_cells(self, step: str, then: Then) -> None:
        """Cells that a step of the recipe changed, before and after."""
        if config := self._session.config:
            self._session.with_project(datasets.changed_cells, config.data.prepared, step, then=then, page="data")

    def preview(self, split: str, start: int, count: int, only: str, then: Then) -> None:
        """Real tokens of prepared rows: see what it learns."""
        session, project, config = self._session, self._session.project, self._session.config
        if project and config:
            session.jobs.start("preview", lambda: datasets.preview(project, config, split, start, count, only), then)

    def try_template(self, template: str, then: Then) -> None:
        """What a chat template, chosen or not, makes of the first training row."""
        session, project, config = self._session, self._session.project, self._session.config
        if project and config:
            tried = edit(config, {"model.template": template})
            session.jobs.start("try-template", lambda: templates.try_out(project, tried), then)

    def rows(self, dataset: str, start: int, count: int, then: Then) -> None:
        """A page of a dataset's rows."""
        if project := self._session.project:
            path = project.paths.dataset(dataset)
            self._library(lambda: datasets.rows(path, start, count), then)

    def find_rows(self, dataset: str, text: str, then: Then) -> None:
        """The numbers of the rows that hold a text."""
        if project := self._session.project:
            path = project.paths.dataset(dataset)
            self._library(lambda: datasets.find(path, text), then)

    def _library(self, work: Callable[[], Any], then: Then) -> None:
        self._session.desk.call(work, then, lambda error: self._session.tell_failure("data", error), lane="library")
