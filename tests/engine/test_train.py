"""The loop: what it tells, when it stops, what it keeps."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.events import (
    CheckpointSaved,
    Evaluated,
    EvaluateNow,
    Pause,
    Paused,
    Resume,
    Resumed,
    Sampled,
    SampleNow,
    SaveCheckpoint,
    Stepped,
    Stop,
    Warned,
)
from studio.core.problem import StudioError
from studio.core.schedule import learning_rate_at
from studio.data.templates import ModelEncoder
from studio.engine import parts as parts_module
from studio.engine.checkpoints import Checkpoints
from studio.engine.final import read_final
from studio.engine.staging import sha256
from tests.tiny import Recorder, build_project, config_for, train_in, write_prepared

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return build_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def finished(project: Path) -> tuple[dict[str, Any], Recorder, Path]:
    """One run from beginning to end: (result, what was said, its folder)."""
    voice = Recorder()
    result = train_in(project, config_for(project / "model", epochs=4, samples=["who are you"]), "finished", voice)
    return result, voice, project / "runs" / "finished"


def test_a_run_tells_every_step_with_all_its_numbers(finished: tuple) -> None:
    _, voice, _ = finished
    steps = voice.of(Stepped)
    assert [event.step for event in steps] == list(range(1, 21))
    for event in steps:
        assert set(event.metrics) == {
            "loss", "perplexity", "learning_rate", "gradient_norm", "tokens_per_second", "memory_bytes",
            "seconds_left", "epoch",
        }  # fmt: skip
        assert all(math.isfinite(value) and value >= 0 for value in event.metrics.values())
        assert event.metrics["learning_rate"] == learning_rate_at(event.step, 20, config_for(Path("x"), epochs=4).train)
    assert steps[-1].metrics["epoch"] == 4.0
    assert steps[-1].metrics["seconds_left"] == 0.0


def test_a_run_learns(finished: tuple) -> None:
    result, voice, _ = finished
    losses = voice.losses()
    assert losses[0] > 3.0
    assert losses[-1] < 0.5 * losses[0]
    assert result["validation"]["loss"] < 0.5 * result["base_validation"]["loss"]
    assert result["train"]["perplexity"] == pytest.approx(math.exp(result["train"]["loss"]))


def test_validation_is_measured_before_the_first_step_and_at_each_check(finished: tuple) -> None:
    result, voice, _ = finished
    checks = voice.of(Evaluated)
    assert [event.step for event in checks] == [0, 4, 8, 12, 16, 20]
    assert result["base_validation"]["loss"] == checks[0].metrics["loss"]
    best = min(checks[1:], key=lambda event: event.metrics["loss"])
    assert result["best_step"] == best.step
    assert result["validation"]["loss"] == best.metrics["loss"]


def test_the_persons_own_questions_are_answered_at_each_check(finished: tuple) -> None:
    _, voice, _ = finished
    answers = voice.of(Sampled)
    assert [event.step for event in answers] == [0, 4, 8, 12, 16, 20]
    assert {event.prompt for event in answers} == {"who are you"}
    assert answers[-1].text != answers[0].text


def test_save_points_are_thinned_out_but_the_best_stays(finished: tuple) -> None:
    result, voice, folder = finished
    checkpoints = Checkpoints(folder / "checkpoints")
    assert set(checkpoints.steps()) == {20, 16} | {result["best_step"]}
    assert [event.step for event in voice.of(CheckpointSaved)] == [4, 8, 12, 16, 20]
    assert all(not Path(event.path).is_absolute() for event in voice.of(CheckpointSaved))


def test_the_final_weights_are_whole_and_named_with_their_hash(finished: tuple) -> None:
    result, _, folder = finished
    assert result["weights"]["sha256"] == sha256(Path(result["weights"]["path"]))
    assert Path(result["weights"]["path"]).parent == folder / "final"
    assert read_final(folder / "final") == result
    stored = json.loads((folder / "final" / "result.json").read_bytes())
    assert stored["weights"]["path"] == Path(result["weights"]["path"]).name


def test_no_pickle_is_written_anywhere(finished: tuple) -> None:
    _, _, folder = finished
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {".safetensors", ".json"}


def said_at(step: int, *commands: Any) -> tuple[Recorder, Callable[[Any], None]]:
    """A person who says this after a step."""
    voice = Recorder()

    def react(event: Any) -> None:
        if isinstance(event, Stepped) and event.step == step:
            voice.asked += commands

    voice.on_say = react
    return voice, react


def test_stop_is_honoured_at_once_and_keeps_the_weights(project: Path) -> None:
    voice, _ = said_at(6, Stop())
    result = train_in(project, config_for(project / "model"), "stopped", voice)
    assert (result["reason"], result["step"], result["best_step"]) == ("stopped", 6, 4)
    assert voice.of(Stepped)[-1].step == 6
    assert Checkpoints(project / "runs" / "stopped" / "checkpoints").steps()[0] == 6


def test_stopped_before_the_first_check_the_last_weights_are_kept(project: Path) -> None:
    voice, _ = said_at(2, Stop())
    result = train_in(project, config_for(project / "model"), "stopped-early", voice)
    assert result["best_step"] == 2
    assert result["validation"] == {"loss": None, "perplexity": None}


def test_a_stopped_run_goes_on_where_it_stopped_and_ends_like_one_that_never_did(project: Path) -> None:
    voice, _ = said_at(6, Stop())
    train_in(project, config_for(project / "model"), "stop-and-go", voice)
    after = Recorder()
    result = train_in(project, config_for(project / "model"), "stop-and-go", after)
    whole = Recorder()
    expected = train_in(project, config_for(project / "model"), "never-stopped", whole)
    assert [event.step for event in after.of(Stepped)] == [7, 8, 9, 10]
    assert voice.losses() + after.losses() == whole.losses()
    assert result["weights"]["sha256"] == expected["weights"]["sha256"]


def test_pause_makes_a_save_point_and_waits_for_resume(project: Path) -> None:
    voice, react = said_at(3, Pause())
    stepped_when_paused: list[int] = []

    def resume(event: Any) -> None:
        react(event)
        if isinstance(event, Paused):
            stepped_when_paused.append(len(voice.of(Stepped)))
            voice.asked.append(Resume())

    voice.on_say = resume
    train_in(project, config_for(project / "model", keep=9), "paused", voice)
    assert stepped_when_paused == [3]
    assert voice.of(Paused)[0].step == voice.of(Resumed)[0].step == 3
    kinds = [type(event) for event in voice.said]
    assert kinds.index(CheckpointSaved) < kinds.index(Paused) < kinds.index(Resumed)
    assert 3 in Checkpoints(project / "runs" / "paused" / "checkpoints").steps()


class PowerCut(BaseException):
    """Ends a run where it stands."""


def test_a_power_cut_during_a_pause_amid_a_check_counts_the_check_once(project: Path) -> None:
    config = config_for(project / "model", epochs=40, evaluate_every=2, patience=3, learning_rate=0.15)
    expected = train_in(project, config, "uncut")
    voice = Recorder()

    def pause_and_cut(event: Any) -> None:
        if isinstance(event, Evaluated) and event.step and not event.best:
            voice.asked.append(Pause())
        if isinstance(event, Paused):
            raise PowerCut

    voice.on_say = pause_and_cut
    with pytest.raises(PowerCut):
        train_in(project, config, "cut", voice)
    result = train_in(project, config, "cut")
    assert result["weights"]["sha256"] == expected["weights"]["sha256"]
    for name in ("reason", "step", "best_step", "validation"):
        assert result[name] == expected[name]


def test_a_paused_run_can_be_stopped(project: Path) -> None:
    voice, _ = said_at(3, Pause(), Stop())
    assert train_in(project, config_for(project / "model"), "pause-stop", voice)["reason"] == "stopped"


def test_a_save_point_asked_for_twice_is_told_twice(project: Path) -> None:
    voice, _ = said_at(2, SaveCheckpoint(), SaveCheckpoint())
    train_in(project, config_for(project / "model", steps=3), "saved-twice", voice)
    assert [event.step for event in voice.of(CheckpointSaved)] == [2, 2, 3]


def test_a_question_that_the_template_refuses_does_not_end_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ModelEncoder.generation_prompt

    def strict(self: ModelEncoder, messages: Any) -> Any:
        if "tower" in messages[-1].content:
            raise StudioError("template-refuses", "No.", data="Nothing was changed.", remedy="Ask otherwise.")
        return plain(self, messages)

    monkeypatch.setattr(ModelEncoder, "generation_prompt", strict)
    voice, _ = said_at(2, SampleNow(prompt="when does the tower open on sunday"))
    config = config_for(project / "model", steps=4, samples=["who pays for the tower", "is it free"])
    train_in(project, config, "refused", voice)
    assert {event.prompt for event in voice.of(Sampled)} == {"is it free"}
    assert [event.id for event in voice.of(Warned)] == ["question-refused"]


def test_wishes_are_fulfilled_at_the_end_of_the_step(project: Path) -> None:
    voice, _ = said_at(2, EvaluateNow(), SampleNow(prompt="is it free", ask="7"), SaveCheckpoint())
    train_in(project, config_for(project / "model"), "wishes", voice)
    at = [event for event in voice.said if not isinstance(event, Stepped) and event.step == 2]
    assert [type(event) for event in at] == [Evaluated, Sampled, CheckpointSaved]
    assert (at[1].prompt, at[1].ask) == ("is it free", "7")
    assert not at[0].best


def test_a_run_without_gain_stops_early_and_keeps_the_best(project: Path) -> None:
    voice = Recorder()
    config = config_for(project / "model", epochs=40, evaluate_every=2, patience=3, learning_rate=0.15)
    result = train_in(project, config, "early", voice)
    assert result["reason"] == "early-stop"
    checks = [event for event in voice.of(Evaluated) if event.step]
    assert result["step"] == checks[-1].step < 200
    assert [event.metrics["loss"] >= result["validation"]["loss"] for event in checks[-3:]] == [True] * 3
    kept = next(event for event in checks if event.step == result["best_step"])
    assert kept.metrics["loss"] == result["validation"]["loss"] == min(event.metrics["loss"] for event in checks)


def test_training_that_made_it_worse_is_not_passed_off_as_a_gain(project: Path) -> None:
    voice = Recorder()
    train_in(project, config_for(project / "model", "full", steps=2, learning_rate=1.0, clip=0), "worse", voice)
    assert [event.id for event in voice.of(Warned)] == ["no-gain"]


def test_the_sealed_test_rows_have_no_part_in_training(project: Path, tmp_path: Path) -> None:
    write_prepared(tmp_path / "data" / "prepared.parquet", test=0)
    with_test, without_test = Recorder(), Recorder()
    whole = train_in(project, config_for(project / "model"), "sealed", with_test)
    fewer = train_in(tmp_path, config_for(project / "model"), "sealed", without_test)
    assert with_test.losses() == without_test.losses()
    assert whole["weights"]["sha256"] == fewer["weights"]["sha256"]


def test_a_loss_beyond_all_numbers_is_a_failure_in_words_and_leaves_no_final_model(project: Path) -> None:
    voice = Recorder()
    config = config_for(project / "model", "full", learning_rate=1.0, clip=0, epochs=20, patience=0)
    parts_for = parts_module.attached

    def poisoned(*args: Any) -> Any:
        model = parts_for(*args)
        model.register_forward_pre_hook(lambda *_: None)
        return model

    def poison(event: Any) -> None:
        if isinstance(event, Stepped) and event.step == 6:
            with torch.no_grad():
                next(iter(weights)).fill_(float("nan"))

    weights: list[torch.Tensor] = []
    voice.on_say = poison
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_module, "attached", lambda *args: _remember(poisoned(*args), weights))
        with pytest.raises(StudioError) as told:
            train_in(project, config, "poisoned", voice)
    assert told.value.id == "diverged"
    assert "step 7" in told.value.happened and "step 4" in told.value.data and told.value.remedy
    assert not (project / "runs" / "poisoned" / "final").exists()
    assert all(math.isfinite(loss) for loss in voice.losses())
    assert Checkpoints(project / "runs" / "poisoned" / "checkpoints").newest()[0] == 4


def _remember(model: Any, weights: list[torch.Tensor]) -> Any:
    weights.extend(weight for weight in model.parameters() if weight.requires_grad)
    return model


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("not enough memory: you tried to allocate")]
)
def test_short_memory_halves_the_portions_and_not_the_recipe(
    project: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Recorder()
    train_in(project, config_for(project / "model", packing=False), f"roomy-{type(error).__name__}", expected)
    attached = parts_module.attached

    def cramped(*args: Any) -> Any:
        model = attached(*args)

        def refuse(_module: Any, _args: Any, named: dict[str, Any]) -> None:
            if model.training and len(named["input_ids"]) > 3:
                raise error

        model.get_base_model().model.register_forward_pre_hook(refuse, with_kwargs=True)
        return model

    monkeypatch.setattr(parts_module, "attached", cramped)
    voice = Recorder()
    train_in(project, config_for(project / "model", packing=False), f"cramped-{type(error).__name__}", voice)
    assert [event.id for event in voice.of(Warned)] == ["smaller-portions"] * 2
    assert [event.step for event in voice.of(Stepped)] == list(range(1, 11))
    torch.testing.assert_close(torch.tensor(voice.losses()), torch.tensor(expected.losses()), rtol=2e-4, atol=2e-5)


def test_validation_too_is_measured_in_smaller_portions_when_memory_is_short(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Recorder()
    train_in(project, config_for(project / "model", packing=False), "roomy-checks", expected)
    attached = parts_module.attached

    def cramped(*args: Any) -> Any:
        model = attached(*args)

        def refuse(_module: Any, _args: Any, named: dict[str, Any]) -> None:
            if not model.training and len(named["input_ids"]) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")

        model.get_base_model().model.register_forward_pre_hook(refuse, with_kwargs=True)
        return model

    monkeypatch.setattr(parts_module, "attached", cramped)
    voice = Recorder()
    train_in(project, config_for(project / "model", packing=False), "cramped-checks", voice)
    checks = [[event.metrics["loss"] for event in each.of(Evaluated)] for each in (voice, expected)]
    assert checks[0] == pytest.approx(checks[1], rel=1e-4)


def test_when_one_example_does_not_fit_it_is_said_in_words(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attached = parts_module.attached

    def full(*args: Any) -> Any:
        model = attached(*args)

        def refuse(*_: Any) -> None:
            if model.training:
                raise torch.OutOfMemoryError("CUDA out of memory")

        model.get_base_model().model.register_forward_pre_hook(refuse)
        return model

    monkeypatch.setattr(parts_module, "attached", full)
    with pytest.raises(StudioError) as told:
        train_in(project, config_for(project / "model"), "full-memory")
    assert told.value.id == "out-of-memory"


def test_an_error_that_is_not_about_memory_is_not_hidden(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attached = parts_module.attached

    def broken(*args: Any) -> Any:
        model = attached(*args)

        def refuse(*_: Any) -> None:
            if model.training:
                raise RuntimeError("shapes do not match")

        model.get_base_model().model.register_forward_pre_hook(refuse)
        return model

    monkeypatch.setattr(parts_module, "attached", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        train_in(project, config_for(project / "model"), "broken")


def test_without_validation_examples_the_last_weights_are_kept(project: Path, tmp_path: Path) -> None:
    write_prepared(tmp_path / "data" / "prepared.parquet", validation=0)
    voice = Recorder()
    result = train_in(tmp_path, config_for(project / "model"), "run", voice)
    assert result["validation"] == {"loss": None, "perplexity": None}
    assert result["best_step"] == result["step"] == 10
    assert not voice.of(Evaluated)
    assert voice.of(Sampled)


def test_a_set_number_of_steps_is_taken(project: Path) -> None:
    voice = Recorder()
    train_in(project, config_for(project / "model", steps=7, evaluate_every=0), "seven", voice)
    assert len(voice.of(Stepped)) == 7
    assert [event.step for event in voice.of(Evaluated)] == [0, 5, 7]


def test_missing_prepared_examples_are_said_in_words(project: Path, tmp_path: Path) -> None:
    with pytest.raises(StudioError) as told:
        train_in(tmp_path, config_for(project / "model"))
    assert told.value.id == "prepared-data-gone"
