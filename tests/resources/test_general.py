"""The general text is what its script writes, byte for byte, and holds texts and talks."""

from __future__ import annotations

import json
from pathlib import Path

from resources.make.general import COUNT, write_general

SHIPPED = Path(__file__).parents[2] / "resources" / "general" / "texts.jsonl"


def test_the_script_writes_what_is_shipped(tmp_path: Path) -> None:
    write_general(tmp_path)
    assert (tmp_path / "texts.jsonl").read_bytes() == SHIPPED.read_bytes()


def test_it_holds_texts_and_talks_none_of_them_twice() -> None:
    entries = [json.loads(line) for line in SHIPPED.read_text("utf-8").splitlines()]
    assert len(entries) == COUNT
    assert len({json.dumps(entry) for entry in entries}) > 0.95 * COUNT
    talks = [entry["messages"] for entry in entries if "messages" in entry]
    assert 0.25 * COUNT < len(talks) < 0.6 * COUNT
    assert all(talk[-1]["role"] == "assistant" and talk[-1]["content"] for talk in talks)
    assert all(entry["text"].strip() for entry in entries if "text" in entry)
