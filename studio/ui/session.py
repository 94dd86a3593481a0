"""The window's model: the open project as one value, `State`, and everything a page may ask for.

Pages read `state` and redraw on `changed`; they call methods here and never a service, because services touch files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.core.config import Goal, RunConfig
from studio.core.device import Device
from studio.core.problem import Problem, StudioError
from studio.services import datasets, doctor, gathering, models, preferences, projects, recents, sample
from studio.services.facts import Fact, Facts
from studio.services.problems import StepState, problems, rail
from studio.services.projects import Project
from studio.services.wizard import Wizard, keep
from studio.ui.desk import Desk
from studio.ui.jobs import Jobs
from studio.ui.run_desk import RunDesk

PREPARE_AFTER_MS = 350
METERS_MS = 3000
PAGE_OF_JOB = {"import": "data", "prepare": "data", "preview": "data", "evaluate": "evaluate", "export": "share", "playground": "evaluate"}
Then = Callable[[Any], None]


class State(Fact):
    """The open project at one moment."""

    project_name: str
    folder: Path
    config: RunConfig
    facts: Facts
    problems: tuple[Problem, ...]
    rail: tuple[StepState, ...]
    expert: bool = False
    read_only: str = ""
    can_undo: str = ""
    can_redo: str = ""
    saved: bool = True


class Session(QObject):
    """The open project. One per window; `close` it before the window goes."""

    changed = Signal()
    opened = Signal()
    closed = Signal()
    failed = Signal(str, object)
    busy = Signal(str, object)
    events = Signal(str, list)
    said = Signal(str, str, str, bool)
    meters = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = Desk(self)
        self.jobs = Jobs(self.desk, self)
        self.state: State | None = None
        self.project: Project | None = None
        self.expert = False
        self.run = RunDesk(self)
        self._wizard: Wizard | None = None
        self._facts: Facts | None = None
        self._devices: Sequence[Device] = ()
        self._gathering = False
        self._again = False
        self._unsaved = 0
        self._refused_config: RunConfig | None = None
        self.jobs.busy.connect(self.busy)
        self.jobs.failed.connect(self._job_failed)
        self.jobs.said.connect(self.run.take_answer)
        self._prepare_soon = QTimer(self, singleShot=True, interval=PREPARE_AFTER_MS)
        self._prepare_soon.timeout.connect(self.prepare)
        self._meter_timer = QTimer(self, interval=METERS_MS)
        self._meter_timer.timeout.connect(self.measure)
        self._meter_timer.start()
        self.measure()

    # -------------------------------------------------------------------------------------------- any service

    def call(
        self, work: Callable[..., Any], *args: Any, then: Then | None = None, failed: Then | None = None, page: str = ""
    ) -> None:
        """Call a service function at the desk; `then(result)` or `failed(error)` back here."""
        tell = failed or (lambda error: self.failed.emit(page, error))
        self.desk.call(lambda: work(*args), then, tell)

    def with_project(self, work: Callable[..., Any], *args: Any, then: Then | None = None, page: str = "") -> None:
        """Call a service function with the open project as its first argument."""
        project = self.project
        if project is not None:
            self.call(work, project, *args, then=then, page=page)

    # ------------------------------------------------------------------------------------- opening and closing

    def new_project(self, goal: Goal = "answer", files: Sequence[Path] = (), folder: Path | None = None) -> None:
        """Start a project from a goal, and bring files in."""
        name = Path(files[0]).stem if files else "New project"

        def make() -> Project:
            place = folder or projects.new_folder(preferences.projects_folder(), name)
            return projects.create(place, goal=goal, name=place.name)

        self._open(make, (lambda: self.import_files(files)) if files else None)

    def open_project(self, folder: Path) -> None:
        """Open a project; read-only when another program holds it."""
        self._open(lambda: projects.open_project(folder))

    def try_sample(self, folder: Path | None = None) -> None:
        """Make the sample project: starter model chosen, file brought in."""

        def begin() -> None:
            assert self.project is not None
            self.call(sample.sample_config, self.project, then=self._use_sample)

        self._open(lambda: sample.create_sample(folder), begin)

    def _use_sample(self, config: RunConfig) -> None:
        if self._wizard:
            self._wizard.put(config, "Choose the starter model")
            self._edited()
            self.import_files([sample.sample_file()])

    def _open(self, make: Callable[[], Project], after: Callable[[], None] | None = None) -> None:
        def work() -> tuple[Project, Wizard, Facts, Sequence[Device]]:
            project = make()
            wizard = Wizard.of(project)
            devices = doctor.devices()
            facts = gathering.gather(project, wizard.config, devices)
            recents.remember(project)
            return project, wizard, facts, devices

        def take(opened: tuple[Project, Wizard, Facts, Sequence[Device]]) -> None:
            self.close_project()
            self.project, self._wizard, self._facts, self._devices = opened
            self._follow_recommendation(None)
            self._show()
            self.opened.emit()
            self.run.begin()
            self._prepare_when_needed()
            if after:
                after()

        self.call(work, then=take)

    def close_project(self) -> None:
        """Close the project. Training goes on by itself."""
        project = self.project
        if project is None:
            return
        self._save()
        self._prepare_soon.stop()
        self.jobs.stop_all()
        self.run.end()
        self.project = self._wizard = self._facts = self.state = None
        self.call(_close, project)
        self.closed.emit()

    def close(self) -> None:
        """End everything before the window goes."""
        self.close_project()
        self._meter_timer.stop()
        self.desk.close()

    # --------------------------------------------------------------------------------------------- the wizard

    def edit(self, changes: dict[str, Any], label: str) -> bool:
        """One undoable edit. False, with the reason told by `failed`, when a value is not allowed."""
        if self._wizard is None or not self._may_change():
            return False
        try:
            self._wizard.edit(changes, label)
        except StudioError as error:
            self.failed.emit("settings", error)
            return False
        self._edited()
        return True

    def undo(self) -> None:
        """Take the last edit back."""
        if self._wizard and self._may_change():
            self._wizard.undo()
            self._edited()

    def redo(self) -> None:
        """Do the last undone edit again."""
        if self._wizard and self._may_change():
            self._wizard.redo()
            self._edited()

    def set_expert(self, expert: bool) -> None:
        """Switch between Simple and Expert; values stay the same."""
        self.expert = expert
        self._show()

    def _may_change(self) -> bool:
        if self.project is None or self.project.writable:
            return True
        self.failed.emit("", projects.held(self.project.paths.folder, self.project.holder))
        return False

    def _edited(self) -> None:
        """After any change of the config: show it at once, save it, and learn what follows from it."""
        self._show()
        self._save()
        self.gather()
        self._prepare_when_needed()

    def _save(self) -> None:
        project, wizard = self.project, self._wizard
        if project is None or wizard is None or not project.writable:
            return
        pending = wizard.unkept()
        if pending:
            self._unsaved += 1
            self.call(keep, project, pending, then=lambda _: self._saved())

    def _saved(self) -> None:
        self._unsaved -= 1
        if not self._unsaved:
            self._show()

    # ----------------------------------------------------------------------------------------------- the facts

    def gather(self) -> None:
        """Learn the facts anew; several wishes while one is under way become one more."""
        project, wizard = self.project, self._wizard
        if project is None or wizard is None:
            return
        if self._gathering:
            self._again = True
            return
        self._gathering = True
        config, devices, shown = wizard.config, self._devices, self.run.shown

        def failed(error: StudioError) -> None:
            self._gathering = False
            self.failed.emit("", error)

        self.call(
            gathering.gather, project, config, devices, shown, then=lambda f: self._take(project, f), failed=failed
        )

    def _take(self, project: Project, facts: Facts) -> None:
        self._gathering = False
        if project is not self.project:
            return
        before, self._facts = self._facts, facts
        if self._again:
            self._again = False
            self.gather()
            return
        self._follow_recommendation(before)
        self._show()
        self._prepare_when_needed()

    def _follow_recommendation(self, before: Facts | None) -> None:
        """Let settings that nobody touched follow what is recommended for the model, method and data."""
        if self._wizard is None or self._facts is None or (self.project and not self.project.writable):
            return
        changes = gathering.settled(self._wizard.config, before, self._facts)
        if changes:
            self._wizard.amend(changes)
            self._save()
            self.gather()

    def set_runs(self, facts: Facts) -> None:
        """Take newer facts about runs alone."""
        self._facts = facts
        self._show()

    @property
    def facts(self) -> Facts | None:
        return self._facts

    @property
    def config(self) -> RunConfig | None:
        return self._wizard.config if self._wizard else None

    def _show(self) -> None:
        project, wizard, facts = self.project, self._wizard, self._facts
        if project is None or wizard is None or facts is None:
            return
        self.state = State(
            project_name=project.name,
            folder=project.paths.folder,
            config=wizard.config,
            facts=facts,
            problems=problems(wizard.config, facts),
            rail=rail(wizard.config, facts),
            expert=self.expert,
            read_only="" if project.writable else project.holder or "a read-only folder",
            can_undo=wizard.undo_label if project.writable else "",
            can_redo=wizard.redo_label if project.writable else "",
            saved=not self._unsaved,
        )
        self.changed.emit()

    # ------------------------------------------------------------------------------------------------ the data

    def import_files(self, paths: Sequence[Path]) -> None:
        """Bring files in."""
        project = self.project
        if project is None or not paths or not self._may_change():
            return
        files = [Path(path) for path in paths]

        def take(result: dict[str, Any]) -> None:
            if self._wizard and project is self.project:
                names = ", ".join(path.name for path in files[:2]) + (" …" if len(files) > 2 else "")
                config = self._wizard.config
                self.call(
                    datasets.take_import,
                    project,
                    result,
                    config,
                    then=lambda new: self._imported(new, f"Bring in {names}"),
                )

        self.jobs.start("import", lambda: datasets.import_files(project, files), take)

    def _imported(self, config: RunConfig, label: str) -> None:
        if self._wizard:
            data = config.data.model_dump(mode="json")
            self._wizard.edit({f"data.{name}": data[name] for name in ("imports", "roles")}, label)
            self._edited()

    def remove_dataset(self, hash: str) -> None:
        """Take a file out of the project's data; undo brings it back."""
        if self._wizard and self._may_change():
            self._wizard.put(datasets.remove(self._wizard.config, hash), "Remove a file")
            self._edited()

    def _prepare_when_needed(self) -> None:
        if self._needs_preparing() and not self.jobs.running("prepare"):
            self._prepare_soon.start()

    def _needs_preparing(self) -> bool:
        facts, config = self._facts, self.config
        if facts is None or config is None or not facts.datasets or config == self._refused_config:
            return False
        if self.project and not self.project.writable:
            return False
        report = facts.report
        blocked = any(p.step == "data" and p.id.startswith("role-missing") for p in problems(config, facts))
        if blocked:
            return False
        if not config.data.prepared or report is None:
            return True
        wanted = (facts.model.fingerprint, config.train.max_length) if facts.model else None
        return wanted is not None and (report.model, report.max_length) != wanted

    def prepare(self) -> None:
        """Clean and split now; pages show the result when it is there."""
        project, config = self.project, self.config
        if project is None or config is None or not self._needs_preparing():
            return
        self._refused_config = config

        def take(result: dict[str, Any]) -> None:
            if self._wizard and project is self.project and self._wizard.config.data == config.data:
                self._wizard.amend({"data.prepared": result["prepared"]})
                self._edited()
            else:
                self._prepare_when_needed()

        self.jobs.start("prepare", lambda: datasets.prepare(project, config), take)

    def stop_job(self, kind: str) -> None:
        """Stop an import, a preview, a measurement or an export."""
        self.jobs.stop(kind)

    def dropped(self, step: str, then: Then) -> None:
        """Rows that a step of the recipe left out."""
        if config := self.config:
            self.with_project(datasets.dropped, config.data.prepared, step, then=then, page="data")

    def changed_cells(self, step: str, then: Then) -> None:
        """Cells that a step of the recipe changed, before and after."""
        if config := self.config:
            self.with_project(datasets.changed_cells, config.data.prepared, step, then=then, page="data")

    def preview(self, split: str, start: int, count: int, only: str, then: Then) -> None:
        """Real tokens of prepared rows: see what it learns."""
        project, config = self.project, self.config
        if project and config:
            self.jobs.start("preview", lambda: datasets.preview(project, config, split, start, count, only), then)

    def rows(self, dataset: str, start: int, count: int, then: Then) -> None:
        """A page of a dataset's rows."""
        if self.project:
            path = self.project.paths.dataset(dataset)
            self._library(lambda: datasets.rows(path, start, count), then)

    def find_rows(self, dataset: str, text: str, then: Then) -> None:
        """The numbers of the rows that hold a text."""
        if self.project:
            path = self.project.paths.dataset(dataset)
            self._library(lambda: datasets.find(path, text), then)

    def _library(self, work: Callable[[], Any], then: Then) -> None:
        self.desk.call(work, then, lambda error: self.failed.emit("data", error), lane="library")

    # ------------------------------------------------------------------------------------- models and computer

    def choose_model(self, path: Path) -> None:
        """Take a model folder as the base, or tell why it can't be one."""
        project = self.project
        if project is None:
            return

        def take(section: Any) -> None:
            self.edit({"model": section.model_dump(mode="json")}, f"Choose {path.name}")

        self.call(models.section_of, path, project.paths.folder, then=take, page="model")

    def known_models(self, then: Then) -> None:
        """Starter models and folders chosen before."""
        self.call(models.known_models, then=then, page="model")

    def measure(self) -> None:
        """Read the meters: memory of the cards and the computer."""
        self.call(doctor.devices, then=self._measured)

    def _measured(self, devices: list[Device]) -> None:
        self._devices = devices
        self.meters.emit(devices)

    def doctor(self, then: Then) -> None:
        """What this computer has and lacks."""
        self.call(doctor.examine, preferences.projects_folder(), then=then)

    def recents(self, then: Then) -> None:
        """Projects opened lately."""
        self.call(recents.recent_projects, then=then)

    def disk_use(self, then: Then) -> None:
        """What the project takes on the disk."""
        self.with_project(projects.disk_use, then=then)

    def _job_failed(self, kind: str, error: StudioError) -> None:
        self.failed.emit(PAGE_OF_JOB.get(kind, ""), error)


def _close(project: Project) -> None:
    if project.writable:
        recents.remember(project)
    project.close()
