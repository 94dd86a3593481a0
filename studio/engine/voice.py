"""What a model says, whatever kind it is: words, a text turned into another, a filled gap, a class, marks, a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from studio.api import Message
from studio.core.model_info import Architecture
from studio.data.excerpts import GAP
from studio.engine.generate import GREEDY, Sampling, Speaker, answer, can_ask, choose, stop_tokens, stream_tokens
from studio.engine.models import WORDS, Wanted
from studio.engine.precision import Precision
from studio.engine.scorers import puts_a_prompt_before

TEXT = "text"
"""The role of a message that is plain text to go on with, or to fill gaps in."""

BEGINNING = 24
SURE = 0.5
LIKELIEST = 3


@dataclass(frozen=True)
class Voice:
    """A model that can be asked, with its speaker and what it gives."""

    model: Any
    speaker: Speaker
    precision: Precision
    architecture: Architecture = "decoder"
    wanted: Wanted = WORDS

    @property
    def writes(self) -> bool:
        """Whether it answers word by word."""
        return self.wanted.head == "language" and self.architecture != "encoder"

    def can_ask(self, messages: Sequence[Message]) -> bool:
        """Whether it can be asked this; some chat templates refuse unusual conversations."""
        if not messages or not messages[-1].content.strip():
            return False
        return can_ask(self.speaker, messages) if self._chats(messages) else True

    def answer(self, messages: Sequence[Message], *, most: int, sampling: Sampling = GREEDY) -> Iterator[str]:
        """What it says, longer each time; the last one is whole. Yields at least once."""
        if self._chats(messages):
            return answer(self.model, self.speaker, messages, most=most, sampling=sampling, precision=self.precision)
        if self.writes:
            return self._written(messages, most, sampling)
        return self._told_at_once(messages[-1].content)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """What it is given to read, as tokens."""
        if self._chats(messages):
            return list(self.speaker.generation_prompt(messages))
        text = messages[-1].content
        if self.architecture == "decoder" and self.wanted.head == "language":
            return list(self.speaker.beginning(text, BEGINNING))
        return list(self.speaker.reading(self._with_gap(text) if self._fills else text).ids)

    def tokens(self, prompt: Sequence[int], *, most: int, sampling: Sampling = GREEDY) -> Iterator[int]:
        """The tokens that it writes after, or from, what it has read. None for a model that does not write."""
        if not self.writes:
            return iter(())
        stops = stop_tokens(self.model, self.speaker)
        if self.architecture == "decoder":
            return stream_tokens(self.model, prompt, stops, most=most, sampling=sampling, precision=self.precision)
        return self._transformed(prompt, stops, most, sampling)

    @torch.no_grad()
    def logits(self, prompt: Sequence[int], tokens: Sequence[int]) -> torch.Tensor:
        """Before each written token and after the last, (tokens + 1, vocabulary); or all that the model gives for what
        it reads. On the processor, in float32."""
        device = self.model.device
        if self.architecture == "decoder" and self.writes:
            ids = torch.tensor([[*prompt, *tokens]], device=device)
            return self.model(input_ids=ids, use_cache=False).logits[0, -len(tokens) - 1 :].float().cpu()
        ids = torch.tensor([list(prompt)], device=device)
        if not self.writes:
            given = self.model(input_ids=ids).logits[0].float().cpu()
            # Before the text's own tokens may stand trained ones.
            return given if given.ndim == 1 else given[-len(prompt) :]
        written = torch.tensor([[self._start, *tokens]], device=device)
        return self.model(input_ids=ids, decoder_input_ids=written, use_cache=False).logits[0].float().cpu()

    # -------------------------------------------------------------------------------------------------- inside

    def _chats(self, messages: Sequence[Message]) -> bool:
        return self.architecture == "decoder" and self.wanted.head == "language" and messages[-1].role != TEXT

    @property
    def _fills(self) -> bool:
        return self.architecture == "encoder" and self.wanted.head == "language"

    @property
    def _start(self) -> int:
        start = getattr(self.model.config, "decoder_start_token_id", None)
        return start if start is not None else self.wanted.padding

    def _written(self, messages: Sequence[Message], most: int, sampling: Sampling) -> Iterator[str]:
        ids: list[int] = []
        text = ""
        for token in self.tokens(self.prompt(messages), most=most, sampling=sampling):
            ids.append(token)
            text = self.speaker.decode(ids)
            yield text.removesuffix("\ufffd")
        yield text

    def _transformed(
        self, prompt: Sequence[int], stops: frozenset[int], most: int, sampling: Sampling
    ) -> Iterator[int]:
        """An encoder-decoder reads once and writes token by token. With a trained prompt before it, it reads anew for
        each token, for peft prepares what is read only together with what is written."""
        chance = torch.Generator(device=self.model.device).manual_seed(sampling.seed)
        ids = torch.tensor([list(prompt)], device=self.model.device)
        written, cache = [self._start], None
        read = None if puts_a_prompt_before(self.model) else self._read(ids)
        for _ in range(most):
            logits, cache = self._next(ids, read, written, cache)
            token = choose(logits, sampling, chance)
            if token in stops:
                return
            yield token
            written.append(token)

    @torch.no_grad()
    def _read(self, ids: torch.Tensor) -> Any:
        with self.precision.answering(), _answering(self.model):
            return self.model.get_encoder()(input_ids=ids)

    @torch.no_grad()
    def _next(self, ids: torch.Tensor, read: Any, written: list[int], cache: Any) -> tuple[torch.Tensor, Any]:
        """Logits of the next token, and the grown cache where the text was read once."""
        with self.precision.answering(), _answering(self.model):
            if read is None:
                target = ids.new_tensor([written])
                out = self.model(input_ids=ids, decoder_input_ids=target, use_cache=False)
                return out.logits[0, -1].float(), None
            target = ids.new_tensor([written[-1:]])
            out = self.model(encoder_outputs=read, decoder_input_ids=target, past_key_values=cache, use_cache=True)
        return out.logits[0, -1].float(), out.past_key_values

    def _told_at_once(self, text: str) -> Iterator[str]:
        """Computed when the first piece is asked for, as written answers are: whoever switches additions off does so
        around that."""
        yield self._told(text)

    def _told(self, text: str) -> str:
        """What a model that does not write says of a text."""
        if self.wanted.head == "tags":
            return self._marked(text)
        ids = self.prompt([Message("user", text)])
        with self.precision.answering(), _answering(self.model):
            logits = self.logits(ids, ())
        if self._fills:
            return self._filled(text, ids, logits)
        if not self.wanted.names:
            return f"{float(logits.flatten()[0]):.3g}"
        return self._named(logits)

    def _named(self, logits: torch.Tensor) -> str:
        """The likeliest classes with how sure it is of them; of several that may hold, those that do."""
        shares = torch.sigmoid(logits) if self.wanted.several else torch.softmax(logits, -1)
        ranked = sorted(zip(shares.tolist(), self.wanted.names, strict=True), reverse=True)[:LIKELIEST]
        if self.wanted.several:
            ranked = [pair for pair in ranked if pair[0] > SURE]
        return ", ".join(f"{name} ({share:.0%})" for share, name in ranked) or "none of the classes"

    def _marked(self, text: str) -> str:
        """The text with its marks in brackets."""
        words = text.split()
        example = self.speaker.pieces(words)
        with self.precision.answering(), _answering(self.model):
            tags = self.logits(list(example.ids), ()).argmax(-1).tolist()
        names: dict[int, str] = {}
        for word, tag in zip(example.words, tags, strict=True):
            if word >= 0:
                names.setdefault(word, self.wanted.names[tag])
        said, open_mark = "", ""
        for number, word in enumerate(words):
            tag = names.get(number, "O")
            kind = "" if tag == "O" else tag[2:] if tag[1:2] == "-" else tag
            if open_mark and (kind != open_mark or tag.startswith("B-")):
                said, open_mark = f"{said}: {open_mark}]", ""
            said += (" " if said else "") + ("[" if kind and not open_mark else "") + word
            open_mark = kind
        return f"{said}: {open_mark}]" if open_mark else said

    def _with_gap(self, text: str) -> str:
        gap = self.speaker.special("mask_token")
        return text.replace(GAP, gap) if gap else text

    def _filled(self, text: str, ids: list[int], logits: torch.Tensor) -> str:
        """The text with the likeliest token in each gap, in brackets."""
        gap = self.speaker.special_id("mask_token")
        guesses = [self.speaker.decode([int(logits[place].argmax())]) for place, id in enumerate(ids) if id == gap]
        for guess in guesses:
            text = text.replace(GAP, f"[{guess.strip()}]", 1)
        return text


@contextmanager
def _answering(model: Any) -> Iterator[None]:
    """The model in evaluation mode for a while."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
