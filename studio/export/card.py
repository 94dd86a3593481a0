"""The model card: what a stranger needs to know, and nothing of the data's content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from studio.core.config import RunConfig
from studio.core.model_info import ModelInfo


def render_card(
    name: str,
    base: ModelInfo,
    config: RunConfig,
    result: Mapping[str, Any],
    rows: Mapping[str, int],
    tested: Mapping[str, Any] | None,
) -> str:
    """Markdown for README.md. `result` is the training's own, `rows` counts examples by split, `tested` is the
    last evaluation on the test split, None when there was none."""
    parts = [
        _front(base),
        f"# {name}\n",
        f"A fine-tuned version of **{base.name}**, made with Fine-Tuning Studio.\n",
        _base(base),
        _data(rows),
        _training(config, result),
        _measured(config, result, tested),
        _use(config),
        _licence(base),
    ]
    return "\n".join(parts)


def _front(base: ModelInfo) -> str:
    lines = ["---", "library_name: transformers", f"base_model: {_yaml(base.name)}"]
    if base.licence:
        lines.append(f"license: {_yaml(base.licence)}")
    return "\n".join([*lines, "pipeline_tag: text-generation", "---", ""])


def _yaml(text: str) -> str:
    """A text as a quoted YAML value on one line."""
    clean = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{clean}"'


def _base(base: ModelInfo) -> str:
    return "\n".join(
        [
            "## The model it started from\n",
            f"- {base.name} ({base.model_type}, {base.parameters:,} weights)",
            f"- Fingerprint: `{base.fingerprint}`\n",
        ]
    )


def _data(rows: Mapping[str, int]) -> str:
    counts = [f"- {split.capitalize()}: {count:,} examples" for split, count in rows.items()]
    return "\n".join(["## Data\n", *counts, "\nThe examples themselves are not part of this folder.\n"])


def _training(config: RunConfig, result: Mapping[str, Any]) -> str:
    if config.join.parts:
        return _joined(config)
    settings = {**config.method.settings, **config.train.model_dump(exclude={"samples", "begin", "stacked"})}
    lines = [f"| {name} | {value} |" for name, value in settings.items()]
    head = f"Method **{config.method.id}**, objective **{config.objective.id}**, {result['step']:,} steps; kept: step "
    begun = _begun(config)
    return "\n".join(
        ["## Training\n", f"{head}{result['best_step']:,}.\n", *begun, "| setting | value |", "|---|---|", *lines, ""]
    )


def _begun(config: RunConfig) -> list[str]:
    """What the training began with, by name alone: where it lay concerns nobody."""
    begin = re.split(r"[/\\]", config.train.begin)[-1]
    if not begin:
        return []
    return [f"It stands above what {begin} learnt.\n" if config.train.stacked else f"It goes on from {begin}.\n"]


def _joined(config: RunConfig) -> str:
    parts = ", ".join(f"{run} ({share:g})" for run, share in config.join.parts.items())
    return f"## Training\n\nSeveral runs made into one ({config.join.way}), each with its share: {parts}.\n"


def _measured(config: RunConfig, result: Mapping[str, Any], tested: Mapping[str, Any] | None) -> str:
    lines = ["## Measured\n", "| | loss (nats per token) | perplexity |", "|---|---|---|"]
    start = "Validation, when this run began" if config.train.begin else "Validation, before"
    named = [(start, result.get("base_validation")), ("Validation, after", result.get("validation"))]
    if tested:
        base = "Sealed test, base model" if config.train.begin else "Sealed test, before"
        named += [(base, tested["before"]), ("Sealed test, after", tested["after"])]
    lines += [f"| {name} | {_number(values, 'loss')} | {_number(values, 'perplexity')} |" for name, values in named]
    if tested:
        lines.append(f"\n{tested['verdict']['sentence']}")
    return "\n".join([*lines, ""])


def _number(values: Mapping[str, float | None] | None, name: str) -> str:
    value = (values or {}).get(name)
    return "not measured" if value is None else f"{value:.4g}"


def _use(config: RunConfig) -> str:
    if config.method.id == "lora":
        note = "If this folder holds `adapter_config.json`, it is an addition: load the base model, then\n"
        note += "`PeftModel.from_pretrained(base, folder)`. Otherwise:\n"
    else:
        note = ""
    return f"""## How to use it

{note}
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder)
messages = [{{"role": "user", "content": "Your question"}}]
inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
answer = model.generate(**inputs, max_new_tokens=100)
print(tokenizer.decode(answer[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
```
"""


def _licence(base: ModelInfo) -> str:
    known = f"The base model's licence is {base.licence}." if base.licence else "The base model states no licence."
    return (
        f"## Licence\n\n{known} It also governs this model; and your examples may bring conditions of their own. "
        "Check both before you pass it on.\n"
    )
