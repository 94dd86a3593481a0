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
from studio.core.events import AnyEvent, Sampled
from studio.core.problem import Problem, StudioError
from studio.core.run import ACTIVE
from studio.services import doctor, gathering, jobs, models, preferences, projects, recents, sample
from studio.services.facts import Fact, Facts
from studio.services.problems import problems
from studio.services.projects import Project
from studio.services.rail import StepState, rail
from studio.services.wizard import Wizard, keep
from studio.ui.data_desk import DataDesk
from studio.ui.desk import Desk
from studio.ui.jobs import Jobs
from studio.ui.run_desk import RunDesk

METERS_MS = 3000
PAGE_OF_JOB = {
    "import": "data",
    "prepare": "data",
    "preview": "data",
    "try-template": "model",
    "evaluate": "evaluate",
    "export": "share",
    "playground": "evaluate",
}
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
        self.wizard: Wizard | None = None
        self._facts: Facts | None = None
        self._devices: Sequence[Device] = ()
        self._gathering = False
        self._again = False
        self._unsaved = 0
        self._keeps_ready = False
        self.run = RunDesk(self)
        self.data = DataDesk(self)
        self.jobs.busy.connect(self.busy)
        self.jobs.failed.connect(self._job_failed)
        self.jobs.said.connect(self.run.take_answer)
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

        self._open(make, (lambda: self.data.import_files(files)) if files else None)

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
        if self.wizard:
            self.wizard.put(config, "Choose the starter model")
            self.edited()
            self.data.import_files([sample.sample_file()])

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
            self.project, self.wizard, self._facts, self._devices = opened
            self._follow_recommendation(None)
            self._show()
            self.opened.emit()
            self.run.begin()
            self.data.prepare_when_needed()
            if after:
                after()

        self.call(work, then=take)

    def close_project(self) -> None:
        """Close the project. Training goes on by itself."""
        project = self.project
        if project is None:
            return
        self._save()
        self.data.end()
        self.jobs.stop_all()
        self.run.end()
        self.project = self.wizard = self._facts = self.state = None
        self.call(_close, project)
        self.closed.emit()

    def close(self) -> None:
        """End everything before the window goes."""
        self.close_project()
        self._meter_timer.stop()
        jobs.keep_ready(False)
        self.desk.close()

    # --------------------------------------------------------------------------------------------- the wizard

    def edit(self, changes: dict[str, Any], label: str) -> bool:
        """One undoable edit. False, with the reason told by `failed`, when a value is not allowed."""
        if self.wizard is None or not self.may_change():
            return False
        try:
            self.wizard.edit(changes, label)
        except StudioError as error:
            self.failed.emit("settings", error)
            return False
        self.edited()
        return True

    def undo(self) -> None:
        """Take the last edit back."""
        if self.wizard and self.may_change():
            self.wizard.undo()
            self.edited()

    def redo(self) -> None:
        """Do the last undone edit again."""
        if self.wizard and self.may_change():
            self.wizard.redo()
            self.edited()

    def set_expert(self, expert: bool) -> None:
        """Switch between Simple and Expert; values stay the same."""
        self.expert = expert
        self._show()

    def may_change(self) -> bool:
        """Whether the project may be changed here; tells who holds it where it may not."""
        if self.project is None or self.project.writable:
            return True
        self.failed.emit("", projects.held(self.project.paths.folder, self.project.holder))
        return False

    def edited(self) -> None:
        """After any change of the config: show it at once, save it, and learn what follows from it."""
        self._show()
        self._save()
        self.gather()
        self.data.prepare_when_needed()

    def _save(self) -> None:
        project, wizard = self.project, self.wizard
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
        project, wizard = self.project, self.wizard
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
        self.data.prepare_when_needed()

    def _follow_recommendation(self, before: Facts | None) -> None:
        """Let settings that nobody touched follow what is recommended for the model, method and data."""
        if self.wizard is None or self._facts is None or (self.project and not self.project.writable):
            return
        changes = gathering.settled(self.wizard.config, before, self._facts)
        if changes:
            self.wizard.amend(changes)
            self._save()
            self.gather()

    def set_runs(self, facts: Facts) -> None:
        """Take newer facts about runs alone."""
        self._facts = facts
        self._show()

    def tell_events(self, run: str, events: list[AnyEvent]) -> None:
        """Hand a run's new events on."""
        self.events.emit(run, events)

    def tell_answer(self, answer: Sampled) -> None:
        """Hand an answer of the playground on."""
        self.said.emit(answer.ask, answer.who, answer.text, answer.done)

    def tell_failure(self, page: str, error: StudioError) -> None:
        """Tell a page what could not be done."""
        self.failed.emit(page, error)

    @property
    def facts(self) -> Facts | None:
        return self._facts

    @property
    def config(self) -> RunConfig | None:
        return self.wizard.config if self.wizard else None

    def _show(self) -> None:
        project, wizard, facts = self.project, self.wizard, self._facts
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

    # ------------------------------------------------------------------------------------- models and computer

    def choose_model(self, path: Path) -> None:
        """Take a model folder as the base, or tell why it can't be one."""
        project = self.project
        if project is None:
            return

        def take(section: Any) -> None:
            if self.config is not None:
                self.edit(models.taken(self.config, section), f"Choose {path.name}")

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
        if self._keeps_ready:
            self.call(jobs.keep_ready, self._will_need_model())

    def keep_ready(self) -> None:
        """From now on, have a worker wait while a project is open, so that training begins at once."""
        self._keeps_ready = True

    def _will_need_model(self) -> bool:
        """Whether the next click may start work with a model; not while a training has the memory."""
        facts = self._facts
        return facts is not None and facts.model is not None and not any(run.state in ACTIVE for run in facts.runs)

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
