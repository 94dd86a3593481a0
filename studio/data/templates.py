"""The encoder: conversations and texts as tokens, by a model's own tokenizer and chat template, without torch.

Gives the same token ids as transformers' apply_chat_template, and knows which of them the model should learn.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from tokenizers import Tokenizer

from studio.api import Example, Message
from studio.core.paths import resources
from studio.core.problem import StudioError
from studio.data.chat_template import DEFAULT_TEMPLATE, ChatTemplate, TemplateRefused, write
from studio.data.model_files import chat_template_of, json_of, special_tokens
from studio.data.shipped_templates import PLAIN, Chosen, choose
from studio.data.spans import Span, answers_in, everything_but_results
from studio.data.template_probe import check_template
from studio.data.text_encoder import TextEncoder

Learn = Literal["answers", "last", "all"]
REFUSED, IN_WORDS, LOST = "refused", "tools-in-words", "lost"
"""What an example's `extra` may tell of the template."""


class ModelEncoder(TextEncoder):
    """Turns texts and conversations into tokens for one model. Keeps the `Encoder` protocol of studio.api."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        template: ChatTemplate,
        max_length: int,
        start: int | None = None,
        chosen: Chosen = PLAIN,
    ) -> None:
        super().__init__(tokenizer, template.tokens, max_length, start)
        self.template = template
        self.chosen = chosen

    @property
    def talks(self) -> bool:
        """Whether the model brings a chat template of its own, or was given one."""
        return self.template.source != DEFAULT_TEMPLATE

    @property
    def mark(self) -> str:
        """What tells this way of writing from others, for what is kept of it."""
        whole = [self.template.source, sorted(self.template.tokens.items())]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:16]

    @property
    def ends_answers(self) -> bool:
        """Whether each answer ends with a token by which the model can learn to stop."""
        return bool(self._closing())

    # ------------------------------------------------------------------------------------------- for training

    def conversation(self, messages: Sequence[Message], learn: Learn) -> Example:
        """A conversation through the chat template; the chosen turns are taught, end token included; what tools gave
        back never is.

        A conversation that the template refuses in every form comes as an empty Example with the reason in
        `extra["refused"]`: it teaches nothing, and is shown as such. `extra` also tells where tools stand in plain
        words because the template does not know them, and where something that was said is missing.
        """
        try:
            text, turns, told, lost = write(self.template, messages)
        except TemplateRefused as error:
            return Example((), (), extra={REFUSED: str(error)})
        spans = answers_in(self.template, turns, text)
        if learn == "last":
            spans = spans[-1:]
        elif learn == "all":
            spans = everything_but_results(messages, text, spans)
        notes = {name: True for name, holds in ((IN_WORDS, told), (LOST, lost)) if holds}
        return replace(self._example(text, spans), extra=notes)

    # ----------------------------------------------------------------------------------------- for generating

    def generation_prompt(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The tokens up to where the model begins to answer. Raises StudioError when the template refuses."""
        try:
            text = write(self.template, messages, generation=True).text
        except TemplateRefused as error:
            raise StudioError(
                "template-refuses",
                f"The model's chat template refuses this conversation: “{str(error)[:60]}”.",
                data="Nothing was changed.",
                remedy="Begin a new conversation with a question.",
            ) from error
        return tuple(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def end_ids(self) -> frozenset[int]:
        """Tokens with which the model ends an answer: its end token, and what its template writes after an answer."""
        end = self.special_id("eos_token")
        return self._closing() if end is None else self._closing() | {end}

    # -------------------------------------------------------------------------------------------------- inside

    def _closing(self) -> frozenset[int]:
        """The token that the template writes at the end of an answer, if it is one of its own."""
        talk = (Message("user", "Hello"), Message("assistant", "Hello"))
        example = self.conversation(talk, "answers")
        learn = (*example.learn, *example.cut_learn)
        taught = [id for id, learnt in zip((*example.ids, *example.cut), learn, strict=True) if learnt]
        special = {id for id, token in self.tokenizer.get_added_tokens_decoder().items() if token.special}
        return frozenset(taught[-1:]) & (special | {self.special_id("eos_token")})

    def _example(self, text: str, spans: Sequence[Span]) -> Example:
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        offsets = encoding.offsets
        learn = _taught(offsets, spans)
        keep = self.max_length
        return Example(
            ids=tuple(encoding.ids[:keep]),
            learn=tuple(learn[:keep]),
            text=text,
            spans=tuple(offsets[:keep]),
            cut=tuple(encoding.ids[keep:]),
            cut_learn=tuple(learn[keep:]),
            cut_spans=tuple(offsets[keep:]),
        )


def _taught(offsets: Sequence[Span], spans: Sequence[Span]) -> list[bool]:
    """Whether each token holds a character of a taught span."""
    taught = [False] * len(offsets)
    place = 0
    for begin, end in spans:
        while place < len(offsets) and offsets[place][1] <= begin:
            place += 1
        while place < len(offsets) and offsets[place][0] < end:
            taught[place] = True
            place += 1
    return taught


def load_encoder(
    folder: Path | str, max_length: int, moment: datetime | None = None, template: str = ""
) -> ModelEncoder:
    """The encoder of a model folder: tokenizer.json, tokenizer_config.json, chat_template.jinja. `template` is a chosen
    one: the id of one that ships, or a text; empty for the model's own.

    A strange template is first tried in a child with limits. Raises StudioError when the tokenizer is missing or
    broken, or the template can't be used. `moment` is the time a template sees that writes the date.
    """
    folder = Path(folder)
    tokenizer = _tokenizer(folder)
    tokens = special_tokens(folder)
    chosen = choose(template, chat_template_of(folder), lambda sign: tokenizer.token_to_id(sign) is not None)
    if not (chosen.ships or (chosen.kind == "model" and _ships_with_the_studio(folder))):
        check_template(chosen.source, tokens, folder.name, own=chosen.kind == "own")
    start = json_of(folder / "config.json").get("decoder_start_token_id")
    return ModelEncoder(
        tokenizer,
        ChatTemplate(chosen.source, tokens, moment),
        max_length,
        start if isinstance(start, int) else None,
        chosen,
    )


def _tokenizer(folder: Path) -> Tokenizer:
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise StudioError(
            "tokenizer-missing",
            f"The model folder {folder.name[:60]} lacks its tokenizer.",
            data="The folder and your data are unchanged.",
            remedy="Get the file tokenizer.json from where the model came and put it into the folder.",
        )
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:
        raise StudioError(
            "tokenizer-broken",
            f"The tokenizer of {folder.name[:60]} can't be read; its file may be damaged.",
            data="The folder and your data are unchanged.",
            remedy="Get the file tokenizer.json again from where the model came.",
        ) from error


def _ships_with_the_studio(folder: Path) -> bool:
    return os.path.realpath(folder).startswith(os.path.realpath(resources()) + os.sep)
