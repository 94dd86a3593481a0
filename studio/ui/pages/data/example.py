"""One example as the model gets it: where it comes from, how much of it teaches, its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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


_TURNS = (
    ("system", ("system",), "info"),
    ("prompt", ("user", "human"), "user"),
    ("answer", ("assistant", "model", "bot"), "graduation-cap"),
)


def turn_of(sign: str) -> tuple[str, str]:
    """The role and icon of the turn that a sign such as <|user|> begins; empty for any other sign."""
    for role, names, icon in _TURNS:
        if any(name in sign.lower() for name in names) and "end" not in sign.lower():
            return role, icon
    return "", ""


def groups_of(all_tokens: Sequence[Token], words: Mapping[str, tuple[str, str]]) -> list[TokenGroup]:
    """The tokens by turns. `words` gives each role its title and the column it comes from.

    What stands before the first turn joins it; tokens without such signs stay one group without a heading.
    """
    cuts = [(place, turn_of(token.text)) for place, token in enumerate(all_tokens) if token.special]
    starts = [(place, role, icon) for place, (role, icon) in cuts if role in words]
    if not starts:
        return [TokenGroup(tuple(all_tokens))]
    groups = []
    for at, (place, role, icon) in enumerate(starts):
        begin = 0 if at == 0 else place
        end = starts[at + 1][0] if at + 1 < len(starts) else len(all_tokens)
        title, note = words[role]
        groups.append(TokenGroup(tuple(all_tokens[begin:end]), title, note, icon, learnt=role == "answer"))
    return groups


class ExampleBlock(QWidget):
    """A heading line and the tokens below it, by turns."""

    def __init__(self, number: int, example: Mapping[str, Any], words: Mapping[str, tuple[str, str]]) -> None:
        super().__init__()
        pairs = [(str(text), str(state)) for text, state in example["tokens"]]
        cut = sum(state == "cut" for _text, state in pairs)
        learnt = int(example["learnt"])
        read = len(pairs) - cut - learnt
        head = row(Label(tr("Example {n}", n=count(number)), "heading"), spacing=8)
        head.addWidget(ElidedLabel(str(example["origin"]), "quiet"), 1)
        if not example.get("teaches", True):
            head.addWidget(IconLabel("warning-circle-fill", "warn", 15))
            head.addWidget(Label(tr("teaches nothing"), "caption", tone="warn"))
        head.addWidget(Label(tr("{n} learnt", n=count(learnt)), "caption", tone="train", tabular=True))
        head.addWidget(Label(tr("{n} only read", n=count(max(0, read))), "caption", tabular=True))
        if cut:
            head.addWidget(Label(tr("{n} cut off", n=count(cut)), "caption", tone="bad", tabular=True))
        self.flow = TokenFlow()
        self.flow.set_groups(groups_of(as_tokens(pairs), words))
        self.setLayout(column(head, self.flow, spacing=8))
