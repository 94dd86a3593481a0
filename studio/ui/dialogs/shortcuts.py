"""Every shortcut, read from the window's actions, and the keys that tables and lists know."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.ui.dialogs.window import DialogWindow
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column, scrolling
from studio.ui.wording import tr


def other_keys() -> tuple[tuple[str, str], ...]:
    """What the keyboard does besides the menus."""
    return (
        (tr("Tab"), tr("the next control; Shift+Tab the one before")),
        (tr("Alt+Down in the table"), tr("what the column is for")),
        (tr("Alt+Up, Alt+Down on a step of the recipe"), tr("move the step")),
        (tr("Space on a step of the recipe"), tr("switch it on or off")),
        (tr("Enter on a step of the recipe"), tr("its settings")),
        (tr("Escape"), tr("close a panel or clear the search")),
    )


class ShortcutsDialog(DialogWindow):
    """Two columns: keys and what they do."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(tr("Shortcuts"), parent, size=(520, 600))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        lines = [
            (
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                action.text().split(":")[0].replace("&", ""),
            )
            for action in actions
            if not action.shortcut().isEmpty()
        ]
        for place, (keys, words) in enumerate([*lines, *other_keys()]):
            grid.addWidget(Label(keys, "medium", wrap=True), place, 0)
            grid.addWidget(Label(words.rstrip("…"), "second", wrap=True), place, 1)
        grid.setColumnMinimumWidth(0, 150)
        holder = QWidget()
        holder.setLayout(column(grid, None, margins=(0, 0, 12, 0)))
        self.add(scrolling(holder), 1)
        self.add_close()
