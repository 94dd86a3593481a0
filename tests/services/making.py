"""What services tests stand on: a model's folder without an engine, runs whose workers have spoken, and a holder."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.core.config import RunConfig
from studio.core.events import AnyEvent
from studio.services.projects import Project
from studio.worker.run_folder import LineWriter, RunFolder
from tests.source import ROOT

HOLD = """
import sys
from pathlib import Path
from studio.services import projects
project = projects.open_project(Path(sys.argv[1]))
print("held" if project.writable else "refused", flush=True)
sys.stdin.read()
"""


def write_model(folder: Path, *, hidden: int = 8, template: bool = True) -> Path:
    """A decoder's folder that facts can be read from: a config, a header with its weights, a tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "llama", "hidden_size": hidden, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes = {"intermediate_size": 16, "vocab_size": 32, "max_position_embeddings": 64, "tie_word_embeddings": True}
    (folder / "config.json").write_text(json.dumps({**config, **sizes}))
    count = 32 * hidden * 2
    header = json.dumps(
        {"model.embed_tokens.weight": {"dtype": "BF16", "shape": [32, hidden], "data_offsets": [0, count]}}
    ).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(count))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "x"} if template else {}))
    return folder


def write_run(project: Project, id: str, *events: AnyEvent, config: RunConfig | None = None) -> RunFolder:
    """A run in the project whose worker has said these events and is gone."""
    run = RunFolder.create(project.paths.run(id).folder, "train", {}, config or RunConfig())
    project.store.add_run(id, run.config().to_json(), 1.0)
    say(run, *events)
    return run


def say(run: RunFolder, *events: AnyEvent) -> None:
    """Append events, as a worker would."""
    with LineWriter(run.paths.events) as writer:
        for event in events:
            writer.append(event)


@contextmanager
def held_by_another(folder: Path) -> Iterator[int]:
    """Another process that has opened the project and keeps it; its number."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdin and other.stdout
        assert other.stdout.readline().strip() == "held"
        try:
            yield other.pid
        finally:
            other.stdin.close()
            other.wait(20)
