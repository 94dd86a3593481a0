"""What belongs to a model besides its weights: tokenizer, chat template, end tokens, model card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from studio.api import Trained

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
)


def copy_belongings(trained: Trained, folder: Path) -> None:
    """Put the base model's tokenizer, the chat template of the training and the model card into an export."""
    base = Path(trained.base.path)
    for name in TOKENIZER_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)
    if trained.template:
        (folder / "chat_template.jinja").write_text(trained.template, encoding="utf-8")
        _leave_out_other_template(folder / "tokenizer_config.json", trained.template)
    (folder / "README.md").write_text(trained.card, encoding="utf-8")


def _leave_out_other_template(config: Path, template: str) -> None:
    """Programs that know nothing of chat_template.jinja must not find another template than that of the training."""
    if not config.is_file():
        return
    values = json.loads(config.read_bytes())
    if "chat_template" in values and values["chat_template"] != template:
        values["chat_template"] = template
        config.write_text(json.dumps(values, ensure_ascii=False, indent=2), encoding="utf-8")
