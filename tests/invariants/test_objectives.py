"""For every objective: portions, save points and checks change nothing about what is learnt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.core.events import Evaluated, EvaluateNow, Stepped, Stop
from tests.objectives.learning import CASES, Case, Curve, assert_close, assert_identical, config_of, learn, write_rows
from tests.tiny import Recorder

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


class Tried:
    """An objective with its project and the plain run that others are held against."""

    def __init__(self, case: Case, project: Path) -> None:
        self.case, self.project = case, project
        self.plain = learn(project, config_of(case), "plain")

    def curve(self, name: str, voice: Recorder | None = None, **train: Any) -> Curve:
        return learn(self.project, config_of(self.case, **train), name, voice)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case.objective}-{case.starter}")
def tried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    case: Case = request.param
    yield Tried(case, write_rows(tmp_path_factory.mktemp(case.objective), case.objective))


def test_it_learns(tried: Tried) -> None:
    first, last = tried.plain.checks[0]["loss"], tried.plain.checks[-1]["loss"]
    assert first is not None and last is not None and last < first


@pytest.mark.parametrize("portion", [1, 3])
def test_portions_of_any_size_give_the_same_curve(tried: Tried, portion: int) -> None:
    assert_close(tried.curve(f"portions-{portion}", micro_batch=portion), tried.plain)


def test_a_row_each_gives_the_same_curve(tried: Tried) -> None:
    assert_close(tried.curve("unpacked", packing=False), tried.plain)


def test_checkpointed_activations_give_the_same_curve_bit_for_bit(tried: Tried) -> None:
    checkpointed = tried.curve("checkpointed", checkpointing=True)
    if tried.case.starter == "encoder-decoder":
        # What every layer of the decoder sends back to the text that was read is summed in another order.
        assert_close(checkpointed, tried.plain, 1e-5)
    else:
        assert_identical(checkpointed, tried.plain)


def test_checks_in_between_change_nothing(tried: Tried) -> None:
    voice = Recorder()

    def check(event: object) -> None:
        if isinstance(event, Stepped):
            voice.asked.append(EvaluateNow())

    voice.on_say = check
    busy = tried.curve("busy", voice)
    assert busy.losses == tried.plain.losses
    assert len(voice.of(Evaluated)) > len(tried.plain.checks)
    assert_identical(busy._replace(checks=tried.plain.checks), tried.plain)


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tried: Tried) -> None:
    voice = Recorder()

    def stop(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 4:
            voice.asked.append(Stop())

    voice.on_say = stop
    begun = tried.curve("resumed", voice)
    gone_on = tried.curve("resumed")
    assert len(begun.losses) == 4
    whole = Curve([*begun.losses, *gone_on.losses], [*begun.checks, *gone_on.checks], gone_on.weights)
    assert_identical(whole, tried.plain)
