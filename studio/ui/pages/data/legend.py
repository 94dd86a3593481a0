"""What the three looks of a token mean."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.token_flow import TokenFlow
from studio.ui.widgets.token_layout import Token, TokenGroup, TokenKind
from studio.ui.wording import count, tr


class TokenLegend(QWidget):
    """Learnt, only read, cut off, each with a sample token and a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cut = Label("", "caption", wrap=True)
        line = row(spacing=16, margins=(22, 11, 22, 11))
        for kind, name, sentence in (
            ("learnt", tr("Learnt"), Label(tr("the model is taught to write this"), "caption", wrap=True)),
            ("read", tr("Only read"), Label(tr("context, teaches nothing"), "caption", wrap=True)),
            ("cut", tr("Cut off"), self._cut),
        ):
            line.addWidget(_sample(kind))  # type: ignore[arg-type]
            line.addLayout(column(Label(name, "medium"), sentence, spacing=1), 1)
        self.setLayout(line)
        self.show_limit(0)

    def show_limit(self, limit: int) -> None:
        """Name the limit beyond which tokens are cut off."""
        words = tr("beyond {n} tokens, never seen", n=count(limit)) if limit else tr("beyond the limit, never seen")
        self._cut.setText(words)


def _sample(kind: TokenKind) -> TokenFlow:
    flow = TokenFlow()
    flow.set_groups([TokenGroup((Token("abc", kind),))])
    flow.setMinimumWidth(34)
    flow.setFixedWidth(34)
    flow.setEnabled(False)
    return flow
