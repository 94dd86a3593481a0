"""The letters beyond a to z of languages in Latin script, by which their old encodings are told apart.

The wrong encoding of a neighbour gives letters that no single language has together, or signs in the middle of words.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

ENCODINGS = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "iso8859_15", "cp850", "cp852", "mac_roman")
"""In the order in which they are met; the first of those that fit equally well is taken."""

LANGUAGES = tuple(
    frozenset(letters)
    for letters in (
        "äöüß",  # German
        "àâæçéèêëîïôœùûüÿ",  # French
        "áéíóúüñºª",  # Spanish
        "áâãàçéêíóôõúüºª",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "åäöæøéèü",  # Swedish, Danish, Norwegian, Finnish
        "áéëïóöüèê",  # Dutch
        "áðéíóúýþæö",  # Icelandic
        "àçèéíïòóúü·",  # Catalan
        "ąćęłńóśźż",  # Polish
        "áäčďéěíĺľňóôŕřšťúůýž",  # Czech, Slovak
        "áéíóöőúüű",  # Hungarian
        "čćđšž",  # Croatian, Slovene
        "ăâîșțşţ",  # Romanian
        "çğıiöşüâîû\u0307",  # Turkish (a capital İ has two signs in lower case)
        "ąčęėįšųūž",  # Lithuanian
        "āčēģīķļņšūž",  # Latvian
        "äõöüšž",  # Estonian
    )
)
WESTERN = frozenset().union(*LANGUAGES[:9])
_SIGNS = frozenset("’‘“”„‚‹›«»–—…•·°§€£¢©®™¿¡×÷½¼¾²³´`¨±µ\xa0†‰")
_MOST = 0.35
_BEYOND = re.compile(r"[^\x00-\x7f]")
_PLAIN = re.compile(r"[A-Za-z]")
_WITHIN_WORDS = frozenset("’‘´·–—-\xad")


class Signs(NamedTuple):
    """What a text holds: how often each letter beyond ASCII, how many odd signs, how many letters from a to z."""

    letters: Counter[str]
    odd: int
    plain: int


def signs_of(text: str) -> Signs:
    """Count a text's signs. Usual punctuation outside words plays no part."""
    letters: Counter[str] = Counter()
    odd = 0
    for found in _BEYOND.finditer(text):
        sign = found.group()
        if sign.isalpha():
            letters[sign.lower()] += 1
        elif sign not in _SIGNS or (sign not in _WITHIN_WORDS and _within_word(text, found.start())):
            odd += 1
    return Signs(letters, odd, len(_PLAIN.findall(text)))


def share_of(signs: Signs, letters: frozenset[str]) -> float:
    """The share of the signs beyond ASCII that are letters of a language. 0 where there are so many of them that the
    text can't be in Latin script."""
    number = signs.letters.total() + signs.odd
    if number > _MOST * (signs.plain + number) + 4:
        return 0.0
    good = sum(count for sign, count in signs.letters.items() if letters.issuperset(sign))
    return good / number if number else 1.0


def _within_word(text: str, place: int) -> bool:
    return text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha()
