"""The shipped starter models are small, complete, honest about themselves, and load without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

RESOURCES = Path(__file__).parents[2] / "resources"
STARTERS = RESOURCES / "starters"
PARTS = ("decoder", "encoder", "encoder-decoder")
CONVERSATION = [
    {"role": "system", "content": "Answer in one sentence."},
    {"role": "user", "content": "How do I bake bread?"},
]


def measures(part: str) -> dict:
    return json.loads((STARTERS / part / "measures.json").read_text("utf-8"))


def test_the_three_folders_together_take_at_most_12_megabytes():
    assert sum(path.stat().st_size for path in STARTERS.rglob("*") if path.is_file()) <= 12_000_000


@pytest.mark.parametrize("part", PARTS)
def test_a_starter_has_weights_vocabulary_configuration_and_card(part):
    names = {path.name for path in (STARTERS / part).iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"}
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl", ".py"))]


@pytest.mark.parametrize("part", PARTS)
def test_the_card_states_what_was_measured(part):
    card = (STARTERS / part / "README.md").read_text("utf-8")
    noted = measures(part)
    assert "Apache-2.0" in card
    assert f"{noted['parameters']:,}" in card
    assert f"{noted['held_out']['perplexity']:.2f}" in card


def test_all_three_were_trained_in_an_hour_on_two_cores():
    assert sum(measures(part)["training"]["processor_seconds"] for part in PARTS) <= 2 * 60 * 60


def test_34_of_40_answers_to_unseen_questions_were_read_and_found_good():
    read = {
        (entry["question"], entry["answer"]): entry["ok"]
        for entry in json.loads((RESOURCES / "make" / "judgements.json").read_text("utf-8"))
    }
    marks = [read[entry["question"], entry["text"]] for entry in measures("decoder")["answers"]]
    assert len(marks) == 40
    assert marks.count(True) >= 34


@pytest.mark.engine
@pytest.mark.parametrize(
    ("part", "kind", "parameters"),
    [
        ("decoder", "AutoModelForCausalLM", 3_000_000),
        ("encoder", "AutoModelForMaskedLM", 1_200_000),
        ("encoder-decoder", "AutoModelForSeq2SeqLM", 1_200_000),
    ],
)
def test_a_starter_loads_as_transformers_expects(part, kind, parameters):
    import torch
    import transformers

    model = getattr(transformers, kind).from_pretrained(STARTERS / part, local_files_only=True, dtype="auto")
    vocabulary = transformers.AutoTokenizer.from_pretrained(STARTERS / part, local_files_only=True)
    assert model.dtype == torch.bfloat16
    assert abs(model.num_parameters() - parameters) < 0.05 * parameters
    assert model.config.vocab_size == len(vocabulary)
    assert vocabulary.pad_token_id is not None
    assert model.config.pad_token_id == vocabulary.pad_token_id
    text = "A loaf is ready when it sounds hollow."
    assert vocabulary.decode(vocabulary(text)["input_ids"], skip_special_tokens=True).strip().lower() == text.lower()


@pytest.mark.engine
def test_the_chat_template_opens_the_assistants_turn_only_when_asked():
    from transformers import AutoTokenizer

    vocabulary = AutoTokenizer.from_pretrained(STARTERS / "decoder", local_files_only=True)
    plain = vocabulary.apply_chat_template(CONVERSATION, tokenize=False)
    asked = vocabulary.apply_chat_template(CONVERSATION, tokenize=False, add_generation_prompt=True)
    assert plain == ("<|begin|><|system|>Answer in one sentence.<|end|><|user|>How do I bake bread?<|end|>")
    assert asked == plain + "<|assistant|>"
    for token in ("<|begin|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"):
        assert len(vocabulary(token, add_special_tokens=False)["input_ids"]) == 1


@pytest.mark.engine
def test_the_decoder_answers_as_its_card_says():
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    from resources.make.answers import answer, unseen_questions

    model = LlamaForCausalLM.from_pretrained(STARTERS / "decoder", local_files_only=True, dtype=torch.float32)
    vocabulary = AutoTokenizer.from_pretrained(STARTERS / "decoder", local_files_only=True)
    noted = measures("decoder")["answers"]
    assert [entry["question"] for entry in noted] == [question for _, question in unseen_questions()]
    same = [answer(model, vocabulary, entry["question"]) == entry["text"] for entry in noted[:6]]
    # Another processor may round otherwise and turn a word in an answer; most must come out the same.
    assert same.count(True) >= 4
