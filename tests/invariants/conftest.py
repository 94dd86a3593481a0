"""A project with a tiny model and prepared examples, made once for each file, so that names of runs are free."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.tiny import build_project

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_project(tmp_path_factory.mktemp("invariants"))
