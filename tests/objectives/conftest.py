"""Tiny models and examples of what people prefer, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.contracts.making import make_model
from tests.objectives.preferring import judged, pairs, write
from tests.tiny import build_model


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, and a project each for pairs and for answers with a thumb."""
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("preferences")
    for name, made in (("pairs", pairs), ("judged", judged)):
        rows = {"train": made(48, 1), "validation": made(16, 2), "test": made(16, 3)}
        write(home / name / "data" / "prepared.parquet", rows)
    build_model(home / "model", tied=False)
    make_model(home / "encoder", "bert")
    return home


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks anything at the checks, which saves time where only losses matter."""
    monkeypatch.setattr("studio.engine.parts.QUESTIONS", 0)
