"""JSON values as rows of text."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

NO_NAME = "(no name)"
_NOT_A_NUMBER = re.compile(r"\b(NaN|Infinity)\b")
_EXACT = 2**53


class NotARecord(ValueError):
    """A value that can't be a row; the message says why, in words for the person."""


def parsed(text: str | bytes) -> Any:
    """One JSON value. NaN and Infinity, which many programs write for a missing number, are read as missing when they
    stand inside a record. Raises ValueError (orjson.JSONDecodeError) for anything that is not JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        whole = text if isinstance(text, str) else text.decode("utf-8")
        if not whole.lstrip().startswith("{") or not _NOT_A_NUMBER.search(whole):
            raise
    value = json.loads(whole, parse_constant=lambda name: None)
    orjson.dumps(value)
    return value


def as_row(value: Any, source: str | bytes = "") -> dict[str, str]:
    """A JSON value as a row: an object by its keys, a list by position, a value alone as `text`, a bare conversation
    as `messages`. Raises NotARecord.

    `source` is the value as written; it is read again where a large number would lose digits.
    """
    if type(value) is dict:
        row = {key or NO_NAME: item if type(item) is str else as_text(item) for key, item in value.items()}
        if source and any(type(item) is float and abs(item) >= _EXACT for item in value.values()):
            exact = json.loads(source, parse_float=str, parse_int=str, parse_constant=lambda name: None)
            row = {key or NO_NAME: as_text(item) for key, item in exact.items()}
        if not row:
            raise NotARecord("This record is empty.")
        return row
    if type(value) is list and value:
        if not any(isinstance(item, dict | list) for item in value):
            return {f"column {place}": as_text(item) for place, item in enumerate(value, start=1)}
        if all(isinstance(item, dict) and item.keys() & {"role", "from"} for item in value):
            return {"messages": as_text(value)}
    if isinstance(value, str | int | float):
        return {"text": as_text(value)}
    raise NotARecord(f"This is {'a list' if value else 'empty'}, not a record with named values.")


def as_text(value: Any) -> str:
    """One value as a cell: text as it is, missing as empty, anything nested as JSON."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if type(value) is int or type(value) is float:
        return repr(value)
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def place_in(error: orjson.JSONDecodeError) -> str:
    """What is wrong with a piece of JSON, as far as the parser says, in plain words."""
    message = error.msg.lower()
    if "surrogate" in message:
        return "It holds half of a character (a lone surrogate)."
    if "control character" in message:
        return "A text holds a raw line break or control character."
    if "end of" in message or "unexpected end" in message:
        return "It ends too early; a bracket or quotation mark may be missing."
    if "recursion" in message or "depth" in message:
        return "It is nested too deeply."
    return f"It is not JSON at character {error.pos + 1:,}."
