"""Makes the three starter models: text, vocabulary, training, measures, and the folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from resources.make import answers, batches, shapes, training, vocabularies
from resources.make.batches import Batch, Gaps
from resources.make.composition import Composer, Document
from resources.make.counts import counts, word_forms
from resources.make.training import Effort, Say, Schedule, Score

SEED = 20
HELD_OUT_DOCUMENTS = 1500
_VOCABULARY_DOCUMENTS = 15_000
_DECODER_ROW, _ENCODER_ROW, _PAIR_ROW, _SHORT_ROW = 512, vocabularies.ENCODER_CONTEXT, 128, 64
# Twice as much is hidden in training as in the usual measure: such small models learn more from each batch.
_HIDDEN_IN_TRAINING, _HIDDEN_IN_MEASURES = 0.3, 0.15
_GAPS_IN_TRAINING, _GAPS_IN_MEASURES = Gaps(share=0.5, span=5), Gaps(share=0.15, span=3)


@dataclass(frozen=True)
class Plan:
    """Steps for each model; `scaled` makes a short try of it.

    The decoder learns in two rounds, each with a rate that rises and falls: first the language from dialogues and
    prose, then more dialogues, with exercises between them. The encoder begins with short rows.
    """

    decoder: tuple[Schedule, Schedule]
    encoder: tuple[Schedule, Schedule]
    encoder_decoder: Schedule

    def scaled(self, share: float) -> Plan:
        """The same plan with this share of the steps."""

        def shorter(schedule: Schedule) -> Schedule:
            return dataclasses.replace(schedule, steps=max(2, round(schedule.steps * share)))

        def both(schedules: tuple[Schedule, Schedule]) -> tuple[Schedule, Schedule]:
            return shorter(schedules[0]), shorter(schedules[1])

        return Plan(both(self.decoder), both(self.encoder), shorter(self.encoder_decoder))


FULL = Plan(
    decoder=(Schedule(steps=1600, rate=3e-3), Schedule(steps=3200, rate=2.5e-3)),
    encoder=(Schedule(steps=2100, rate=1e-3), Schedule(steps=500, rate=7e-4)),
    encoder_decoder=Schedule(steps=1800, rate=6e-3),
)


def text(held_out: bool = False) -> Iterator[Document]:
    """The documents that the models learn from, or those kept away from them."""
    return Composer("held out" if held_out else "training", held_out).documents()


def lessons(exercise_share: float = 0.12) -> Iterator[Document]:
    """The documents of a second round."""
    return Composer("training again").documents(dialogue_share=0.75, exercise_share=exercise_share)


def make_decoder(folder: Path, schedules: tuple[Schedule, Schedule], say: Say) -> None:
    """A Llama that continues text and answers questions."""
    vocabulary = vocabularies.decoder_vocabulary(_sample_of_text())
    torch.manual_seed(SEED)
    model = shapes.decoder(vocabulary)
    effort = training.train(model, _causal(vocabulary, text(), 4), schedules[0], say)
    effort += training.train(model, _causal(vocabulary, lessons(), 4), schedules[1], say)
    finish_decoder(model, vocabulary, folder, effort)


def finish_decoder(model: LlamaForCausalLM, vocabulary: PreTrainedTokenizerFast, folder: Path, effort: Effort) -> None:
    """Saves the trained decoder and measures it as it was saved, rounded to bf16."""
    _save(model, vocabulary, folder)
    model.float()
    kept = list(islice(text(held_out=True), HELD_OUT_DOCUMENTS))
    said = [dataclasses.asdict(entry) for entry in answers.answers(model, vocabulary)]
    _note(
        folder,
        model,
        effort,
        held_out=training.score(model, _causal(vocabulary, iter(kept), 8), shift=True),
        more={"held_out_answers": _score(_answer_score(model, vocabulary, kept)), "answers": said},
    )


def make_encoder(folder: Path, schedules: tuple[Schedule, Schedule], say: Say) -> None:
    """A BERT that guesses hidden words."""
    vocabulary = vocabularies.encoder_vocabulary(_sample_of_text())
    torch.manual_seed(SEED)
    model = shapes.encoder(vocabulary)

    def source(documents: Iterator[Document], seed: int, hidden: float, length: int) -> Iterator[Batch]:
        rows = _rows(vocabulary, documents, length, "[CLS] {} [SEP]")
        return batches.masked(rows, 2048 // length, vocabulary, torch.Generator().manual_seed(seed), hidden)

    effort = training.train(model, source(text(), SEED, _HIDDEN_IN_TRAINING, _SHORT_ROW), schedules[0], say)
    again = source(lessons(exercise_share=0), SEED + 2, _HIDDEN_IN_TRAINING, _ENCODER_ROW)
    effort += training.train(model, again, schedules[1], say)
    _save(model, vocabulary, folder)
    model.float()
    kept = islice(text(held_out=True), HELD_OUT_DOCUMENTS)
    _note(
        folder,
        model,
        effort,
        training.score(model, source(kept, SEED + 1, _HIDDEN_IN_MEASURES, _ENCODER_ROW), shift=False),
        {},
    )


def make_encoder_decoder(folder: Path, schedule: Schedule, say: Say) -> None:
    """A T5 that writes what was cut out of a text."""
    vocabulary = vocabularies.encoder_decoder_vocabulary(_sample_of_text())
    torch.manual_seed(SEED)
    model = shapes.encoder_decoder(vocabulary)

    def source(documents: Iterator[Document], seed: int, gaps: Gaps) -> Iterator[Batch]:
        rows = _rows(vocabulary, documents, _PAIR_ROW, "{}")
        return batches.denoised(rows, 16, vocabulary, torch.Generator().manual_seed(seed), gaps)

    effort = training.train(model, source(text(), SEED, _GAPS_IN_TRAINING), schedule, say)
    _save(model, vocabulary, folder)
    model.float()
    kept = islice(text(held_out=True), HELD_OUT_DOCUMENTS)
    # The marks of the gaps are easy to foresee: only the missing words count.
    marks = [vocabularies.id_of(vocabulary, token) for token in ("</s>", *vocabularies.SENTINELS)]
    measured = training.score(model, source(kept, SEED + 1, _GAPS_IN_MEASURES), shift=False, uncounted=marks)
    _note(folder, model, effort, measured, {})


def _sample_of_text() -> list[str]:
    return [document.text for document in islice(text(), _VOCABULARY_DOCUMENTS)]


def _causal(vocabulary: PreTrainedTokenizerFast, documents: Iterator[Document], size: int) -> Iterator[Batch]:
    written = (batches.written_out(document, vocabulary) for document in documents)
    return batches.causal(batches.packed(batches.tokenized(written, vocabulary), _DECODER_ROW), size)


def _rows(
    vocabulary: PreTrainedTokenizerFast, documents: Iterator[Document], length: int, around: str
) -> Iterator[list[int]]:
    written = (around.format(document.text) for document in documents)
    return batches.packed(batches.tokenized(written, vocabulary), length)


def _answer_score(model: PreTrainedModel, vocabulary: PreTrainedTokenizerFast, documents: list[Document]) -> Score:
    """The score on the tokens of answers alone."""

    def answered() -> Iterator[Batch]:
        turn, end = (vocabularies.id_of(vocabulary, token) for token in ("<|assistant|>", "<|end|>"))
        for document in documents:
            if document.messages:
                ids = vocabulary(batches.written_out(document, vocabulary), add_special_tokens=False)["input_ids"]
                inside, labels = False, []
                for token in ids:
                    labels.append(token if inside else batches.IGNORED)
                    inside = token == turn or (inside and token != end)
                yield {"input_ids": torch.tensor([ids]), "labels": torch.tensor([labels])}

    return training.score(model, answered(), shift=True)


def _save(model: PreTrainedModel, vocabulary: PreTrainedTokenizerFast, folder: Path) -> None:
    """Weights in bf16 safetensors and the vocabulary, with the chat template inside its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    model.bfloat16()
    model.save_pretrained(folder)
    vocabulary.save_pretrained(folder, save_jinja_files=False)
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), ensure_ascii=False, separators=(",", ":")), "utf-8")


def _score(score: Score) -> dict[str, float]:
    return dataclasses.asdict(score) | {"perplexity": score.perplexity}


def _note(folder: Path, model: PreTrainedModel, effort: Effort, held_out: Score, more: dict[str, Any]) -> None:
    """Everything the card states, in `measures.json` beside the model."""
    trained_on = islice(text(), _VOCABULARY_DOCUMENTS)
    measures = {
        "parameters": model.num_parameters(),
        "training": dataclasses.asdict(effort),
        "text": dataclasses.asdict(counts()) | {"word_forms": len(word_forms(trained_on))},
        "held_out": _score(held_out),
        **more,
    }
    (folder / "measures.json").write_text(json.dumps(measures, indent=1, ensure_ascii=False) + "\n", "utf-8")
