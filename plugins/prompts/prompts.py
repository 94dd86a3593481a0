"""Learnt prompts: the model stays as it is, and what stands before each text is trained.

Prompt tuning (Lester et al., 2021), p-tuning (Liu et al., 2021) and prefix tuning (Li and Liang, 2021), through peft.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from studio.api import Method, ModelInfo, Picture, Problem, Settings, StudioError, anatomy, modules, setting

_KEY = re.compile(r"(^|\.)(k|key)(_proj|_lin)?$")
START_SEED = 1


class Length(Settings):
    """How long the prompt is."""

    tokens: int = setting(
        20,
        "Length of the prompt",
        term="virtual tokens",
        help="How many learnt signs stand before each text.",
        too_low="Only small changes can be learnt.",
        too_high="Less room for the text itself, and each step takes longer.",
        minimum=1,
        maximum=512,
        level="basic",
        good=(10, 100),
    )


class Encoded(Length):
    """How long the prompt is and how it is made."""

    width: int = setting(
        128,
        "Size of the helper network",
        term="encoder hidden size",
        help="A small network makes the prompt while it trains; it is not needed afterwards.",
        minimum=8,
        maximum=4096,
    )


class Prompt(Method[Any]):
    """What the three have in common."""

    config: ClassVar[str]
    Settings = Length
    goes_on = True

    def check(self, model: ModelInfo, settings: Any) -> Iterable[Problem]:
        if model.architecture == "encoder" and not model.new_head:
            yield _unfit("A model that fills gaps can't be trained by a prompt here.")
        elif model.architecture == "encoder-decoder" and model.new_head:
            yield _unfit("With a new last step, a model that reads and then writes can't be trained by a prompt.")
        elif settings.tokens > model.context // 2:
            yield Problem(
                id="prompt-too-long",
                step="method",
                sentence=f"This model reads at most {model.context:,} tokens; the prompt would take more than half.",
                remedy=f"Choose a length of at most {model.context // 4}.",
                fix={"method.tokens": max(1, model.context // 4)},
                field="method.tokens",
            )

    def fields(self, model: Any, settings: Any) -> dict[str, Any]:
        """What the method puts into peft's configuration besides the length."""
        return {}

    def attach(self, model: Any, settings: Any) -> Any:
        import peft

        model.requires_grad_(False)
        config = getattr(peft, self.config)(
            num_virtual_tokens=settings.tokens,
            task_type=modules.task_type(model),
            modules_to_save=modules.new_head(model) or None,
            **self.fields(model, settings),
        )
        return peft.get_peft_model(model, config)

    def picture(self, model: ModelInfo, settings: Any) -> Picture:
        return Picture(("frozen",) * model.layers, head=bool(model.new_head), prompt=True)

    def save(self, model: Any, folder: Path) -> None:
        model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)

    def load(self, model: Any, folder: Path) -> Any:
        from peft import PeftModel

        return PeftModel.from_pretrained(
            model,
            str(folder),
            is_trainable=False,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
        ).eval()

    def go_on(self, model: Any, folder: Path, settings: Any) -> Any:
        """Put anew, for peft opens a kept prompt only for use; then filled with what was learnt."""
        from peft import set_peft_model_state_dict
        from safetensors.torch import load_file

        attached = self.attach(model, settings)
        set_peft_model_state_dict(attached, load_file(folder / "adapter_model.safetensors"))
        return attached

    def merge(self, model: Any) -> Any:
        raise StudioError(
            "prompt-can-t-be-merged",
            "A learnt prompt stands before each text and can't be folded into the model.",
            data="The run and its files are unchanged.",
            remedy="Share the prompt beside the model, or train small additions (LoRA), which can be folded in.",
        )


class PromptTuning(Prompt):
    """Learnt signs before the text."""

    id = "prompt-tuning"
    title = "A learnt prompt"
    term = "prompt tuning"
    summary = "The model stays as it is; a few made-up words, placed before every text, are learnt."
    explanation = (
        "Instead of looking for the right words to ask a model with, they are learnt: a row of signs that stand for no "
        "real word and are put before each text. The result is a tiny file. It works best with large models; small "
        "ones learn little this way."
    )
    order = 300
    config = "PromptTuningConfig"

    def fields(self, model: Any, settings: Any) -> dict[str, Any]:
        """Signs that begin with the meaning of chance numbers of the size that words have."""
        return {"prompt_tuning_init": "RANDOM"}

    def attach(self, model: Any, settings: Any) -> Any:
        import torch

        attached = super().attach(model, settings)
        signs = attached.prompt_encoder["default"].embedding.weight
        words = model.get_input_embeddings().weight
        chance = torch.Generator().manual_seed(START_SEED)
        chosen = torch.randint(0, len(words), (len(signs),), generator=chance)
        with torch.no_grad():
            signs.copy_(words[chosen.to(words.device)])
        return attached

    def trainable(self, model: ModelInfo, settings: Any) -> int:
        return _stacks(model) * settings.tokens * model.hidden + model.new_head

    def learning_rate(self, model: ModelInfo) -> float:
        """Lester et al. take 0.3 with Adafactor; with AdamW 1e-2 to 5e-2 is usual, whatever the size."""
        return 2e-2


class PTuning(Prompt):
    """Learnt signs that a small network makes."""

    id = "p-tuning"
    title = "A learnt prompt with a helper"
    term = "p-tuning"
    summary = "Like a learnt prompt, made by a small network that helps it to learn more steadily."
    explanation = (
        "A learnt prompt, whose signs are made by a small network, so that they learn together rather than each alone. "
        "This is steadier, in smaller models too. Once trained, only the signs are kept."
    )
    order = 310
    Settings = Encoded
    config = "PromptEncoderConfig"
    goes_on = False

    def go_on(self, model: Any, folder: Path, settings: Any) -> Any:
        raise StudioError(
            "helper-not-kept",
            "The small network that made this prompt was not kept, so its training can't go on.",
            data="The run and its files are unchanged.",
            remedy="Begin with the model as it came, or train a learnt prompt without a helper.",
        )

    def fields(self, model: Any, settings: Any) -> dict[str, Any]:
        return {"encoder_hidden_size": settings.width, "encoder_reparameterization_type": "MLP"}

    def trainable(self, model: ModelInfo, settings: Any) -> int:
        """The signs, and three products with an offset each."""
        wide, narrow = model.hidden, settings.width
        network = (wide * narrow + narrow) + (narrow * narrow + narrow) + (narrow * wide + wide)
        return _stacks(model) * settings.tokens * wide + network + model.new_head

    def learning_rate(self, model: ModelInfo) -> float:
        """Liu et al. search from 1e-5 to 1e-3 for whole models; the network alone takes larger steps."""
        return 3e-3


class PrefixTuning(Prompt):
    """Learnt keys and values before the text, in each layer."""

    id = "prefix-tuning"
    title = "A prompt in every layer"
    term = "prefix tuning"
    summary = "In every layer the model looks at a few learnt places before the text. Learns more than a prompt alone."
    explanation = (
        "A learnt prompt only stands at the entrance of the model. Here each layer gets learnt places of its own to "
        "look at, as if something had been read before. It learns more than a prompt at the entrance and the model "
        "still stays as it is."
    )
    order = 320
    config = "PrefixTuningConfig"

    def check(self, model: ModelInfo, settings: Any) -> Iterable[Problem]:
        if model.architecture == "encoder":
            yield _unfit("Models of this kind do not look back at what was read before, so they have no such places.")
        else:
            yield from super().check(model, settings)

    def fields(self, model: Any, settings: Any) -> dict[str, Any]:
        """Places that hold nothing at first."""
        return {"init_weights": "zero"}

    def trainable(self, model: ModelInfo, settings: Any) -> int:
        """A key and a value for each place in each layer that writes."""
        lines = anatomy.linears_of(model)
        width = next((line.outputs for line in lines if _KEY.search(line.name)), model.hidden)
        return settings.tokens * anatomy.stacks_of(model)[0].layers * 2 * width + model.new_head

    def learning_rate(self, model: ModelInfo) -> float:
        """Li and Liang take 5e-5 through a network; without one, as here, 1e-3 to 1e-2 is usual."""
        return 5e-3


def _stacks(model: ModelInfo) -> int:
    """A model that reads and writes text gets signs for both."""
    return 2 if model.architecture == "encoder-decoder" else 1


def _unfit(sentence: str) -> Problem:
    return Problem(
        id="prompt-does-not-fit",
        step="method",
        sentence=sentence,
        remedy="Small additions (LoRA) work with every model.",
        fix={"method.id": "lora"},
    )


PLUGINS = (PromptTuning, PTuning, PrefixTuning)
