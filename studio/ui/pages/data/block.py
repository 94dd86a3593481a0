"""One example as the model gets it: where it comes from, how much of it teaches, and its tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.pages.data.example import apart, as_marked, as_tokens, groups_of, in_tone
from studio.ui.pages.data.kinds import Kind
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.switches import Chip
from studio.ui.widgets.token_flow import TokenFlow
from studio.ui.widgets.token_layout import Token, TokenGroup
from studio.ui.wording import count, number, shortened, tr

Words = Mapping[str, tuple[str, str]]
"""Each role's title and the column it comes from."""


class ExampleBlock(QWidget):
    """A heading line and the tokens below it. `tones` gives each mark its colour, the same on every example."""

    def __init__(self, place: int, example: Mapping[str, Any], words: Words, kind: Kind, tones: dict[str, str]) -> None:
        super().__init__()
        self._example, self._words, self._kind, self._tones = example, words, kind, tones
        self.flows: list[TokenFlow] = []
        self._body = QVBoxLayout()
        self._body.setSpacing(10)
        tokens = as_tokens(_pairs(example["tokens"]))
        match kind:
            case "class" | "number":
                self._show_whole(tokens)
            case "marks":
                marked = as_marked(_pairs(example["tokens"]), example.get("marks") or [""] * len(tokens), tones)
                self._add([self._group("words", marked, "text-aa")])
            case "becomes":
                target = as_tokens(_pairs(example.get("other", ())))
                self._add([self._group("prompt", tokens, "file-text"), self._group("answer", target, learnt=True)])
            case "pairs" | "judge":
                self._show_pair(tokens, as_tokens(_pairs(example.get("other", ()))))
            case "liked":
                self._show_liked(tokens)
            case _:
                self._add(groups_of(tokens, words))
        self.setLayout(column(self._head(place), self._body, spacing=8))

    @property
    def flow(self) -> TokenFlow:
        """The first text's tokens."""
        return self.flows[0]

    def _head(self, place: int) -> QHBoxLayout:
        example = self._example
        title = tr("Example {n}", n=count(place))
        head = row(Label(title, "heading"), spacing=8)
        parts = int(example.get("parts", 1))
        if parts > 1:
            part = tr("passage {part} of {parts}", part=count(int(example.get("part", 1))), parts=count(parts))
            head.addWidget(Label(part, "caption"))
        head.addWidget(ElidedLabel(str(example["origin"]), "quiet"), 1)
        if not example.get("teaches", True):
            head.addWidget(IconLabel("warning-circle-fill", "warn", 15))
            head.addWidget(Label(tr("teaches nothing"), "caption", tone="warn"))
        for words, tone in self._counts():
            head.addWidget(Label(words, "caption", tone=tone, tabular=True))  # type: ignore[arg-type]
        return head

    def _counts(self) -> list[tuple[str, str]]:
        """How many tokens are learnt, only read, and cut off."""
        example = self._example
        states = [state for key in ("tokens", "other") for _text, state in _pairs(example.get(key, ()))]
        cut, learnt = states.count("cut"), int(example["learnt"])
        whole = self._kind in ("class", "number", "judge")
        read = len(states) - cut - (0 if whole else learnt)
        found = [] if whole else [(tr("{n} learnt", n=count(learnt)), "train")]
        found.append((tr("{n} only read", n=count(max(0, read))), "second"))
        return [*found, (tr("{n} cut off", n=count(cut)), "bad")] if cut else found

    def _group(
        self, role: str, tokens: Sequence[Token], icon: str = "graduation-cap", learnt: bool = False
    ) -> TokenGroup:
        title, note = self._words.get(role, ("", ""))
        return TokenGroup(tuple(tokens), title, note, icon, learnt)

    def _add(self, groups: Sequence[TokenGroup], to: QVBoxLayout | None = None) -> None:
        flow = TokenFlow()
        flow.set_groups(groups)
        self.flows.append(flow)
        (to or self._body).addWidget(flow)

    def _show_whole(self, tokens: Sequence[Token]) -> None:
        """A text that is only read, and what it is taught to be, as chips."""
        self._add([self._group("text", tokens, "file-text")])
        value, labels = self._example.get("value"), self._example.get("labels")
        said = [number(float(value), 6)] if value is not None else list(labels or ())
        title, note = self._words.get("value" if self._kind == "number" else "label", ("", ""))
        line = row(IconLabel("graduation-cap", "accent"), Label(title, "strong"), Label(note, "quiet"), spacing=7)
        for each in said:
            line.addWidget(Chip(shortened(each, 60), tone="train"))
        if not said:
            none = tr("none of the classes") if labels is not None else tr("nothing")
            line.addWidget(Label(none, "caption"))
        line.addStretch(1)
        self._body.addLayout(line)

    def _show_pair(self, better: Sequence[Token], worse: Sequence[Token]) -> None:
        """The question, and below it both answers side by side."""
        shared = apart(better, worse)
        if shared:
            self._add(groups_of(better[:shared], self._words))
        pair = QHBoxLayout()
        pair.setSpacing(24)
        sides = (
            ("chosen", better[shared:], "thumbs-up", "train"),
            ("rejected", worse[shared:], "thumbs-down", "valid"),
        )
        for role, tokens, icon, tone in sides:
            side = column(spacing=0)
            self._add([self._group(role, in_tone(tokens, tone), icon, learnt=role == "chosen")], side)
            side.addStretch(1)
            pair.addLayout(side, 1)
        self._body.addLayout(pair)

    def _show_liked(self, tokens: Sequence[Token]) -> None:
        """A question with one answer, and whether it was liked."""
        value = self._example.get("value")
        liked = value is not None and float(value) > 0
        self._add(groups_of(tokens if liked else in_tone(tokens, "valid"), self._words))
        if value is not None:
            words, icon, tone = (
                (tr("Liked"), "thumbs-up", "train") if liked else (tr("Not liked"), "thumbs-down", "valid")
            )
            line = row(Chip(words, icon, tone=tone), None, spacing=7)
            self._body.addLayout(line)


def _pairs(tokens: Sequence[Sequence[Any]]) -> list[tuple[str, str]]:
    return [(str(text), str(state)) for text, state in tokens]
