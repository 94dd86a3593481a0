"""Plain texts as tokens, by a model's own tokenizer, without torch: to learn, to read, or to turn into others.

Decoders' texts begin and end with the tokens that the model's tokenizer names; encoders' and encoder-decoders' with
those that it puts around every text by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tokenizers import Encoding, Tokenizer

from studio.api import Example

Span = tuple[int, int]
NO_WORD = -1
PLACES = tuple(map(re.compile, (r"\n\s*\n", r"\n", r"[.!?…][\"'”’)]*\s", r"\s")))


class TextEncoder:
    """Texts as tokens for one model. `tokens` names its special tokens; `start` is what an encoder-decoder's target
    begins with."""

    def __init__(self, tokenizer: Tokenizer, tokens: Mapping[str, str], max_length: int, start: int | None) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self._tokens = tokens
        self._start = start
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._put_around()

    @property
    def vocabulary(self) -> int:
        """How many tokens the tokenizer knows, added ones included."""
        return self.tokenizer.get_vocab_size(with_added_tokens=True)

    def special(self, name: str) -> str | None:
        """A special token (`eos_token`, `bos_token`, `pad_token`, `mask_token`), if the model has it."""
        return self._tokens.get(name)

    def special_id(self, name: str) -> int | None:
        """The id of a special token, if the model has it."""
        token = self.special(name)
        return self.tokenizer.token_to_id(token) if token else None

    def decode(self, ids: Sequence[int]) -> str:
        """Tokens as text, without special tokens."""
        return self.tokenizer.decode(list(ids), skip_special_tokens=True)

    # --------------------------------------------------------------------------------------------------- texts

    def text(self, text: str) -> Example:
        """Plain text between the model's begin and end tokens. All of it is taught, a decoder's end token too."""
        return self._fitting(self._encoding(text), text, learn=True)

    def passages(self, text: str) -> list[Example]:
        """A text of any length as passages that fit the model, none of it lost. All of it is taught.

        A passage is cut where a token ends, at the best place before the limit: a paragraph, a line, a sentence or a
        word's end.
        """
        whole = self._encoding(text)
        offsets, room = whole.offsets, self._room()
        passages, start = [], 0
        while len(offsets) - start > room:
            end = _cut(text, offsets, start, start + room)
            passages.append(self._passage(whole, text, (start, end), goes_on=True))
            start = end
        return [*passages, self._passage(whole, text, (start, len(offsets)))]

    def reading(self, text: str) -> Example:
        """Text that is only read, between the model's begin and end tokens."""
        return self._fitting(self._encoding(text), text, learn=False)

    def beginning(self, text: str, most: int) -> tuple[int, ...]:
        """The first tokens of a text, to go on from."""
        return (*self._before, *self._encoding(text).ids[:most])

    def pieces(self, words: Sequence[str]) -> Example:
        """Words with a space between them, only read; `words` of the example tells whose piece each token is."""
        text = " ".join(words)
        example = self.reading(text)
        ends, place = [], 0
        for word in words:
            ends.append(place + len(word))
            place += len(word) + 1
        owners, number, head = [], 0, len(self._as_text(self._before))
        for place, (begin, end) in enumerate(example.spans):
            while number < len(ends) and end - head > ends[number]:
                number += 1
            inside = len(self._before) <= place < len(example.ids) - len(self._after)
            owners.append(number if inside and end > begin and number < len(ends) else NO_WORD)
        return replace(example, words=tuple(owners))

    def transformed(self, source: str, target: str) -> Example:
        """A source that is read and, as `other`, the target, which begins with the model's start token."""
        wanted = self._fitting(self._encoding(target), target, learn=True, says_end=True)
        start = self._start if self._start is not None else self.special_id("pad_token") or 0
        other = replace(
            wanted,
            ids=(start, *wanted.ids),
            learn=(False, *wanted.learn),
            spans=((0, 0), *wanted.spans),
            words=(NO_WORD, *wanted.words),
        )
        return replace(self.reading(source), other=other)

    # -------------------------------------------------------------------------------------------------- inside

    def _encoding(self, text: str) -> Encoding:
        return self.tokenizer.encode(text, add_special_tokens=False)

    def _put_around(self) -> None:
        """Find the tokens before and after every text: those the tokenizer puts there, or a decoder's end token. Where
        the tokenizer closes texts itself, each passage is closed, and the closing token is no word the model says."""
        bare, whole = (self.tokenizer.encode("a", add_special_tokens=special).ids for special in (False, True))
        place = next((i for i in range(len(whole)) if whole[i : i + len(bare)] == bare), 0)
        self._before, self._after = tuple(whole[:place]), tuple(whole[place + len(bare) :])
        self._closes = bool(self._after)
        end = self.special_id("eos_token")
        if not self._closes and end is not None:
            self._after = (end,)

    def _fitting(self, encoding: Encoding, text: str, *, learn: bool, says_end: bool = False) -> Example:
        """The text's beginning, as much as fits, between the model's tokens. What did not fit is kept as cut."""
        end = min(self._room(), len(encoding.ids))
        return self._passage(encoding, text, (0, end), learn=learn, says_end=says_end)

    def _room(self) -> int:
        return max(1, self.max_length - len(self._before) - len(self._after))

    def _passage(
        self,
        encoding: Encoding,
        text: str,
        part: tuple[int, int],
        *,
        learn: bool = True,
        says_end: bool = False,
        goes_on: bool = False,
    ) -> Example:
        """Tokens `part` of the encoding between the model's own; what follows them is cut, unless the text `goes_on` in
        another passage. The end token is taught where the model itself must say it: a decoder, or a target."""
        start, end = part
        offsets = encoding.offsets
        rest = slice(len(offsets) if goes_on else end, None)
        before, after = self._before, () if goes_on and not self._closes else self._after
        head, tail = self._as_text(before), "" if encoding.ids[rest] else self._as_text(after)
        first = offsets[start][0] if start else 0
        finish = offsets[end - 1][1] if goes_on else len(text)
        spans = [(begin - first + len(head), stop - first + len(head)) for begin, stop in offsets]
        close = (spans[end - 1][1] if end else len(head)) if encoding.ids[rest] else finish - first + len(head)
        words = [NO_WORD if word is None else word for word in encoding.word_ids[start:end]]
        own, says = learn and not self._closes, learn and (says_end or not self._closes)
        return Example(
            ids=(*before, *encoding.ids[start:end], *after),
            learn=(*(own for _ in before), *(learn for _ in words), *(says for _ in after)),
            text=f"{head}{text[first:finish]}{tail}",
            spans=(*((0, len(head)) for _ in before), *spans[start:end], *((close, close + len(tail)) for _ in after)),
            words=(*(NO_WORD for _ in before), *words, *(NO_WORD for _ in after)),
            cut=tuple(encoding.ids[rest]),
            cut_learn=tuple(learn for _ in offsets[rest]),
            cut_spans=tuple(spans[rest]),
        )

    def _as_text(self, ids: Sequence[int]) -> str:
        """Special tokens as they are written."""
        return "".join(self.tokenizer.id_to_token(id) or "" for id in ids)


def _cut(text: str, offsets: Sequence[Span], start: int, most: int) -> int:
    """The best token to cut before, in the last third of the room: at a paragraph, a line, a sentence or a word."""
    earliest = start + max(1, (most - start) * 2 // 3)
    for place in PLACES:
        for end in range(most, earliest, -1):
            if place.search(text[max(0, offsets[end - 1][1] - 2) : offsets[end][0] + 1]):
                return end
    return most
