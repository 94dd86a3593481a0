"""Beginnings of texts, as a model is asked to go on from them or to fill a gap in them."""

from __future__ import annotations

GAP = "___"
"""How a person writes a gap."""


def with_gap(text: str, words: int = 20) -> str:
    """The beginning of a text with its longest word taken out, to see whether a model guesses it."""
    found = text.split()[:words]
    if not found:
        return text
    longest = max(range(len(found)), key=lambda place: len(found[place].strip(".,;:!?")))
    plain = found[longest].strip(".,;:!?")
    found[longest] = found[longest].replace(plain, GAP) if plain else GAP
    return " ".join(found)


def beginning(text: str, words: int = 12) -> str:
    """The first words of a text, as what is to be gone on with is shown."""
    found = text.split()
    return " ".join(found[:words]) + (" …" if len(found) > words else "")
