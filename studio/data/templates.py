"""The encoder: conversations and texts as tokens, by a model's own tokenizer and chat template, without torch.

Gives the same token ids as transformers' apply_chat_template, and knows which of them the model should learn.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tokenizers import Tokenizer

from studio.api import Example, Message
from studio.core.paths import resources
from studio.core.problem import StudioError
from studio.data.chat_template import DEFAULT_TEMPLATE, ChatTemplate, TemplateRefused, plainer
from studio.data.template_probe import check_template
from studio.data.text_encoder import TextEncoder

Span = tuple[int, int]
Learn = Literal["answers", "last", "all"]
REFUSED = "refused"


class ModelEncoder(TextEncoder):
    """Turns texts and conversations into tokens for one model. Keeps the `Encoder` protocol of studio.api."""

    def __init__(self, tokenizer: Tokenizer, template: ChatTemplate, max_length: int, start: int | None = None) -> None:
        super().__init__(tokenizer, template.tokens, max_length, start)
        self.template = template

    @property
    def talks(self) -> bool:
        """Whether the model brings a chat template of its own."""
        return self.template.source != DEFAULT_TEMPLATE

    # ------------------------------------------------------------------------------------------- for training

    def conversation(self, messages: Sequence[Message], learn: Learn) -> Example:
        """A conversation through the chat template; the chosen turns are taught, end token included.

        A conversation that the template refuses in every form comes as an empty Example with the reason in
        `extra["refused"]`: it teaches nothing, and is shown as such.
        """
        try:
            text, spans = self._written(messages)
        except TemplateRefused as error:
            return Example((), (), extra={REFUSED: str(error)})
        if learn == "last":
            spans = spans[-1:]
        elif learn == "all":
            spans = [(0, len(text))]
        return self._example(text, spans)

    # ----------------------------------------------------------------------------------------- for generating

    def generation_prompt(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The tokens up to where the model begins to answer. Raises StudioError when the template refuses."""
        try:
            text = self._render(messages, generation=True)
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
        found = {self.special_id("eos_token")}
        talk = (Message("user", "Hello"), Message("assistant", "Hello"))
        example = self.conversation(talk, "answers")
        taught = [id for id, learnt in zip(example.ids, example.learn, strict=True) if learnt]
        special = {id for id, token in self.tokenizer.get_added_tokens_decoder().items() if token.special}
        if taught and taught[-1] in special:
            found.add(taught[-1])
        return frozenset(id for id in found if id is not None)

    # -------------------------------------------------------------------------------------------------- inside

    def _render(self, messages: Sequence[Message], *, generation: bool = False) -> str:
        try:
            return self.template.render(messages, generation=generation)
        except TemplateRefused:
            simple = plainer(messages)
            if simple == list(messages):
                raise
            return self.template.render(simple, generation=generation)

    def _written(self, messages: Sequence[Message]) -> tuple[str, list[Span]]:
        """The rendered conversation and where in it the model speaks."""
        if not messages:
            raise TemplateRefused("the conversation is empty")
        try:
            text = self.template.render(messages)
        except TemplateRefused:
            messages = plainer(messages)
            text = self.template.render(messages)
        spans: list[Span] = []
        for place, message in enumerate(messages):
            if message.role == "assistant":
                span = self._span(messages, place, text, spans[-1][1] if spans else 0)
                if span:
                    spans.append(span)
        return text, spans

    def _span(self, messages: Sequence[Message], place: int, text: str, after: int) -> Span | None:
        """Where one answer stands in the rendered text, its end token included, white space after it left out.

        It begins where generating would begin: what a template writes there only for a turn that is complete must be
        learnt too. Where a template writes the beginning differently (because it treats the last turn in a special
        way), the answer's words are looked for instead.
        """
        content = messages[place].content.strip()
        begin = self._prefix(messages[:place], text, generation=True)
        if begin is None:
            bare = self._prefix(messages[:place], text, generation=False) or after
            begin = text.find(content, max(bare, after))
        if begin < after:
            return None
        last = place == len(messages) - 1
        end = len(text) if last else self._prefix(messages[: place + 1], text, generation=False)
        if end is None:
            end = self._end_after(messages[: place + 1], text, text.find(content, begin) + len(content))
        while end > begin and text[end - 1].isspace():
            end -= 1
        return (begin, end) if end > begin else None

    def _prefix(self, messages: Sequence[Message], text: str, *, generation: bool) -> int | None:
        """How long the beginning of `text` is that these messages make; None when they make another."""
        try:
            start = self.template.render(messages, generation=generation) if messages or generation else ""
        except TemplateRefused:
            return None
        return len(start) if text.startswith(start) else None

    def _end_after(self, messages: Sequence[Message], text: str, end: int) -> int:
        """The end of an answer whose words end at `end`: with what the template writes after the last of these
        messages, if it stands there."""
        content = messages[-1].content.strip()
        try:
            alone = self.template.render(messages)
        except TemplateRefused:
            return end
        tail = alone[alone.rfind(content) + len(content) :] if content in alone else ""
        return end + len(tail) if text.startswith(tail, end) else end

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


def load_encoder(folder: Path | str, max_length: int, moment: datetime | None = None) -> ModelEncoder:
    """The encoder of a model folder: tokenizer.json, tokenizer_config.json, chat_template.jinja.

    A strange template is first tried in a child with limits. Raises StudioError when the tokenizer is missing or
    broken, or the template can't be used. `moment` is the time a template sees that writes the date.
    """
    folder = Path(folder)
    tokenizer = _tokenizer(folder)
    config = _json(folder / "tokenizer_config.json")
    tokens = _special_tokens(folder, config)
    source = chat_template_of(folder)
    if not _ships_with_the_studio(folder):
        check_template(source, tokens, folder.name)
    start = _json(folder / "config.json").get("decoder_start_token_id")
    template = ChatTemplate(source, tokens, moment)
    return ModelEncoder(tokenizer, template, max_length, start if isinstance(start, int) else None)


def chat_template_of(folder: Path) -> str:
    """The chat template a model is used with: its own, or the studio's where it has none."""
    if (beside := folder / "chat_template.jinja").is_file():
        return beside.read_text("utf-8")
    config = _json(folder / "tokenizer_config.json")
    chosen = config.get("chat_template") or _json(folder / "chat_template.json").get("chat_template")
    if isinstance(chosen, list):
        named = {each.get("name"): each.get("template") for each in chosen if isinstance(each, dict)}
        chosen = named.get("default") or next(iter(named.values()), None)
    return chosen if isinstance(chosen, str) and chosen else DEFAULT_TEMPLATE


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


def _json(path: Path) -> dict[str, Any]:
    """A JSON file's object; empty when it is missing or no object."""
    try:
        whole = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return whole if isinstance(whole, dict) else {}


def _special_tokens(folder: Path, config: dict[str, Any]) -> dict[str, str]:
    """Special tokens by name, as templates use them (`bos_token`, `eos_token`, …)."""
    tokens: dict[str, str] = {}
    for source in (_json(folder / "special_tokens_map.json"), config):
        for name, value in source.items():
            text = value.get("content") if isinstance(value, dict) else value
            if name.endswith("_token") and isinstance(text, str):
                tokens[name] = text
    return tokens


def _ships_with_the_studio(folder: Path) -> bool:
    return os.path.realpath(folder).startswith(os.path.realpath(resources()) + os.sep)
