"""What columns are for: the objective's roles in words, the table's header from them, and changing one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget, QWidgetAction

from studio.api import Role
from studio.core.config import RunConfig
from studio.plugins import objectives
from studio.services.facts import Dataset
from studio.ui.tables import TableColumn
from studio.ui.theme import tokens
from studio.ui.widgets.labels import Label
from studio.ui.wording import shortened, tr


def roles_of(config: RunConfig) -> tuple[Role, ...]:
    """The roles that the project's objective knows."""
    return objectives()[config.objective.id].roles


def titles_of(config: RunConfig) -> dict[str, tuple[str, str]]:
    """What the turns of an example are called, and which column each comes from."""
    columns = {role: column for column, role in config.data.roles.items() if role}
    words = {}
    for role in roles_of(config):
        note = tr("column “{column}”", column=shortened(columns[role.id], 30)) if role.id in columns else ""
        words[role.id] = (tr(role.title), note)
    return words


def table_columns(dataset: Dataset, config: RunConfig) -> tuple[TableColumn, ...]:
    """The header of a dataset's table: each column with what it is for and why."""
    known = {role.id: role for role in roles_of(config)}
    return tuple(
        _table_column(column.name, known.get(config.data.roles.get(column.name, "")), column.role, column.reason)
        for column in dataset.columns
    )


def _table_column(name: str, role: Role | None, guessed: str, reason: str) -> TableColumn:
    chosen = role.id if role else ""
    why = tr("Guessed: {reason}", reason=reason) if chosen == guessed and reason else tr("Chosen by you.")
    if role is None:
        return TableColumn(name, tr("Not used"), "quiet", why, used=False)
    return TableColumn(name, tr(role.title), "accent" if role.learnt else "second", why)


def with_role(roles: Mapping[str, str], column: str, role: str) -> dict[str, str]:
    """The roles with one column's changed. A role belongs to one column: who had it before is kept but not used."""
    others = {name: had for name, had in roles.items() if name != column and (had != role or not role)}
    return {**others, column: role} if role else others


class RoleMenu(QMenu):
    """The menu above a column: what it can be for, and why it was guessed. `picked(role)` when one is chosen."""

    picked = Signal(str)

    def __init__(self, column: TableColumn, role: str, choices: tuple[Role, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._say(tr("What is “{column}” for?", column=shortened(column.name, 40)), "strong")
        group = QActionGroup(self)
        for choice in choices:
            words = tr(choice.title) + (tr("  ·  is learnt") if choice.learnt else "")
            self._offer(group, words, choice.id, choice.id == role)
        self.addSeparator()
        self._offer(group, tr("Kept, not used"), "", not any(choice.id == role for choice in choices))
        if column.reason:
            self.addSeparator()
            self._say(column.reason, "caption")

    def _say(self, words: str, role: Literal["strong", "caption"]) -> None:
        """Words to read, not to choose."""
        label = Label(words, role, wrap=role == "caption")
        label.setContentsMargins(14, 6, 14, 6)
        if role == "caption":
            label.setFixedWidth(280)
        # It can't be chosen, yet it is there to be read: not in the colour of what is switched off.
        ink = tokens().text if role == "strong" else tokens().second
        label.setStyleSheet(f"QLabel:disabled {{ color: {ink.name()}; }}")
        shown = QWidgetAction(self)
        shown.setDefaultWidget(label)
        shown.setEnabled(False)
        self.addAction(shown)

    def _offer(self, group: QActionGroup, words: str, role: str, on: bool) -> None:
        action: QAction = self.addAction(words)
        action.setCheckable(True)
        action.setChecked(on)
        action.triggered.connect(lambda: self.picked.emit(role))
        group.addAction(action)
