"""What the methods of the family have in common: peft puts something beside frozen weights."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from studio.api import Method, ModelInfo, Picture, Problem, Settings, StudioError, anatomy, modules

from . import sizes
from .table import Row


class Family(Method[Settings]):
    """A method of peft that puts something beside frozen weights."""

    row: ClassVar[Row]
    goes_on = True

    def check(self, model: ModelInfo, settings: Settings) -> Iterable[Problem]:
        if model.architecture not in self.row.architectures:
            yield _unfit(f"{self.row.term} can't be used with a model of this kind.")
        elif model.model_type in anatomy.TRANSPOSED and not self.row.transposed:
            yield _unfit(f"{self.row.term} does not know how models of GPT-2's kind keep their tables.")
        elif model.new_head and not self.row.heads:
            yield _unfit(f"{self.row.term} can't train the new last step that this goal needs.")
        else:
            yield from _too_large(self.row, model, settings)
            yield from _unfitting_settings(model, settings)
            if not self.trainable(model, settings):
                yield _unfit(f"This model has no parts that {self.row.term} could train.")

    def attach(self, model: Any, settings: Settings) -> Any:
        import peft

        fields: dict[str, Any] = {**self.row.fields(settings), **_targets(self.row, model, settings)}
        if self.row.heads:
            fields["modules_to_save"] = modules.new_head(model) or None
        config = getattr(peft, self.row.config)(task_type=modules.task_type(model), **fields)
        return peft.get_peft_model(model, config)

    def trainable(self, model: ModelInfo, settings: Settings) -> int:
        return self.row.counts(model, settings) + model.new_head

    def learning_rate(self, model: ModelInfo) -> float:
        """The row's own at a billion weights and above, more for smaller models with the root of the size, at most
        five times as much."""
        return min(1e-2, self.row.rate * min(5.0, max(1.0, (1_000_000_000 / max(model.parameters, 1)) ** 0.5)))

    def picture(self, model: ModelInfo, settings: Settings) -> Picture:
        if self.row.targets == "embedding":
            return Picture(("frozen",) * model.layers, embedding=True)
        return Picture(("lora",) * model.layers, head=bool(model.new_head))

    def save(self, model: Any, folder: Path) -> None:
        model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)

    def load(self, model: Any, folder: Path) -> Any:
        return opened(model, folder).eval()

    def go_on(self, model: Any, folder: Path, settings: Settings) -> Any:
        return opened(model, folder, learns=True)

    def merge(self, model: Any) -> Any:
        if not self.row.merges:
            raise StudioError(
                "can-t-be-merged",
                f"What {self.row.term} learnt can't be folded into the model.",
                data="The run and its files are unchanged.",
                remedy="Take the additions away as they are, beside the model.",
            )
        modules.settle_new_head(model)
        return model.merge_and_unload()


def opened(model: Any, folder: Path, *, learns: bool = False) -> Any:
    """A freshly loaded base model with what `save` wrote, to be used or, if it `learns`, to be trained on."""
    from peft import PeftModel

    return PeftModel.from_pretrained(
        model,
        str(folder),
        is_trainable=learns,
        trust_remote_code=False,
        use_safetensors=True,
        local_files_only=True,
    )


def _targets(row: Row, model: Any, settings: Settings) -> dict[str, Any]:
    """Where peft is to put the row's changes."""
    if row.targets == "norms":
        kept = tuple(modules.new_head(model))
        norms = [name for name, part in model.named_modules() if sizes.is_norm(name) and list(part.parameters(False))]
        return {"target_modules": [name for name in norms if not name.startswith(kept)] if kept else norms}
    if row.targets == "embedding":
        embedding = model.get_input_embeddings()
        return {"target_modules": [next(name for name, part in model.named_modules() if part is embedding)]}
    if row.targets == "scales":
        lines = list(modules.linears_in(model))
        closing = [name for name, part in lines if sizes.closes(name, *_shape(part))]
        seen = [name for name, _ in lines if sizes.is_seen(name)]
        return {"target_modules": [*seen, *closing], "feedforward_modules": closing, **_order(model, row)}
    attention = getattr(settings, "target", "all") == "attention"
    return {"target_modules": modules.targets(model, attention=attention), **_order(model, row)}


def _order(model: Any, row: Row) -> dict[str, Any]:
    """Which way round tables are kept, for those that must know."""
    if not row.transposed:
        return {}
    return {"fan_in_fan_out": any(modules.is_transposed(part) for _, part in modules.linears_in(model))}


def _shape(part: Any) -> tuple[int, int]:
    """(inputs, outputs) of a product."""
    rows, columns = part.weight.shape
    return (rows, columns) if modules.is_transposed(part) else (columns, rows)


def _too_large(row: Row, model: ModelInfo, settings: Settings) -> Iterable[Problem]:
    """A size that is larger than the smallest of the model's tables allows."""
    if row.limit is None:
        return
    name, limit = row.limit
    most = min((limit(line) for line in sizes.chosen(model, settings)), default=0)
    if getattr(settings, name) > most:
        yield Problem(
            id="larger-than-tables",
            step="method",
            sentence=f"The tables of this model are too small for {getattr(settings, name):,}.",
            remedy=f"Choose at most {most:,}.",
            fix={f"method.{name}": most},
            field=f"method.{name}",
        )


def _unfitting_settings(model: ModelInfo, settings: Any) -> Iterable[Problem]:
    """What the chosen numbers can't do on this model."""
    if (block := getattr(settings, "block", 0)) and any(width % block for width in sizes.widths(model, settings)):
        fitting = max(size for size in range(1, block + 1) if not any(w % size for w in sizes.widths(model, settings)))
        yield Problem(
            id="block-does-not-divide",
            step="method",
            sentence=f"Blocks of {block} do not fit the widths of this model.",
            remedy=f"Choose {fitting}, which divides them all.",
            fix={"method.block": fitting},
            field="method.block",
        )
    if (text := getattr(settings, "tokens", None)) is not None and not _are_tokens(text, model.vocabulary):
        yield Problem(
            id="tokens-not-understood",
            step="method",
            sentence=f"These are no numbers of this model's {model.vocabulary:,} tokens.",
            remedy="Write numbers and ranges such as 0-31, 4095.",
            field="method.tokens",
        )


def _are_tokens(text: str, vocabulary: int) -> bool:
    try:
        ids = sizes.numbers(text)
    except ValueError:
        return False
    return bool(ids) and ids[0] >= 0 and ids[-1] < vocabulary


def _unfit(sentence: str) -> Problem:
    return Problem(
        id="method-does-not-fit",
        step="method",
        sentence=sentence,
        remedy="Small additions (LoRA) work with every model.",
        fix={"method.id": "lora"},
    )
