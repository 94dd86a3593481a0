"""Training beside transformers.Trainer, on the same batches: `python -m tests.benchmarks.against_trainer`.

Runs 20 steps of instruction tuning, classification, token labelling, translation of texts into others, and masked
language modelling, by the studio (packed rows where it packs, its own losses) and by transformers.Trainer (padded
rows that are tokenized and labelled here, the models' own losses), and prints the largest relative difference of the
two loss curves as JSON; exits with 1 where one is above 1e-4. Needs nothing but the engine.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.nn.utils.rnn import pad_sequence

from studio.core.config import RunConfig
from studio.engine.examples import NOT_TAUGHT
from tests.benchmarks.beside import BATCH, STEADY, STEPS, THEIRS, Peer, apart, listening, ours, peer_of, tell
from tests.objectives.learning import Case as Learnt
from tests.objectives.learning import config_of, write_rows
from tests.tiny import build_model, config_for, write_prepared

Item = dict[str, list[int] | int]
LEARNING_RATE = 1e-3
PADDING = {"labels": NOT_TAUGHT, "attention_mask": 0}


class Case(NamedTuple):
    """What is compared: an objective on a starter ("" for a tiny model of the test's own), and the method."""

    objective: str
    starter: str
    method: str = "full"

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.objective, self.starter, self.method)))


CASES = (
    Case("instruct", ""),
    Case("instruct", "", "lora"),
    Case("transform", "encoder-decoder"),
    Case("sort", "encoder"),
    Case("mark", "encoder"),
    Case("hidden-words", "encoder"),
)


def main() -> None:
    """Compare all cases and print what was found."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        tell({case.name: compared(case, Path(folder) / case.name) for case in CASES})


def compared(case: Case, project: Path) -> dict[str, Any]:
    """Both curves of a case, and how far they are apart."""
    # Trainer takes a table of relative positions for a bias, and so does not pull it to zero.
    decay = 0.0 if case.starter == "encoder-decoder" else 0.05
    settings = {**STEADY, "learning_rate": LEARNING_RATE, "schedule": "linear", "weight_decay": decay}
    config = _made(case, project, settings)
    return apart(ours(project, config, case.name), trainer_losses(case, project, config))


def _made(case: Case, project: Path, settings: dict[str, Any]) -> RunConfig:
    """A project with rows for the case, and the run."""
    if case.starter:
        write_rows(project, case.objective, train=STEPS * BATCH, validation=0)
        return config_of(Learnt(case.objective, case.starter), case.method, **settings, steps=0)
    write_prepared(project / "data" / "prepared.parquet", STEPS * BATCH, 0, 0)
    return config_for(build_model(project / "model", tied=False), case.method, **settings)


def trainer_losses(case: Case, project: Path, config: RunConfig) -> list[float]:
    """The loss of every step by transformers.Trainer, from the same weights."""
    import transformers

    peer = peer_of(project, config, case.name)
    model = peer.parts.model
    tokenizer = transformers.AutoTokenizer.from_pretrained(config.model.path, local_files_only=True)
    # What a step hides follows from chance alone; the other trainer must be told.
    items = (
        _hidden(peer) if case.objective == "hidden-words" else [_item(case, row, tokenizer, model) for row in peer.rows]
    )
    arguments = transformers.TrainingArguments(
        output_dir=str(project / "trainer"),
        learning_rate=LEARNING_RATE,
        lr_scheduler_type="linear",
        weight_decay=config.train.weight_decay,
        remove_unused_columns=False,
        **THEIRS,
    )
    kind, heard = listening(transformers.Trainer)
    run = kind(model=model, args=arguments, train_dataset=items, data_collator=_padded(tokenizer.pad_token_id))
    run.remove_callback(transformers.PrinterCallback)
    run.train()
    return heard


def _item(case: Case, row: dict[str, str], tokenizer: Any, model: Any) -> Item:
    """A row as its usual example for Trainer: tokens, and what is taught."""
    match case.objective:
        case "instruct":
            asked = [{"role": "user", "content": row["prompt"]}]
            said = [*asked, {"role": "assistant", "content": row["answer"]}]
            question = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
            whole = tokenizer.apply_chat_template(said, return_dict=False)
            return {"input_ids": whole, "labels": [NOT_TAUGHT] * len(question) + whole[len(question) :]}
        case "transform":
            return {"input_ids": tokenizer(row["prompt"]).input_ids, "labels": tokenizer(row["answer"]).input_ids}
        case "sort":
            return {"input_ids": tokenizer(row["text"]).input_ids, "labels": model.config.label2id[row["label"]]}
    words = tokenizer(json.loads(row["words"]), is_split_into_words=True)
    tags, places = json.loads(row["tags"]), words.word_ids()
    first = [place is not None and place not in places[:number] for number, place in enumerate(places)]
    labels = [
        model.config.label2id[tags[place]] if begins else NOT_TAUGHT
        for place, begins in zip(places, first, strict=True)
    ]
    return {"input_ids": words.input_ids, "labels": labels}


def _hidden(peer: Peer) -> list[Item]:
    """The texts of every step with the words hidden that the studio hides in it."""
    drawn = peer.parts.drawn(peer.order, 0)
    assert drawn.hidden is not None
    items: list[Item] = []
    for place in range(len(drawn)):
        part = drawn.part(place)
        taught = zip(drawn.hidden[part].tolist(), drawn.learn[part].tolist(), strict=True)
        items.append(
            {"input_ids": drawn.ids[part].tolist(), "labels": [id if learnt else NOT_TAUGHT for id, learnt in taught]}
        )
    return items


def _padded(padding: int) -> Callable[[list[Item]], dict[str, torch.Tensor]]:
    """Lays items out side by side, the shorter ones filled up."""

    def collate(items: list[Item]) -> dict[str, torch.Tensor]:
        found = {}
        for name in ("input_ids", "attention_mask", "labels"):
            values = [item.get(name, [1] * len(item["input_ids"])) for item in items]  # type: ignore[arg-type]
            tensors = [torch.tensor(value) for value in values]
            filler = PADDING.get(name, padding)
            found[name] = pad_sequence(tensors, True, filler) if tensors[0].ndim else torch.stack(tensors)
        return found

    return collate


if __name__ == "__main__":
    main()
