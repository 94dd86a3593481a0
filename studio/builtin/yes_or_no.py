"""What a cell that says yes or no says, in several languages, in numbers, and with thumbs."""

from __future__ import annotations

_YES = frozenset(
    (
        *("1", "+", "+1", "t", "y", "true", "yes", "good", "like", "liked", "up", "upvote", "thumbs up", "positive"),
        *("desirable", "chosen", "accepted", "correct", "right", "ja", "wahr", "richtig", "gut", "gefällt", "oui"),
        *("vrai", "bon", "sí", "si", "verdadero", "bueno", "sì", "vero", "buono", "sim", "verdadeiro", "bom", "waar"),
        *("goed", "tak", "prawda", "dobrze", "да", "истина", "хорошо", "так", "ano", "igen", "ναι", "evet", "doğru"),
        *(
            "kyllä",
            "sant",
            "sand",
            "sandt",
            "是",
            "对",
            "對",
            "好",
            "はい",
            "真",
            "예",
            "네",
            "نعم",
            "हाँ",
            "हां",
            "có",
            "đúng",
        ),
        *("👍", "✓", "✔", "✅", "☑", "❤", "😀", "😊", "🙂", "⭕", "adevărat", "da"),
    )
)
_NO = frozenset(
    (
        *("0", "-", "-1", "f", "n", "false", "no", "bad", "dislike", "disliked", "down", "downvote", "thumbs down"),
        *("negative", "undesirable", "rejected", "refused", "incorrect", "wrong", "nein", "falsch", "schlecht"),
        *("non", "faux", "mauvais", "falso", "malo", "cattivo", "não", "nao", "mau", "ruim", "nee", "onwaar", "slecht"),
        *("nie", "fałsz", "źle", "нет", "ложь", "плохо", "ні", "ne", "nem", "όχι", "hayır", "yanlış", "ei", "nei"),
        *(
            "nej",
            "usant",
            "falsk",
            "falskt",
            "否",
            "错",
            "錯",
            "不",
            "不好",
            "いいえ",
            "偽",
            "아니요",
            "아니오",
            "لا",
            "नहीं",
        ),
        *("không", "sai", "👎", "✗", "✘", "❌", "✖", "☹", "😞", "🙁", "fals", "nu"),
    )
)
_SHADES = {0x1F3FB + shade: None for shade in range(5)} | {0xFE0F: None, 0xFE0E: None}
"""What only changes the colour or the look of a sign before it."""


def yes_or_no(cell: str) -> bool | None:
    """True for a yes, False for a no, None for anything else."""
    plain = cell.translate(_SHADES).strip().strip(".!\"'").casefold()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    try:
        number = float(plain)
    except ValueError:
        return None
    return {1.0: True, 0.0: False, -1.0: False}.get(number)
