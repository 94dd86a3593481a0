"""One finished run of each method, shared by all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.tiny import build_project, finish_runs

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the finished runs `lora`, `full` and `last-layers`."""
    return finish_runs(build_project(tmp_path_factory.mktemp("finished")))
