"""A model's facts in plain words: what it is, how large, how much it reads at once, and what its licence allows."""

from __future__ import annotations

from studio.core.model_info import Architecture, ModelInfo
from studio.ui.wording import count, parameters, size, tr

_KINDS: dict[Architecture, str] = {
    "decoder": "Writes text: goes on from what it was given.",
    "encoder": "Reads text: sorts it and marks words in it.",
    "encoder-decoder": "Rewrites text: translates and summarises.",
}
_NAMES = {
    "apache-2.0": "Apache 2.0",
    "mit": "MIT",
    "cc-by-4.0": "CC BY 4.0",
    "cc-by-sa-4.0": "CC BY-SA 4.0",
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "cc0-1.0": "CC0",
}
_FREE = ("apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "unlicense", "isc")
_NAMED = ("cc-by-4.0", "cc-by-3.0", "cc-by-sa-4.0", "cc-by-sa-3.0")
_NOT_COMMERCIAL = ("cc-by-nc", "non-commercial", "noncommercial", "research")


def what_it_is(info: ModelInfo) -> str:
    """What the model does, in a sentence."""
    return info.summary or tr(_KINDS[info.architecture])


def facts_in_words(info: ModelInfo) -> str:
    """Weights, size on disk, how much it reads at once."""
    parts = [
        tr("{n} weights", n=parameters(info.parameters)),
        tr("{size} on the disk", size=size(info.bytes)),
        tr("reads {n} tokens at once", n=count(info.context)),
    ]
    return " · ".join(parts)


def licence_sentence(licence: str) -> str:
    """Whether the model may be used at work, as far as its card says."""
    known = licence.strip().lower()
    licence = _NAMES.get(known, licence)
    if not known:
        return tr("No licence is stated: ask its makers before you use it at work.")
    if known in _FREE:
        return tr("{licence}: may be used at work too.", licence=licence)
    if known in _NAMED:
        return tr("{licence}: may be used at work too; name its makers.", licence=licence)
    if any(word in known for word in _NOT_COMMERCIAL):
        return tr("{licence}: not for commercial use.", licence=licence)
    return tr("{licence}: read it before you use it at work.", licence=licence)
