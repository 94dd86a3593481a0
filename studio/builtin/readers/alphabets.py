"""The letters beyond a to z of languages in Latin script, by which their old encodings are told apart.

The wrong encoding of a neighbour gives letters that no single language has together, or signs in the middle of words.
"""

from __future__ import annotations

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
_WITHIN_WORDS = frozenset("’‘´·–—-\xad")


def share_of(text: str, letters: frozenset[str]) -> float:
    """The share of signs beyond ASCII that are letters of a language; usual punctuation outside words plays no part.

    0 where there are so many that the text can't be in Latin script.
    """
    good = bad = plain = 0
    for place, sign in enumerate(text):
        if sign < "\x80":
            plain += sign.isalpha()
        elif sign.isalpha():
            fits = all(part in letters for part in sign.lower())
            good, bad = good + fits, bad + (not fits)
        elif sign not in _SIGNS or (sign not in _WITHIN_WORDS and _within_word(text, place)):
            bad += 1
    if good + bad > _MOST * (plain + good + bad) + 4:
        return 0.0
    return good / (good + bad) if good + bad else 1.0


def _within_word(text: str, place: int) -> bool:
    return text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha()
