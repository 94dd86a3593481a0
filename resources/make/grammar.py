"""English forms that the composition needs: verbs, articles and capitals.

A verb phrase is written in its base form ("bake bread"). Its first word is a verb, and so is every word
marked with a star ("lie down and *close {your} eyes").
"""

from __future__ import annotations

import re

_PAST = {
    "beat": "beat",
    "begin": "began",
    "bend": "bent",
    "bite": "bit",
    "blow": "blew",
    "board": "boarded",
    "breathe": "breathed",
    "bring": "brought",
    "build": "built",
    "burn": "burnt",
    "buy": "bought",
    "cast": "cast",
    "catch": "caught",
    "choose": "chose",
    "come": "came",
    "cut": "cut",
    "dig": "dug",
    "draw": "drew",
    "drink": "drank",
    "fall": "fell",
    "feed": "fed",
    "feel": "felt",
    "find": "found",
    "get": "got",
    "give": "gave",
    "go": "went",
    "grow": "grew",
    "hang": "hung",
    "hold": "held",
    "keep": "kept",
    "knit": "knitted",
    "lay": "laid",
    "leave": "left",
    "let": "let",
    "lie": "lay",
    "light": "lit",
    "make": "made",
    "put": "put",
    "read": "read",
    "ride": "rode",
    "run": "ran",
    "say": "said",
    "send": "sent",
    "set": "set",
    "sew": "sewed",
    "shake": "shook",
    "shoot": "shot",
    "show": "showed",
    "sing": "sang",
    "sit": "sat",
    "slide": "slid",
    "sow": "sowed",
    "spend": "spent",
    "spread": "spread",
    "stand": "stood",
    "sweep": "swept",
    "take": "took",
    "tell": "told",
    "think": "thought",
    "throw": "threw",
    "weave": "wove",
    "wind": "wound",
    "write": "wrote",
}
_DOUBLING = {"chop", "drop", "fit", "flip", "grip", "hum", "plan", "rub", "scan", "sip", "step", "stir"}
_DOUBLING |= {"travel", "shop", "log", "dim", "repot", "dip", "pat", "begin", "swim"}
_DOUBLING |= {"tap", "trim", "wrap", "cut", "dig", "get", "let", "put", "run", "set", "sit", "knit"}
_VERB = re.compile(r"^(\w+)|\*(\w+)")
_PLURAL = re.compile(r"^(?!a |an |the ).*[^s]s$")
_ARTICLE = re.compile(r"^(a|an|some|the) ")
_SENTENCE_START = re.compile(r"(^|[.?!:]\n|[.?!]\s|\n|“|^- |\n- |\n?\d\. )([a-z])", re.MULTILINE)


def past(verb: str) -> str:
    """Simple past of one verb: knead → kneaded, take → took."""
    if verb in _PAST:
        return _PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


def gerund(verb: str) -> str:
    """The form in -ing: bake → baking, cut → cutting, lie → lying."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def _doubled(verb: str) -> str:
    return verb + verb[-1] if verb in _DOUBLING else verb


def bare(phrase: str) -> str:
    """The phrase as an instruction: stars removed."""
    return phrase.replace("*", "")


def in_past(phrase: str) -> str:
    """The phrase with each marked verb in the simple past."""
    return _VERB.sub(lambda found: past(found[1] or found[2]), phrase)


def in_gerund(phrase: str) -> str:
    """The phrase with each marked verb in -ing."""
    return _VERB.sub(lambda found: gerund(found[1] or found[2]), phrase)


def owned_by(phrase: str, owner: str, person: str) -> str:
    """The phrase with {your} and {you} said of someone: owned_by("wash {your} hands", "her", "her")."""
    return phrase.replace("{your}", owner).replace("{you}", person)


def definite(thing: str) -> str:
    """ "a large bowl" → "the large bowl"."""
    return "the " + _ARTICLE.sub("", thing)


def verb_to_be(thing: str) -> str:
    """ "are" after a plural such as "whiskers", else "is"."""
    return "are" if _PLURAL.match(thing) else "is"


def capitalised(text: str) -> str:
    """The text with a capital at the start of each sentence, list item and quotation."""
    return _SENTENCE_START.sub(lambda found: found[1] + found[2].upper(), text)
