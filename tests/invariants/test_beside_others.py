"""The curve of a training is that of the field's own trainers on the same batches."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.benchmarks import against_trainer, against_trl
from tests.benchmarks.beside import ALLOWED, DIFFERENCE

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.mark.parametrize("case", against_trainer.CASES, ids=lambda case: case.name)
def test_a_curve_is_that_of_transformers_trainer(case: against_trainer.Case, tmp_path: Path) -> None:
    found = against_trainer.compared(case, tmp_path)
    assert found[DIFFERENCE] <= ALLOWED, found
    first, last = found["first and last loss"]
    assert last < first


@pytest.mark.skipif(find_spec("trl") is None, reason="TRL comes with the bench extra, in an environment of its own")
@pytest.mark.parametrize("case", against_trl.CASES, ids=lambda case: case.name)
def test_a_curve_is_that_of_trl(case: against_trl.Case, tmp_path: Path) -> None:
    against_trl.prepare(tmp_path)
    found = against_trl.compared(case, tmp_path)
    assert found[DIFFERENCE] <= ALLOWED, found
