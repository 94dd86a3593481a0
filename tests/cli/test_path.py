"""The whole path with a real worker: train, steer, measure, ask, take away."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio.core.events import EVENT, Finished, Stepped
from studio.services import projects, runs, sample
from studio.services.projects import Project
from studio.worker import client
from studio.worker.run_folder import RunFolder
from tests.cli.conftest import QUICK, Said, Studio, command
from tests.services.making import held_by_another
from tests.source import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
PATIENCE_S = 240.0
LONG = (*QUICK, "--model", "decoder", "--steps", "3000", "--set", "train.patience=0", "--set", "train.evaluate_every=4")


def sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def wait_for(reached: Callable[[], bool]) -> None:
    """Wait until something is so; fail when it never is."""
    give_up = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < give_up
        time.sleep(0.05)


@contextmanager
def reading(folder: Path) -> Iterator[Project]:
    project = projects.open_project(folder, write=False)
    try:
        yield project
    finally:
        project.close()


def steps_of(run: RunFolder) -> list[int]:
    return [event.step for event in run.events() if isinstance(event, Stepped)]


@pytest.fixture
def running(project: Path, studio: Studio) -> Iterator[tuple[Path, RunFolder]]:
    """A project with a long run that has taken its first steps by itself."""
    answer = studio("train", project, *LONG, "--detach", "--json").done
    assert answer["state"] == "running" and answer["weights"] == {"path": None, "sha256": None}
    run = RunFolder(Path(answer["folder"]))
    wait_for(lambda: len(steps_of(run)) >= 2)
    yield project, run
    if worker := client.process_of(run):
        worker.kill()
        worker.wait(10)


def test_training_tells_its_result_and_the_kept_weights(finished: tuple[Path, Said]) -> None:
    folder, said = finished
    answer = said.done
    assert (answer["run"], answer["state"], answer["step"]) == ("run-1", "finished", 4)
    assert answer["folder"] == str(folder / "runs" / "run-1")
    for split in ("train", "validation"):
        assert 0 < answer["loss"][split] < 20 and answer["perplexity"][split] > 1
    assert answer["weights"]["sha256"] == sha256(answer["weights"]["path"])
    assert "Step" in said.err and "run-1 has started" in said.err


def test_the_database_has_heard_of_everything_when_training_returns(trained: Path) -> None:
    with reading(trained) as project:
        (summary,) = runs.summaries(project)
        assert (summary.state, summary.step, summary.steps) == ("finished", 4, 4)
        assert [step for step, _ in runs.series(project, "run-1")["train.loss"]] == [1, 2, 3, 4]


def test_what_was_prepared_on_the_way_is_kept_for_the_project(trained: Path, studio: Studio) -> None:
    with reading(trained) as project:
        config = project.config()
    assert config.model.path == "starter:decoder" and config.data.prepared
    assert config.train.steps == 0, "what was set for one run is not the project's"


def test_runs_are_listed_with_what_they_are(trained: Path, studio: Studio) -> None:
    (run,) = studio("runs", trained, "--json").done["runs"]
    assert (run["run"], run["state"], run["step"], run["steps"]) == ("run-1", "finished", 4, 4)
    assert (run["method"], run["objective"]) == ("lora", "instruct")
    assert Path(run["model"]).is_absolute() and run["started"] > 1e9
    assert run["loss"]["validation"] > 0 and run["perplexity"]["train"] > 1


def test_a_finished_run_takes_no_further_step(trained: Path, studio: Studio) -> None:
    before = (trained / "runs" / "run-1" / "events.jsonl").read_bytes()
    answer = studio("resume", trained, "run-1", "--json").done
    assert (answer["state"], answer["step"]) == ("finished", 4)
    assert answer["weights"]["sha256"] == sha256(answer["weights"]["path"])
    assert (trained / "runs" / "run-1" / "events.jsonl").read_bytes() == before
    for verb in ("pause", "stop"):
        assert studio(verb, trained, "run-1", "--json").refused()["id"] == "run-not-running"


def test_following_prints_every_event_as_a_line_of_json(trained: Path, studio: Studio) -> None:
    for words in ([], ["--json"]):
        said = studio("follow", trained, "run-1", *words)
        assert said.code == 0
        events = [EVENT.validate_json(line) for line in said.out.splitlines()]
        assert [event.n for event in events] == list(range(len(events)))
        assert isinstance(events[-1], Finished)
        assert [event.step for event in events if isinstance(event, Stepped)] == [1, 2, 3, 4]


def test_measuring_tells_before_and_after_and_is_kept(trained: Path, studio: Studio) -> None:
    answer = studio("evaluate", trained, "run-1", "--json").done
    assert answer["examples"] > 0
    for moment in ("before", "after"):
        assert answer[moment]["loss"] > 0 and answer[moment]["perplexity"] > 1
    assert set(answer["difference"]) == {"loss", "low", "high", "level"}
    assert answer["verdict"]["id"] in ("better", "worse", "no_difference", "too_few")
    assert answer["verdict"]["sentence"].endswith(".")
    with reading(trained) as project:
        (kept,) = project.store.results("evaluations")
    assert kept["run"] == "run-1" and kept["result"]["verdict"] == answer["verdict"]


def test_an_export_is_checked_listed_and_never_laid_over_something(
    trained: Path, studio: Studio, tmp_path: Path
) -> None:
    words = ["export", trained, "run-1", "--to", "adapter", "--out", tmp_path / "out", "--json"]
    answer = studio(*words).done
    assert answer["folder"] == str(tmp_path / "out")
    assert answer["check"]["ok"] is True
    assert answer["check"]["agree"] == answer["check"]["prompts"] > 0
    assert answer["check"]["max_logit_difference"] >= 0
    assert {Path(file["path"]) for file in answer["files"]} == {
        path for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    for file in answer["files"]:
        assert Path(file["path"]).stat().st_size == file["bytes"]
        assert sha256(file["path"]) == file["sha256"]
    with reading(trained) as project:
        assert [row["kind"] for row in project.store.results("exports")] == ["adapter"]
    studio(*words).refused()


def test_a_tuned_model_and_a_base_model_answer(trained: Path, studio: Studio) -> None:
    for words in ([trained, "run-1"], ["--model", "decoder"]):
        answer = studio("generate", *words, "--prompt", "When do you open?", "--max-tokens", "6", "--json").done
        assert isinstance(answer["text"], str)
        assert 0 <= answer["tokens"] <= 6 and answer["seconds"] > 0


def test_an_unknown_exporter_is_told(trained: Path, studio: Studio) -> None:
    words = ["export", trained, "run-1", "--to", "clay", "--out", trained / "out", "--json"]
    assert studio(*words).refused()["id"] == "plugin-missing"


def test_pause_resume_and_stop_are_honoured_and_the_project_is_free_meanwhile(
    running: tuple[Path, RunFolder], studio: Studio
) -> None:
    project, run = running
    with held_by_another(project):
        paused = studio("pause", project, "run-1", "--json").done
        assert (paused["run"], paused["state"]) == ("run-1", "paused")
        assert studio("runs", project, "--json").done["runs"][0]["state"] == "paused"
        assert studio("resume", project, "run-1", "--detach", "--json").done["state"] == "running"
        wait_for(lambda: steps_of(run)[-1] > paused["step"])
        stopped = studio("stop", project, "run-1", "--json").done
        assert stopped["state"] == "stopped" and stopped["step"] > paused["step"]
        assert studio("runs", project, "--json").done["runs"][0]["state"] == "stopped"


def waiting(*words: object) -> subprocess.Popen[str]:
    """A command in a process of its own, waiting for its run."""
    return subprocess.Popen(
        command(*words, "--json"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(child: subprocess.Popen[str]) -> Said:
    out, err = child.communicate(timeout=PATIENCE_S)
    return Said(child.returncode, out, err)


def test_a_killed_worker_fails_the_run_resuming_goes_on_and_ctrl_c_keeps_its_weights(project: Path) -> None:
    run = RunFolder(project / "runs" / "run-1")
    with waiting("train", project, *LONG) as child:
        wait_for(lambda: any(event.event == "checkpoint-saved" for event in run.events()))
        worker = client.process_of(run)
        assert worker
        worker.kill()
        failed = ended(child)
    assert failed.refused()["id"] == "worker-died"
    assert (failed.answer["run"], failed.answer["state"]) == ("run-1", "failed")
    with reading(project) as opened:
        assert runs.summaries(opened)[0].state == "failed"
    told = len(run.events())
    with waiting("resume", project, "run-1") as child:
        wait_for(lambda: any(isinstance(event, Stepped) for event in run.events()[told:]))
        with held_by_another(project):
            child.send_signal(signal.SIGINT)
            stopped = ended(child)
    answer = stopped.done
    assert answer["state"] == "stopped" and answer["step"] >= failed.answer["step"]
    assert answer["weights"]["sha256"] == sha256(answer["weights"]["path"])
    assert "best weights so far are kept" in stopped.err
    assert len(set(steps_of(run))) == answer["step"], "every step is told, none is left out"


@pytest.mark.slow
@pytest.mark.long
def test_the_demo_goes_from_a_spreadsheet_to_a_checked_export(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real path on the first rows of the sample, so that the test is quick."""
    lines = sample.sample_file().read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "few.csv").write_text("".join(lines[:70]), encoding="utf-8")
    monkeypatch.setattr(sample, "sample_file", lambda: tmp_path / "few.csv")
    answer = studio("demo", "--folder", tmp_path / "demo", "--json").done
    assert (answer["project"], answer["run"]) == (str(tmp_path / "demo"), "run-1")
    assert set(answer["removed"]) == {"repair", "trim", "drop-empty", "drop-duplicates", "limit-length"}
    assert answer["seconds"] > 0
    assert 1 < answer["after"]["perplexity"] < answer["before"]["perplexity"]
    assert answer["export"]["check"]["ok"] is True
    assert (Path(answer["export"]["folder"]) / "config.json").is_file()
    assert studio("demo", "--folder", tmp_path / "demo", "--json").refused()["id"] == "project-exists"
    assert [run["state"] for run in studio("runs", tmp_path / "demo", "--json").done["runs"]] == ["finished"]
