"""Which chat template conversations are written in: the model's own, one that ships with the studio, or a person's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from studio.core.paths import resources
from studio.core.problem import StudioError
from studio.data.chat_template import DEFAULT_TEMPLATE

Kind = Literal["model", "plain", "shipped", "own"]
_STOP = re.compile(r"\{%- set stop = '([^']+)' -%\}")
_CODE = re.compile(r"\{[{%]")


class Shipped(NamedTuple):
    """A template that ships: its id, its name, a sentence about it, its text, and the signs by which it tells turns
    apart, which should be tokens of the model."""

    id: str
    title: str
    summary: str
    source: str
    signs: tuple[str, ...] = ()


class Chosen(NamedTuple):
    """The template that is used: where it is from, its id if it ships, its text, and which of its signs the model's
    tokenizer does not know as single tokens. `plain` is the studio's own, for models that have none."""

    kind: Kind
    id: str
    source: str
    missing: tuple[str, ...] = ()

    @property
    def ships(self) -> bool:
        """Whether it comes with the studio and needs no trial."""
        return self.kind in ("plain", "shipped")


PLAIN = Chosen("plain", "plain", DEFAULT_TEMPLATE)


@lru_cache(maxsize=1)
def shipped() -> tuple[Shipped, ...]:
    """Every template that ships, in the order in which they are offered."""
    folder = resources() / "templates"
    listed = tomllib.loads((folder / "templates.toml").read_text("utf-8"))["template"]
    found = [Shipped("plain", "Plain words", _PLAIN_SUMMARY, DEFAULT_TEMPLATE)]
    for entry in listed:
        source = (folder / f"{entry['id']}.jinja").read_text("utf-8")
        found.append(Shipped(entry["id"], entry["title"], entry["summary"], source, tuple(entry.get("signs", ()))))
    return tuple(found)


_PLAIN_SUMMARY = "“User:” and “Assistant:” on lines of their own. Suits every model that has no signs for turns."


def is_text(choice: str) -> bool:
    """Whether a choice is a template's text and not the id of one that ships."""
    return bool(_CODE.search(choice)) or "\n" in choice


def named(choice: str) -> Shipped:
    """The shipped template of this id. Raises StudioError where there is none."""
    for each in shipped():
        if each.id == choice:
            return each
    raise StudioError(
        "unknown-template",
        f"There is no chat template called “{choice[:60]}”.",
        data="Nothing was changed.",
        remedy=f"Choose one of: {', '.join(each.id for each in shipped())}; or write one of your own.",
    )


def choose(choice: str, own: str, is_token: Callable[[str], bool]) -> Chosen:
    """The template to use. `own` is what the model brings, `is_token` tells whether the model's tokenizer knows a sign
    as one token. Raises StudioError for an id that no template has."""
    if choice in ("", own):
        return _known(own) if own else PLAIN
    if is_text(choice):
        return _known(choice, "own")
    template = named(choice)
    if template.id == "plain":
        return PLAIN
    missing = tuple(sign for sign in template.signs if not is_token(sign))
    return Chosen("shipped", template.id, _stopping(template.source, missing), missing)


def _known(source: str, kind: Kind = "model") -> Chosen:
    """A template from elsewhere; one that is word for word the studio's own is that."""
    if source == DEFAULT_TEMPLATE:
        return PLAIN
    for each in shipped():
        if source in (each.source, _stopping(each.source, each.signs)):
            return Chosen("shipped", each.id, source)
    return Chosen(kind, "", source)


def _stopping(source: str, missing: tuple[str, ...]) -> str:
    """The template so that answers end with a token by which the model can stop: where the sign that should do so is
    none of its tokens, its end token follows."""
    stop = _STOP.search(source)
    if stop is None or stop[1] not in missing:
        return source
    return source.replace(stop[0], f"{{%- set stop = '{stop[1]}' ~ (eos_token or '') -%}}")
