"""Marking words in a text: names, doses, places."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from studio.api import (
    Batch,
    Encoder,
    Example,
    Message,
    Objective,
    Prediction,
    Role,
    Row,
    Scorer,
    Settings,
    setting,
)

if TYPE_CHECKING:
    import torch

OUTSIDE = "O"


class MarkSettings(Settings):
    """Which pieces of a word are taught."""

    pieces: Literal["first", "all"] = setting(
        "first",
        "Pieces of a word that are taught",
        term="sub-word alignment",
        help="A word may be cut into pieces. Usually only its first piece carries the mark.",
        choices=(("first", "The first piece"), ("all", "Every piece")),
    )


class Marked(NamedTuple):
    """A row as words with a tag each (O = none, B-x = a mark x begins, I-x = it goes on)."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


class Mark(Objective[MarkSettings]):
    """Token labelling."""

    id = "mark"
    title = "Mark words in text"
    term = "token labelling"
    summary = "It learns to find names, doses, places and the like in a text."
    explanation = (
        "Each example is a text in which words are marked: as columns of words and tags, or as places with their "
        "names. The model learns to say of every word whether it belongs to a mark, and to which."
    )
    order = 50
    Settings = MarkSettings
    architectures = frozenset({"encoder", "decoder", "encoder-decoder"})
    roles = (
        Role("words", "Words or text", required=True),
        Role("tags", "Marks", required=True, learnt=True),
    )
    head = "tags"
    metrics = ("marks",)

    def encode(self, row: Row, encoder: Encoder, settings: MarkSettings) -> Example:
        marked = words_and_tags(row)
        if marked is None or not marked.words:
            return Example((), (), text=row.get("words", ""))
        example = encoder.pieces(marked.words)
        tags, before = [], -1
        for word in example.words:
            taught = word >= 0 and (settings.pieces == "all" or word != before)
            tags.append(_piece_tag(marked.tags[word], word == before) if taught else "")
            before = word
        return replace(example, tags=tuple(tags))

    def names(self, row: Row, settings: MarkSettings) -> Iterable[str]:
        marked = words_and_tags(row)
        tags = set(marked.tags) if marked else set()
        return {OUTSIDE, *tags, *(_piece_tag(tag, True) for tag in tags if settings.pieces == "all")}

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: MarkSettings) -> torch.Tensor:
        return _losses(scorer.outputs(model, batch), batch).sum()

    def predict(self, model: Any, batch: Batch, scorer: Scorer, settings: MarkSettings) -> list[Prediction]:
        outputs = scorer.outputs(model, batch)
        losses = batch.per_text(_losses(outputs, batch).double()).tolist()
        taught = batch.targets != -100
        owners, right = batch.segments[taught].tolist(), batch.targets[taught].tolist()
        expected: list[list[str]] = [[] for _ in losses]
        predicted: list[list[str]] = [[] for _ in losses]
        for owner, tag, guess in zip(owners, right, outputs.argmax(-1).tolist(), strict=True):
            expected[owner].append(batch.names[tag])
            predicted[owner].append(batch.names[guess])
        return [
            Prediction(loss, len(tags), tuple(tags), tuple(guesses))
            for loss, tags, guesses in zip(losses, expected, predicted, strict=True)
        ]

    def prompt(self, row: Row, settings: MarkSettings) -> list[Message]:
        marked = words_and_tags(row)
        return [Message("user", " ".join(marked.words) if marked else row.get("words", ""))]


def _losses(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    import torch.nn.functional as F

    targets = batch.targets[batch.targets != -100]
    return F.cross_entropy(outputs, targets, reduction="none", label_smoothing=batch.smoothing)


def _piece_tag(tag: str, later: bool) -> str:
    """The tag of a piece: what begins with a word goes on with its later pieces."""
    return f"I-{tag[2:]}" if later and tag.startswith("B-") else tag


def words_and_tags(row: Row) -> Marked | None:
    """The words and tags of a row: two lists of one length (JSON, or words with spaces or lines between), or a text
    with the places of its marks (`[{"start", "end", "label"}]`). None where they do not belong together."""
    words, tags = row.get("words", ""), _json(row.get("tags", ""))
    if isinstance(tags, list) and tags and isinstance(tags[0], dict):
        return _from_places(words, tags)
    listed = _json(words)
    text = isinstance(listed, list)
    found = [str(word) for word in listed] if text else words.split()
    marks = [str(tag) for tag in tags] if isinstance(tags, list) else row.get("tags", "").split()
    if not marks and not text:
        return Marked(tuple(found), (OUTSIDE,) * len(found)) if isinstance(tags, list) else None
    return Marked(tuple(found), tuple(marks)) if len(found) == len(marks) else None


def _from_places(text: str, places: Sequence[Mapping[str, Any]]) -> Marked | None:
    """A text with marked places as words with tags; a word belongs to the mark in which it begins."""
    marks = []
    for place in places:
        name = place.get("label") or place.get("tag") or place.get("type") or place.get("entity")
        start, end = place.get("start"), place.get("end")
        if not isinstance(start, int) or not isinstance(end, int) or not name:
            return None
        marks.append((start, end, str(name)))
    words, tags, position, before = [], [], 0, None
    for word in _cut_at(text, {edge for start, end, _ in marks for edge in (start, end)}):
        begin = text.index(word, position)
        position = begin + len(word)
        mark = next((each for each in marks if each[0] <= begin < each[1]), None)
        tags.append(OUTSIDE if mark is None else f"{'I' if mark == before else 'B'}-{mark[2]}")
        words.append(word)
        before = mark
    return Marked(tuple(words), tuple(tags))


def _cut_at(text: str, edges: set[int]) -> list[str]:
    """Words, cut also where a mark begins or ends inside one."""
    words, start = [], 0
    for place, sign in enumerate(f"{text} "):
        if sign.isspace() or place in edges:
            if text[start:place].strip():
                words.append(text[start:place].strip())
            start = place
    return words


def _json(cell: str) -> Any:
    if not cell.lstrip().startswith("["):
        return None
    try:
        return json.loads(cell)
    except ValueError:
        return None
