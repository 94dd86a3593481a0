"""Whether a tokenizer belongs to the model whose folder it lies in, as far as their files say. Needs no torch.

What the files can't say (a vocabulary of the right size in another order) is found by asking the model: see
`engine/belonging.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.core.model_info import ModelInfo
from studio.core.problem import Problem
from studio.data.model_files import Listed, json_of, listed, special_tokens

FULL = 0.9
"""A model whose tokenizer fills less than this share of its vocabulary probably had another one. Tables are often made
a little larger than needed, so that their size suits the hardware."""
_NAMES = {"eos": "end", "bos": "begin", "pad": "filling"}
_SIGN = re.compile(r"\s*[<\[(|{].*[>\])|}]\s*", re.DOTALL)
_REMEDY = "Put the tokenizer that came with this model into its folder, or choose another model."


def misfits(model: ModelInfo, *, hides: bool = False) -> tuple[Problem, ...]:
    """What speaks against model and tokenizer belonging together; `hides` tells that a token for gaps is needed."""
    folder = Path(model.path)
    tokens = special_tokens(folder)
    wanted = {name: _ids_of(folder, f"{name}_token_id") for name in _NAMES}
    ids = tuple(sorted({id for each in wanted.values() for id in each}))
    found = listed(folder, tuple(sorted(set(tokens.values()))), ids)
    if found is None or not found.words:
        return ()
    return (
        *_sizes(model, found, tokens),
        *_ends(model, found, tokens, wanted["eos"]),
        *(problem for name in ("bos", "pad") for problem in _unknown(name, wanted[name], found)),
        *(_no_gap(model) if hides and found.ids.get(tokens.get("mask_token", "")) is None else ()),
    )


def _ids_of(folder: Path, name: str) -> tuple[int, ...]:
    """The numbers that the model's own settings give a special token; some have several ends."""
    found: list[Any] = []
    for file in ("config.json", "generation_config.json"):
        whole = json_of(folder / file)
        inner = whole.get("text_config")
        for part in (whole, inner if isinstance(inner, dict) else {}):
            value = part.get(name)
            found += value if isinstance(value, list) else [value]
    return tuple(sorted({id for id in found if isinstance(id, int) and not isinstance(id, bool) and id >= 0}))


def _sizes(model: ModelInfo, found: Listed, tokens: dict[str, str]) -> Iterator[Problem]:
    """The vocabulary of the tokenizer beside that of the model. Added tokens beyond the model's count only where the
    tokenizer itself uses them."""
    used = {found.ids[text] + 1 for text in tokens.values() if text in found.ids}
    needed = max(found.words, *used) if used else found.words
    if not model.vocabulary:
        return
    if needed > model.vocabulary:
        yield Problem(
            id="tokenizer-too-large",
            step="model",
            sentence=f"{model.name} and its tokenizer don't belong together: the tokenizer knows {needed:,} tokens, "
            f"the model {model.vocabulary:,}.",
            remedy=_REMEDY,
        )
    elif found.total < FULL * model.vocabulary:
        yield Problem(
            id="tokenizer-too-small",
            step="model",
            severity="warns",
            sentence=f"{model.name} and its tokenizer may not belong together: the tokenizer knows {found.total:,} "
            f"tokens, the model {model.vocabulary:,}.",
            remedy=_REMEDY,
        )


def _ends(model: ModelInfo, found: Listed, tokens: dict[str, str], wanted: tuple[int, ...]) -> Iterator[Problem]:
    """The end token by tokenizer and by model."""
    if unknown := tuple(_unknown("eos", wanted, found)):
        yield from unknown
        return
    text = tokens.get("eos_token", "")
    own = found.ids.get(text)
    if own is None and model.architecture != "encoder":
        yield Problem(
            id="end-token-missing",
            step="model",
            severity="warns",
            sentence=f"The tokenizer knows no end token{f' “{text[:30]}”' if text else ''}, so the model would hardly "
            "learn where an answer ends.",
            remedy="Get tokenizer.json and tokenizer_config.json again from where the model came.",
        )
    elif own is not None and wanted and own not in wanted:
        number = wanted[0]
        yield Problem(
            id="end-token-differs",
            step="model",
            severity="warns",
            sentence=f"The model ends with token {number:,} (“{found.texts[number][:30]}”), its tokenizer with {own:,} "
            f"(“{text[:30]}”).",
            remedy="Check that both come from the same model.",
        )


def _unknown(name: str, wanted: tuple[int, ...], found: Listed) -> Iterator[Problem]:
    """A special token of the model's settings that the tokenizer does not have, or has as an ordinary word."""
    for id in wanted:
        text = found.texts.get(id)
        if text is None:
            says = f"has no token {id:,}" if id >= found.total else f"leaves token {id:,} out"
        elif name == "eos" and id not in found.added and not _SIGN.fullmatch(text):
            says = f"has the word “{text[:30]}” there"
        else:
            continue
        yield Problem(
            id=f"{_NAMES[name]}-token-unknown",
            step="model",
            severity="warns",
            sentence=f"The model's {_NAMES[name]} token is number {id:,}, but its tokenizer {says}: they may not "
            "belong together.",
            remedy=_REMEDY,
        )


def _no_gap(model: ModelInfo) -> Iterator[Problem]:
    yield Problem(
        id="mask-token-missing",
        step="model",
        sentence=f"The tokenizer of {model.name} has no token for a hidden word, so there is nothing to guess.",
        remedy="Get tokenizer_config.json again from where the model came, or choose another model.",
    )
