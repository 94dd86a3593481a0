"""Real plugins for the tests that train with them; described ones for all others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import plugins
from tests.contracts.making import make_model


@pytest.fixture(scope="module")
def real_plugins() -> Iterator[None]:
    """As in a worker: the plugins' own classes."""
    plugins.use_real()
    yield
    plugins.use_real(False)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny models by family."""
    folder = tmp_path_factory.mktemp("models")
    return {family: make_model(folder / family, family) for family in ("llama", "bert", "t5", "gpt2")}
