"""Answering with a run's model, and the two models side by side, through the worker's own tasks."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from studio.api import Message
from studio.core.events import Interrupt, Sampled, SampleNow, Stop
from studio.core.model_folder import read_model
from studio.core.paths import resources
from studio.engine.generate import Sampling, stream_tokens
from studio.engine.jobs import find_job, open_voice
from studio.engine.tuned import open_tuned
from studio.worker.run_folder import LineWriter, RunFolder
from studio.worker.tasks import generate, playground
from studio.worker.work import Stopped, Work
from tests.tiny import config_for

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
QUESTION = "when does the tower open on sunday"
Asked = Callable[[str, dict[str, Any]], tuple[Work, RunFolder]]


@pytest.fixture
def asked(finished_project: Path, tmp_path: Path) -> Iterator[Asked]:
    """A job in the project, with its runs set up as the studio sets them up."""
    writers = ExitStack()
    for method in ("lora", "full"):
        config = finished_project / "runs" / method / "run.json"
        config.write_text(config_for(finished_project / "model", method).to_json())

    def ask(task: str, arguments: dict[str, Any]) -> tuple[Work, RunFolder]:
        whole = {"project": str(finished_project), **arguments}
        run = RunFolder.create(tmp_path / f"{task}-{uuid.uuid4().hex[:6]}", task, whole)
        return Work(run, task, whole, writers.enter_context(LineWriter(run.paths.events))), run

    with writers:
        yield ask


def test_an_answer_streams_and_comes_whole_with_its_cost(asked: Asked) -> None:
    work, run = asked("generate", {"run": "lora", "prompt": QUESTION, "max_tokens": 20})
    result = generate.run(work)
    said = [event for event in run.events() if isinstance(event, Sampled)]
    assert result["text"].startswith("we open at")
    assert said[-1].done and said[-1].text == result["text"]
    assert not any(event.done for event in said[:-1])
    assert 0 < result["tokens"] <= 20 and result["seconds"] > 0
    grown = [event.text for event in said]
    assert all(later.startswith(earlier) for earlier, later in pairwise(grown))


def test_the_base_model_answers_without_a_run(asked: Asked, finished_project: Path) -> None:
    model = str(finished_project / "model")
    base = generate.run(asked("generate", {"run": None, "model": model, "prompt": QUESTION, "max_tokens": 8})[0])
    tuned = generate.run(asked("generate", {"run": "lora", "prompt": QUESTION, "max_tokens": 8})[0])
    assert base["text"] != tuned["text"]


def test_greedy_answers_are_those_of_transformers(finished_project: Path) -> None:
    import torch

    from studio.api import Message

    opened = open_voice(finished_project / "model")
    prompt = opened.prompt([Message("user", QUESTION)])
    ours = list(stream_tokens(opened.model, prompt, frozenset({2}), most=16))
    whole = opened.model.generate(torch.tensor([prompt]), max_new_tokens=16, do_sample=False, eos_token_id=2)
    theirs = [id for id in whole[0, len(prompt) :].tolist() if id != 2]
    assert ours == theirs


def test_sampling_is_repeatable_and_leaves_global_chance_alone(finished_project: Path) -> None:
    import torch

    opened = open_voice(finished_project / "model")
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    answers = [
        list(stream_tokens(opened.model, [1, 9, 10], frozenset(), most=12, sampling=Sampling(1.0, 0.9, seed)))
        for seed in (1, 1, 2)
    ]
    assert torch.rand(1) == expected
    assert answers[0] == answers[1] != answers[2]


def test_a_prompt_longer_than_the_window_still_gets_an_answer(finished_project: Path) -> None:
    opened = open_voice(finished_project / "model")
    assert read_model(finished_project / "model").context == 128
    assert len(list(stream_tokens(opened.model, list(range(7, 37)) * 10, frozenset(), most=500))) == 64


def test_the_model_is_left_in_the_mode_it_was_in(finished_project: Path) -> None:
    job = find_job(finished_project, finished_project / "runs" / "lora", config_for(finished_project / "model"))
    model = open_tuned(job).model.train()
    list(stream_tokens(model, [1, 9], frozenset(), most=2))
    assert model.training


class Guest:
    """Somebody at the playground: asks, and waits for answers."""

    def __init__(self, work: Work, run: RunFolder) -> None:
        self.run = run
        self.ended: list[BaseException] = []
        self.thread = threading.Thread(target=self._play, args=(work,))
        self.thread.start()

    def _play(self, work: Work) -> None:
        try:
            playground.run(work)
        except BaseException as error:  # noqa: BLE001 - told to the test
            self.ended.append(error)

    def answer(self, ask: str) -> Sampled:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for event in self.run.events():
                if isinstance(event, Sampled) and event.ask == ask and event.done:
                    return event
            time.sleep(0.02)
        raise AssertionError(f"no answer to {ask}: {self.ended}")

    def leave(self) -> None:
        self.run.command(Stop())
        self.thread.join(60)
        assert isinstance(self.ended[0], Stopped)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_both_models_answer_side_by_side(asked: Asked, method: str) -> None:
    guest = Guest(*asked("playground", {"run": method}))
    try:
        guest.run.command(SampleNow(prompt=QUESTION, who="base", ask="1"))
        guest.run.command(SampleNow(prompt=QUESTION, who="tuned", ask="2"))
        guest.run.command(SampleNow(prompt=QUESTION, who="base", ask="3"))
        base, tuned, again = guest.answer("1"), guest.answer("2"), guest.answer("3")
    finally:
        guest.leave()
    assert (base.who, tuned.who) == ("base", "tuned")
    assert tuned.text.startswith("we open at")
    assert base.text == again.text != tuned.text
    streamed = [event for event in guest.run.events() if isinstance(event, Sampled) and event.ask == "2"]
    assert len(streamed) > 2


def test_an_interrupted_answer_ends_with_what_was_written(asked: Asked) -> None:
    guest = Guest(*asked("playground", {"run": "lora"}))
    try:
        guest.run.command(SampleNow(prompt="is it free", who="base", ask="long"))
        guest.run.command(SampleNow(prompt=QUESTION, who="tuned", ask="waiting"))
        guest.run.command(Interrupt())
        assert guest.answer("waiting").text == ""
        guest.run.command(
            SampleNow(prompt=QUESTION, who="tuned", ask="after", history=({"role": "user", "content": "is it free"},))
        )
        assert guest.answer("after").text
    finally:
        guest.leave()


def test_a_gap_is_filled_in_brackets_and_the_rest_of_the_text_stays() -> None:
    voice = open_voice(resources() / "starters" / "encoder")
    (said,) = voice.answer([Message("text", "The Bread is ___ today.")], most=8)
    assert re.fullmatch(r"The Bread is \[\w+\] today\.", said)


def test_what_does_not_write_is_computed_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever compares with the model as it was switches additions off around each piece, not around the question."""
    voice = open_voice(resources() / "starters" / "encoder")
    computed = []
    forward = type(voice.model).forward
    monkeypatch.setattr(
        type(voice.model), "forward", lambda model, *args, **more: computed.append(1) or forward(model, *args, **more)
    )
    answer = voice.answer([Message("text", "The bread is ___.")], most=8)
    assert not computed
    next(answer)
    assert computed
