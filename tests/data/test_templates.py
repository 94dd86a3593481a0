"""The encoder: what is taught is exactly the model's own words, whatever the template and the tokenizer."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from studio.api import Example, Message, StudioError
from studio.data import template_probe
from studio.data.chat_template import DEFAULT_TEMPLATE
from studio.data.model_files import chat_template_of
from studio.data.templates import ModelEncoder, load_encoder
from tests.data.making import byte_level_tokenizer, sentencepiece_tokenizer

TALK = [
    Message("system", "Be brief."),
    Message("user", "Where is it?"),
    Message("assistant", "On the main street."),
    Message("user", "Open on Monday?"),
    Message("assistant", "No"),
]
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
STRICT = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('No system turn') }}{% endif %}"
    "{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Turns must alternate') }}{% endif %}"
    "{{ '[' + message.role + ']' + message.content | trim + '[/]\n' }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
NO_PROMPT = "{% for m in messages %}{{ m.role }}> {{ m.content }}{{ eos_token }}\n{% endfor %}"
THINKING = (
    "{% set ns = namespace(last=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}"
    "{% endif %}{% endfor %}{% for m in messages %}<{{ m.role }}>"
    "{% if m.role == 'assistant' and loop.index0 > ns.last %}<think></think>{% endif %}{{ m.content }}</>\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant><think></think>{% endif %}"
)
MARKED = (
    "{% for m in messages %}{% if m.role == 'assistant' %}A: {% generation %}{{ m.content }}{{ eos_token }}"
    "{% endgeneration %}\n{% else %}{{ m.role }}: {{ m.content }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}A: {% endif %}"
)
USING_MUCH = (
    "{%- set names = ['x'] -%}{% for m in messages if m.content %}{% if loop.first and false %}{% break %}{% endif %}"
    "    {% if m.role == 'assistant' %}\n{{ {'say': m.content, 'é': '<&>'} | tojson }}{{ eos_token }}\n    {% endif %}"
    "\n{{ strftime_now('%Y') }}{% endfor %}"
)


def encoder_for(folder: Path, template: str = "", family: str = "bytes", max_length: int = 400) -> ModelEncoder:
    if family == "bytes":
        byte_level_tokenizer(folder, template=template)
    else:
        sentencepiece_tokenizer(folder)
        if template:
            (folder / "chat_template.jinja").write_text(template, "utf-8")
    return load_encoder(folder, max_length, datetime(2026, 1, 2))


def taught(example: Example) -> list[str]:
    """The runs of taught text."""
    runs: list[str] = []
    end = -1
    for (begin, stop), learn in zip(example.spans, example.learn, strict=True):
        if learn and runs and begin <= end:
            runs[-1] += example.text[end:stop]
        elif learn:
            runs.append(example.text[begin:stop])
        end = stop if learn else -1
    return runs


@pytest.mark.parametrize("family", ["bytes", "sentencepiece"])
@pytest.mark.parametrize(
    ("template", "end"),
    [("", None), (CHATML, "<|im_end|>"), (STRICT, "[/]"), (THINKING, "</>"), (MARKED, None)],
    ids=["default", "chatml", "strict", "thinking", "marked"],
)
def test_the_answers_are_taught_with_their_end_and_nothing_else(
    template: str, end: str | None, family: str, tmp_path: Path
) -> None:
    encoder = encoder_for(tmp_path / "model", template, family)
    end = end or encoder.template.tokens["eos_token"]
    runs = [run.strip() for run in taught(encoder.conversation(TALK, "answers"))]
    assert runs == [f"On the main street.{end}", f"No{end}"]
    assert [run.strip() for run in taught(encoder.conversation(TALK, "last"))] == [f"No{end}"]
    assert all(encoder.conversation(TALK, "all").learn)


def test_what_a_template_writes_only_for_a_complete_turn_is_learnt_too(tmp_path: Path) -> None:
    encoder = encoder_for(tmp_path / "model", NO_PROMPT)
    assert taught(encoder.conversation(TALK[1:3], "answers")) == ["assistant> On the main street.<|end|>"]


@pytest.mark.parametrize("family", ["bytes", "sentencepiece"])
def test_what_generating_begins_with_is_what_training_read(family: str, tmp_path: Path) -> None:
    for number, template in enumerate(("", CHATML, STRICT, MARKED)):
        encoder = encoder_for(tmp_path / str(number), template, family)
        example = encoder.conversation(TALK[1:3], "answers")
        prompt = encoder.generation_prompt(TALK[1:2])
        assert example.ids[: len(prompt)] == prompt
        assert not any(example.learn[: len(prompt)])
        assert example.learn[len(prompt)]


def test_the_default_template_needs_no_special_tokens_of_its_own(tmp_path: Path) -> None:
    encoder = encoder_for(tmp_path / "model", family="sentencepiece")
    example = encoder.conversation(TALK, "answers")
    assert example.text == (
        "<s>Be brief.\n\nUser:\nWhere is it?\n\nAssistant:\nOn the main street.</s>\n\n"
        "User:\nOpen on Monday?\n\nAssistant:\nNo</s>\n\n"
    )
    assert example.ids[0] == encoder.special_id("bos_token")
    assert example.ids.count(encoder.special_id("eos_token")) == 2
    assert encoder.end_ids() == {encoder.special_id("eos_token")}


def test_a_turn_that_ends_with_a_token_of_its_own_ends_generating(tmp_path: Path) -> None:
    template = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|pad|>{% endfor %}"
    encoder = encoder_for(tmp_path / "model", template)
    assert encoder.end_ids() == {encoder.special_id("eos_token"), encoder.special_id("pad_token")}


def test_nothing_that_was_said_is_lost_in_a_strict_template(tmp_path: Path) -> None:
    encoder = encoder_for(tmp_path / "model", STRICT)
    odd = [Message("system", "Be brief."), Message("user", "One"), Message("user", "Two"), Message("tool", "Three")]
    example = encoder.conversation([*odd, Message("assistant", "Four"), Message("assistant", "Five")], "answers")
    for words in ("Be brief.", "One", "Two", "Three"):
        assert words in example.text
    assert taught(example) == ["Four\n\nFive[/]"]


def test_a_conversation_that_is_refused_teaches_nothing_and_says_why(tmp_path: Path) -> None:
    template = "{% if messages | length > 2 %}{{ raise_exception('Too long') }}{% endif %}" + CHATML
    byte_level_tokenizer(tmp_path / "model", template=CHATML)
    encoder = load_encoder(tmp_path / "model", 400)
    encoder.template = type(encoder.template)(template, encoder.template.tokens)
    example = encoder.conversation(TALK, "answers")
    assert example.ids == ()
    assert example.extra["refused"] == "Too long"
    with pytest.raises(StudioError) as error:
        encoder.generation_prompt(TALK)
    assert error.value.id == "template-refuses"


def test_what_does_not_fit_is_cut_and_kept_to_show(tmp_path: Path) -> None:
    whole = encoder_for(tmp_path / "model", CHATML).conversation(TALK, "answers")
    short = load_encoder(tmp_path / "model", 40).conversation(TALK, "answers")
    assert len(short.ids) == 40
    assert short.ids + short.cut == whole.ids
    assert short.learn + short.cut_learn == whole.learn
    assert short.spans + short.cut_spans == whole.spans
    assert whole.cut == ()


@pytest.mark.parametrize("family", ["bytes", "sentencepiece"])
def test_plain_text_stands_between_begin_and_end(family: str, tmp_path: Path) -> None:
    encoder = encoder_for(tmp_path / "model", family=family)
    example = encoder.text("The museum — 日本")
    begin = "<s>" if family == "sentencepiece" else ""
    assert example.text == f"{begin}The museum — 日本{encoder.template.tokens['eos_token']}"
    assert all(example.learn)
    assert example.ids[-1] == encoder.special_id("eos_token")
    assert example.learnt == len(example.ids) - 1


def test_a_template_finds_what_it_expects(tmp_path: Path) -> None:
    encoder = encoder_for(tmp_path / "model", USING_MUCH)
    text = encoder.conversation(TALK[1:3], "answers").text
    assert '{"say": "On the main street.", "é": "<&>"}' in text
    assert "2026" in text


def test_the_date_that_a_template_sees_is_fixed(tmp_path: Path) -> None:
    template = "{{ strftime_now('%d %b %Y') }}" + CHATML
    encoder = encoder_for(tmp_path / "model", template)
    assert encoder.conversation(TALK, "answers").text.startswith("02 Jan 2026")


def test_templates_are_found_wherever_models_keep_them(tmp_path: Path) -> None:
    folder = byte_level_tokenizer(tmp_path / "model", template="")
    config = json.loads((folder / "tokenizer_config.json").read_text())
    assert chat_template_of(folder) == ""
    assert load_encoder(folder, 10).template.source == DEFAULT_TEMPLATE
    named = [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, "chat_template": named}))
    assert chat_template_of(folder) == "D"
    (folder / "chat_template.jinja").write_text("J")
    assert chat_template_of(folder) == "J"


def test_a_model_without_a_tokenizer_and_a_broken_one_are_told(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(StudioError) as error:
        load_encoder(tmp_path / "model", 10)
    assert error.value.id == "tokenizer-missing"
    (tmp_path / "model" / "tokenizer.json").write_text('{"model": 5}')
    with pytest.raises(StudioError) as error:
        load_encoder(tmp_path / "model", 10)
    assert error.value.id == "tokenizer-broken"


HARMFUL = {
    "endless": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "huge": "{{ 'a'.center(10 ** 10) }}",
    "power": "{% set x = 9 ** (9 ** 9) %}",
    "growing": "{% set n = namespace(x='aaaaaaaaaa') %}{% for a in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "reaching": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "underhand": "{{ cycler.__init__.__globals__.os.system('true') }}",
    "broken": "{% for message in messages %}{{ message.content }",
    "refusing": "{{ raise_exception('Not today') }}",
    "silent": "Hello",
    "lost": "{{ messages[99].content }}",
}


@pytest.mark.parametrize("kind", HARMFUL)
def test_a_harmful_template_is_refused_before_it_is_used(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_probe, "SECONDS", 0.5)
    byte_level_tokenizer(tmp_path / "model", template=HARMFUL[kind] + ("" if kind == "silent" else CHATML))
    with pytest.raises(StudioError) as error:
        load_encoder(tmp_path / "model", 100)
    assert error.value.id == "bad-chat-template"
    assert error.value.remedy


def test_the_same_row_is_always_encoded_alike(tmp_path: Path) -> None:
    encoder = encoder_for(tmp_path / "model", CHATML)
    again = load_encoder(tmp_path / "model", 400, datetime(2026, 1, 2))
    assert encoder.conversation(TALK, "answers") == again.conversation(TALK, "answers")
