"""Settings that say how, not what: whole curves and final weights must be the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from studio.core.events import EvaluateNow, SampleNow, Stepped
from studio.engine.scorers import PlainScorer
from tests.tiny import Recorder, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
METHODS = ["lora", "last-layers", "full"]


def curve(project: Path, name: str, method: str, **settings: object) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Losses of every step and the final weights of one run."""
    voice = Recorder()
    result = train_in(project, config_for(project / "model", method, **settings), name, voice)
    return voice.losses(), load_file(result["weights"]["path"])


def assert_same(ours: tuple[list[float], dict[str, torch.Tensor]], theirs: tuple[list[float], dict]) -> None:
    """AdamW divides by the root of the squares, so rounding a tiny gradient can become 1e-4 in a weight."""
    assert len(ours[0]) == 10
    torch.testing.assert_close(torch.tensor(ours[0]), torch.tensor(theirs[0]), rtol=2e-4, atol=2e-5)
    for name, weight in ours[1].items():
        torch.testing.assert_close(weight, theirs[1][name], rtol=5e-3, atol=5e-4)


@pytest.fixture(scope="module", params=METHODS)
def plain(request: pytest.FixtureRequest, project: Path) -> tuple[str, tuple[list[float], dict[str, torch.Tensor]]]:
    """The curve with nothing clever: one portion, one example per row."""
    method = request.param
    return method, curve(project, f"plain-{method}", method, packing=False)


@pytest.mark.parametrize("portion", [1, 3, 8])
def test_portions_of_any_size_give_the_same_curve(project: Path, plain: tuple, portion: int) -> None:
    method, expected = plain
    found = curve(project, f"portions-{portion}-{method}", method, packing=False, micro_batch=portion)
    assert_same(found, expected)


def test_packed_rows_give_the_same_curve(project: Path, plain: tuple) -> None:
    method, expected = plain
    assert_same(curve(project, f"packed-{method}", method, packing=True), expected)


def test_activation_checkpointing_gives_the_same_curve(project: Path, plain: tuple) -> None:
    method, expected = plain
    found = curve(project, f"checkpointing-{method}", method, packing=False, checkpointing=True)
    assert_same(found, expected)


def test_scoring_only_what_is_taught_gives_the_same_curve(
    project: Path, plain: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, expected = plain
    monkeypatch.setattr("studio.engine.parts.choose_scorer", lambda *_: PlainScorer())
    assert_same(curve(project, f"plain-scorer-{method}", method, packing=False), expected)


def test_the_same_seed_gives_the_same_run_bit_for_bit_and_another_seed_does_not(project: Path) -> None:
    settings = {"method_dropout": 0.1}
    first = curve(project, "seed-a", "lora", **settings)
    again = curve(project, "seed-b", "lora", **settings)
    other = curve(project, "seed-c", "lora", seed=2, **settings)
    assert first[0] == again[0] != other[0]
    assert all(torch.equal(first[1][name], again[1][name]) for name in first[1])


def test_evaluations_and_answers_in_between_change_nothing(project: Path) -> None:
    settings = {"method_dropout": 0.1, "evaluate_every": 1000}
    quiet = curve(project, "quiet", "lora", **settings)
    voice = Recorder()

    def ask(event: object) -> None:
        if isinstance(event, Stepped):
            voice.asked += [EvaluateNow(), SampleNow(prompt="when does the tower open on sunday")]

    voice.on_say = ask
    result = train_in(project, config_for(project / "model", **settings), "busy", voice)
    assert voice.losses() == quiet[0]
    weights = load_file(result["weights"]["path"])
    assert all(torch.equal(weights[name], quiet[1][name]) for name in weights)
