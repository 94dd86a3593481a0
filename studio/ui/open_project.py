"""What the session's parts need of the session: the open project, its config and facts, and ways to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from studio.core.config import RunConfig
from studio.core.events import AnyEvent, Sampled
from studio.core.problem import StudioError
from studio.services.facts import Facts
from studio.services.projects import Project
from studio.services.wizard import Wizard
from studio.ui.desk import Desk
from studio.ui.jobs import Jobs

Then = Callable[[Any], None]


class OpenProject(Protocol):
    """The session, as its parts see it. `project`, `wizard`, `facts` and `config` are None while none is open."""

    project: Project | None
    wizard: Wizard | None
    desk: Desk
    jobs: Jobs

    @property
    def facts(self) -> Facts | None: ...

    @property
    def config(self) -> RunConfig | None: ...

    def call(
        self, work: Callable[..., Any], *args: Any, then: Then | None = None, failed: Then | None = None, page: str = ""
    ) -> None: ...

    def with_project(self, work: Callable[..., Any], *args: Any, then: Then | None = None, page: str = "") -> None: ...

    def may_change(self) -> bool: ...

    def edit(self, changes: dict[str, Any], label: str) -> bool: ...

    def edited(self) -> None: ...

    def gather(self) -> None: ...

    def set_runs(self, facts: Facts) -> None: ...

    def tell_events(self, run: str, events: list[AnyEvent]) -> None: ...

    def tell_answer(self, answer: Sampled) -> None: ...

    def tell_failure(self, page: str, error: StudioError) -> None: ...
