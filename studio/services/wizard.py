"""The wizard's state: one RunConfig with its past and future, kept in the project as it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.core.config import RunConfig, edit
from studio.services.projects import Project

MOST = 500


class Wizard:
    """The present config of an open project, with undo and redo that survive a restart.

    Pure in memory; `keep` writes what changed since the last call, so that the writing can happen elsewhere.
    """

    def __init__(self, states: list[tuple[str, RunConfig]], position: int) -> None:
        self._states = states or [("New project", RunConfig())]
        self._position = min(max(position, 0), len(self._states) - 1)
        self._unkept: list[tuple[int, str, str]] = []

    @classmethod
    def of(cls, project: Project) -> Wizard:
        """The wizard as the project keeps it."""
        rows = project.store.history()
        states = [(row["label"], RunConfig.from_json(row["config"])) for row in rows]
        positions = [row["position"] for row in rows]
        here = project.store.position()
        return cls(states, positions.index(here) if here in positions else len(states) - 1)

    @property
    def config(self) -> RunConfig:
        return self._states[self._position][1]

    @property
    def undo_label(self) -> str:
        """What undo would take back; empty when there is nothing."""
        return self._states[self._position][0] if self._position else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again; empty when there is nothing."""
        return self._states[self._position + 1][0] if self._position + 1 < len(self._states) else ""

    def edit(self, changes: Mapping[str, Any], label: str) -> RunConfig:
        """Lay changes over the config as one undoable step. Raises StudioError and changes nothing when bad."""
        return self.put(_consistent(self.config, edit(self.config, changes), changes), label)

    def put(self, config: RunConfig, label: str) -> RunConfig:
        """Make a whole config the present one, as one undoable step."""
        if config != self.config:
            del self._states[self._position + 1 :]
            self._states.append((label, config))
            self._position += 1
            self._note()
        return self.config

    def amend(self, changes: Mapping[str, Any]) -> RunConfig:
        """Complete the present state (a prepared hash, a followed recommendation) without a step of its own."""
        label, config = self._states[self._position]
        changed = edit(config, changes)
        if changed != config:
            self._states[self._position] = (label, changed)
            self._note()
        return changed

    def undo(self) -> RunConfig:
        """Take the last step back."""
        self._position = max(0, self._position - 1)
        self._unkept.append((self._position, "", ""))
        return self.config

    def redo(self) -> RunConfig:
        """Do the last undone step again."""
        self._position = min(len(self._states) - 1, self._position + 1)
        self._unkept.append((self._position, "", ""))
        return self.config

    def _note(self) -> None:
        label, config = self._states[self._position]
        self._unkept.append((self._position, label, config.to_json()))

    def unkept(self) -> list[tuple[int, str, str]]:
        """What is not written yet, to be handed to `keep`; afterwards it counts as written."""
        pending, self._unkept = self._unkept, []
        return pending


def keep(project: Project, pending: list[tuple[int, str, str]]) -> None:
    """Write the wizard's changes into the project."""
    for position, label, config in pending:
        if config:
            project.store.keep(position, label, config)
        else:
            project.store.move_to(position)


def _consistent(old: RunConfig, new: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """Prepared examples belong to exactly one data section and objective: a change of these voids them."""
    same = old.data.model_copy(update={"prepared": ""}) == new.data.model_copy(update={"prepared": ""})
    if (same and old.objective == new.objective) or "data.prepared" in changes:
        return new
    return edit(new, {"data.prepared": ""})
