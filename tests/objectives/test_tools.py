"""Tools through chat templates, held against transformers' own way of writing and cutting them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from studio.data.chat_template import write
from studio.data.templates import load_encoder
from studio.data.turns import offered
from tests.data.calls import PICKY, THINKING, talk
from tests.data.making import OWN_TEMPLATE, byte_level_tokenizer

TEMPLATES = {"own": OWN_TEMPLATE, "thinking": THINKING, "picky": PICKY}


@pytest.mark.parametrize("template", ["chatml", "llama-3", "mistral", "gemma", "alpaca", "plain", *TEMPLATES])
@pytest.mark.parametrize("end", [3, None], ids=["asked", "whole"])
def test_the_tokens_are_those_of_transformers(template: str, end: int | None, tmp_path: Path) -> None:
    folder = byte_level_tokenizer(tmp_path / "model", template=TEMPLATES.get(template, ""))
    speaker = load_encoder(folder, 4000, template="" if template in TEMPLATES else template)
    tools, turns = offered(write(speaker.template, talk()[:end]).messages)
    theirs: Any = AutoTokenizer.from_pretrained(folder)
    messages = [{"role": turn.role, "content": turn.content, **turn.extra} for turn in turns]
    how = {"tools": tools, "chat_template": speaker.template.source}
    asked = theirs.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False, **how)
    whole = theirs.apply_chat_template(messages, tokenize=True, return_dict=False, **how)
    assert speaker.generation_prompt(talk()[:end]) == tuple(asked)
    assert speaker.conversation(talk()[:end], "answers").ids == tuple(whole)
