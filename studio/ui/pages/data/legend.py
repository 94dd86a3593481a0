"""What the looks of tokens mean."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from studio.ui.pages.data.kinds import Look
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import clear, column, row
from studio.ui.widgets.token_flow import TokenFlow
from studio.ui.widgets.token_layout import Token, TokenGroup


class TokenLegend(QWidget):
    """Each look with a sample token, its name and a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Look, ...] = ()
        self._line = row(spacing=16, margins=(22, 11, 22, 11))
        self.setLayout(self._line)

    def show_looks(self, looks: Sequence[Look]) -> None:
        """Show these, from left to right."""
        if tuple(looks) == self._shown:
            return
        self._shown = tuple(looks)
        clear(self._line)
        for look in looks:
            self._line.addWidget(_sample(look.sample), 0, Qt.AlignmentFlag.AlignTop)
            said = Label(look.sentence, "caption", wrap=True)
            self._line.addLayout(column(Label(look.name, "medium"), said, None, spacing=1), 1)


def _sample(token: Token) -> TokenFlow:
    flow = TokenFlow()
    flow.set_groups([TokenGroup((token,))])
    flow.setFixedWidth(44 if token.special else 34)
    flow.setEnabled(False)
    return flow
