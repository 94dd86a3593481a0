"""Templates that ship, and those that a person writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.api import Message, StudioError
from studio.data import template_probe
from studio.data.chat_template import DEFAULT_TEMPLATE
from studio.data.model_files import chat_template_of
from studio.data.shipped_templates import shipped
from studio.data.templates import load_encoder
from tests.data.making import OWN_TEMPLATE, byte_level_tokenizer, sentencepiece_tokenizer
from tests.data.test_templates import TALK, taught

IDS = [template.id for template in shipped()]


@pytest.mark.parametrize("family", ["bytes", "sentencepiece"])
@pytest.mark.parametrize("id", IDS)
def test_each_writes_all_that_is_said_and_teaches_the_answers_with_an_end(id: str, family: str, tmp_path: Path) -> None:
    make = byte_level_tokenizer if family == "bytes" else sentencepiece_tokenizer
    speaker = load_encoder(make(tmp_path / "model"), 4000, template=id)
    example = speaker.conversation(TALK, "answers")
    assert not example.extra
    assert all(message.content in example.text for message in TALK)
    end = speaker.template.tokens["eos_token"]
    runs = [run.strip() for run in taught(example)]
    assert [run.startswith(said) for run, said in zip(runs, ("On the main street.", "No"), strict=True)] == [True] * 2
    assert all(run.endswith(end) for run in runs)
    assert speaker.ends_answers
    assert speaker.end_ids() == {speaker.special_id("eos_token")}
    prompt = speaker.generation_prompt(TALK[:2])
    assert example.ids[: len(prompt)] == prompt


def test_a_sign_that_is_a_token_of_the_model_ends_its_answers_alone(tmp_path: Path) -> None:
    folder = byte_level_tokenizer(tmp_path / "model")
    text = (folder / "tokenizer.json").read_text("utf-8")
    for old, new in (("<|user|>", "<|im_start|>"), ("<|pad|>", "<|im_end|>")):
        text = text.replace(old, new)
    (folder / "tokenizer.json").write_text(text, "utf-8")
    speaker = load_encoder(folder, 400, template="chatml")
    assert speaker.chosen.missing == ()
    assert taught(speaker.conversation(TALK[1:3], "answers")) == ["On the main street.<|im_end|>"]
    assert speaker.end_ids() == {speaker.special_id("eos_token"), speaker.tokenizer.token_to_id("<|im_end|>")}


def test_signs_that_the_model_has_no_tokens_for_are_named(tmp_path: Path) -> None:
    speaker = load_encoder(byte_level_tokenizer(tmp_path / "model"), 400, template="llama-3")
    assert speaker.chosen.missing == ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")


@pytest.mark.parametrize("id", IDS)
def test_the_text_of_one_is_known_again(id: str, tmp_path: Path) -> None:
    folder = byte_level_tokenizer(tmp_path / "model")
    first = load_encoder(folder, 400, template=id)
    again = load_encoder(folder, 400, template=first.template.source)
    assert (again.chosen.kind, again.chosen.id) == (first.chosen.kind, first.chosen.id)
    assert again.conversation(TALK, "answers") == first.conversation(TALK, "answers")


def test_the_model_s_own_is_used_unless_another_is_chosen(tmp_path: Path) -> None:
    folder = byte_level_tokenizer(tmp_path / "model")
    assert load_encoder(folder, 400).template.source == OWN_TEMPLATE == chat_template_of(folder)
    assert load_encoder(folder, 400, template="plain").template.source == DEFAULT_TEMPLATE
    bare = byte_level_tokenizer(tmp_path / "bare", template="")
    assert load_encoder(bare, 400).chosen.kind == "plain"
    assert not load_encoder(bare, 400).talks
    assert load_encoder(bare, 400, template="chatml").talks


def test_an_unknown_name_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as error:
        load_encoder(byte_level_tokenizer(tmp_path / "model"), 400, template="chat-ml")
    assert error.value.id == "unknown-template"
    assert "chatml" in error.value.remedy


SAYING = "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token if m.role == 'assistant' }}\n{% endfor %}"
BAD = {
    "broken": ("{% for m in messages %}{{ m.content }\n", "line 1"),
    "without answers": ("{% for m in messages if m.role != 'assistant' %}{{ m.content }}{% endfor %}", "the answer"),
    "last answer only": (
        "{% for m in messages %}{% if m.role != 'assistant' or loop.last %}{{ m.content }}{% endif %}{% endfor %}",
        "an earlier answer",
    ),
    "without questions": ("{% for m in messages if m.role == 'assistant' %}{{ m.content }}{% endfor %}", "a question"),
    "refusing": ("{{ raise_exception('Not today.') }}", "it says “Not today”"),
    "endless": (
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "too much|come to an end",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_one_s_own_is_refused_in_words_where_it_leaves_something_out(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_probe, "SECONDS", 0.5)
    source, words = BAD[kind]
    with pytest.raises(StudioError) as error:
        load_encoder(byte_level_tokenizer(tmp_path / "model"), 400, template=source)
    assert error.value.id == "bad-own-template"
    assert any(said in error.value.happened for said in words.split("|"))
    assert error.value.fix == {"model.template": ""}


def test_one_s_own_is_used_as_it_is_written(tmp_path: Path) -> None:
    speaker = load_encoder(byte_level_tokenizer(tmp_path / "model"), 400, template=SAYING)
    assert speaker.conversation(TALK[1:3], "answers").text == (
        "user: Where is it?\nassistant: On the main street.<|end|>\n"
    )
    assert speaker.ends_answers


def test_answers_that_end_without_a_token_of_the_model_are_noticed(tmp_path: Path) -> None:
    source = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    assert not load_encoder(byte_level_tokenizer(tmp_path / "model"), 400, template=source).ends_answers


def test_a_question_that_a_model_s_own_template_drops_is_written_another_way(tmp_path: Path) -> None:
    deaf = "{% for m in messages if m.role != 'system' %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    speaker = load_encoder(byte_level_tokenizer(tmp_path / "model", template=deaf), 400)
    assert "Be brief." in speaker.conversation([Message("system", "Be brief."), *TALK[1:3]], "answers").text
