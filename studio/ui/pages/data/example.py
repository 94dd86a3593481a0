"""One example as the model gets it: where it comes from, how much of it teaches, its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.token_flow import TokenFlow
from studio.ui.widgets.token_layout import Token, TokenGroup
from studio.ui.wording import count, tr

_SIGN = re.compile(r"\s*(<[|/]?[\w .-]+[|]?>|\[/?[A-Z]+\])\s*")


def is_special(text: str) -> bool:
    """Whether a token looks like a sign of the model's own, such as <|user|>, and not like text of the row."""
    return _SIGN.fullmatch(text) is not None


def as_tokens(pairs: Iterable[tuple[str, str]]) -> tuple[Token, ...]:
    """The preview's (text, state) pairs as the kit's tokens."""
    return tuple(Token(text, state, special=is_special(text)) for text, state in pairs)  # type: ignore[arg-type]


class ExampleBlock(QWidget):
    """A heading line and the tokens below it."""

    def __init__(self, number: int, example: Mapping[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        pairs = [(str(text), str(state)) for text, state in example["tokens"]]
        cut = sum(state == "cut" for _text, state in pairs)
        learnt = int(example["learnt"])
        read = len(pairs) - cut - learnt
        head = row(Label(tr("Example {n}", n=count(number)), "strong"), spacing=8)
        head.addWidget(ElidedLabel(str(example["origin"]), "quiet"), 1)
        if not example.get("teaches", True):
            head.addWidget(IconLabel("warning-circle-fill", "warn", 15))
            head.addWidget(Label(tr("teaches nothing"), "caption", tone="warn"))
        head.addWidget(Label(tr("{n} learnt", n=count(learnt)), "caption", tone="train", tabular=True))
        head.addWidget(Label(tr("{n} only read", n=count(max(0, read))), "caption", tabular=True))
        if cut:
            head.addWidget(Label(tr("{n} cut off", n=count(cut)), "caption", tone="bad", tabular=True))
        self.flow = TokenFlow()
        self.flow.set_groups([TokenGroup(as_tokens(pairs))])
        self.setLayout(column(head, self.flow, spacing=8))
