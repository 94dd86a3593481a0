"""What lies in a model's folder beside its weights: special tokens, the chat template, and the tokenizer's own list."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson


def json_of(path: Path) -> dict[str, Any]:
    """A JSON file's object; empty when it is missing or no object."""
    try:
        whole = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return whole if isinstance(whole, dict) else {}


def special_tokens(folder: Path) -> dict[str, str]:
    """Special tokens by name, as templates use them (`bos_token`, `eos_token`, …)."""
    tokens: dict[str, str] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        for key, value in json_of(folder / name).items():
            text = value.get("content") if isinstance(value, dict) else value
            if key.endswith("_token") and isinstance(text, str):
                tokens[key] = text
    return tokens


def chat_template_of(folder: Path) -> str:
    """The chat template that a model brings; empty where it has none."""
    if (beside := folder / "chat_template.jinja").is_file():
        return beside.read_text("utf-8")
    given = json_of(folder / "tokenizer_config.json").get("chat_template")
    chosen = given or json_of(folder / "chat_template.json").get("chat_template")
    if isinstance(chosen, list):
        named = {each.get("name"): each.get("template") for each in chosen if isinstance(each, dict)}
        chosen = named.get("default") or next(iter(named.values()), None)
    return chosen if isinstance(chosen, str) else ""


class Listed(NamedTuple):
    """What a tokenizer's file says of some of its tokens. `words` counts the vocabulary without what was added to it;
    `added` are the others by their number; `ids` finds the asked texts, `texts` the asked numbers."""

    words: int
    added: dict[int, str]
    ids: dict[str, int]
    texts: dict[int, str]

    @property
    def total(self) -> int:
        """One more than the highest number of any token."""
        return max(self.words, *(id + 1 for id in self.added)) if self.added else self.words


def listed(folder: Path, texts: tuple[str, ...], ids: tuple[int, ...]) -> Listed | None:
    """What tokenizer.json says of these tokens; None where it can't be read. Kept until the file changes."""
    file = folder / "tokenizer.json"
    try:
        stat = file.stat()
    except OSError:
        return None
    return _listed(file, (stat.st_mtime_ns, stat.st_size), texts, ids)


@lru_cache(maxsize=16)
def _listed(file: Path, _state: tuple[int, int], texts: tuple[str, ...], ids: tuple[int, ...]) -> Listed | None:
    whole = json_of(file)
    model = whole.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocabulary, list):
        numbers = {str(each[0]): number for number, each in enumerate(vocabulary) if isinstance(each, list) and each}
    elif isinstance(vocabulary, dict):
        numbers = {str(text): int(number) for text, number in vocabulary.items()}
    else:
        return None
    given = [each for each in whole.get("added_tokens") or () if isinstance(each, dict) and "id" in each]
    added = {int(each["id"]): str(each.get("content", "")) for each in given}
    known = {**numbers, **{text: id for id, text in added.items()}}
    wanted = set(ids)
    named = {number: text for text, number in numbers.items() if number in wanted} if wanted else {}
    return Listed(
        words=max((number for text, number in numbers.items() if number not in added), default=-1) + 1,
        added=added,
        ids={text: known[text] for text in texts if text in known},
        texts={id: added.get(id, named.get(id, "")) for id in ids if id in added or id in named},
    )
