"""Import, prepare and preview as the studio does them: in a child process, told by events, stopped by a command."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.core.events import AnyEvent, Failed, Finished, Progressed, Stop
from studio.worker import client
from studio.worker.run_folder import RunFolder
from tests.data.making import config_for, jsonl, model_folder, questions, write

Start = Callable[..., RunFolder]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start a task of a project in tmp_path/project."""
    count = iter(range(100))

    def start_task(task: str, **arguments: Any) -> RunFolder:
        run = RunFolder.create(tmp_path / "project" / "jobs" / f"{task}-{next(count)}", task, arguments)
        client.start(run)
        return run

    (tmp_path / "project" / "jobs").mkdir(parents=True)
    return start_task


def result(run: RunFolder) -> dict[str, Any]:
    end = client.wait(run)
    assert isinstance(end, Finished), end
    return end.result


def test_a_file_is_imported_prepared_and_seen(start: Start, tmp_path: Path) -> None:
    project = str(tmp_path / "project")
    path = write(
        tmp_path / "visitor.csv",
        "frage;antwort;note\n" + "".join(f"Frage {n}?;Antwort {n};x{n}\n" for n in range(40)) + "kaputt\n",
        "cp1252",
    )
    (dataset,) = result(start("import-files", project=project, files=[str(path)], formats={}, roles={}))["datasets"]
    assert dataset["file"] == str(path)
    assert (dataset["format"], dataset["encoding"], dataset["delimiter"]) == ("csv", "utf-8", ";")
    assert (dataset["rows_read"], dataset["rows_kept"], dataset["rows_aside"]) == (41, 40, 1)
    assert dataset["aside"] == [{"line": 42, "reason": "This row has 1 cell, the table has 3 columns."}]
    assert {name: guess["role"] for name, guess in dataset["roles"].items()} == {
        "frage": "prompt",
        "antwort": "answer",
        "note": "",
    }
    config = config_for(
        dataset["hash"], roles={"frage": "prompt", "antwort": "answer"}, model=model_folder(tmp_path / "model")
    ).model_dump(mode="json")
    prepared = result(start("prepare", project=project, config=config))
    assert prepared["splits"] == {"train": 32, "validation": 4, "test": 4}
    assert prepared["leaks"] == 0
    assert prepared["tokens"]["learnt"] > 40
    assert prepared["teach_nothing"] == 0
    assert prepared["max_length"] == 64
    assert (tmp_path / "project" / "data" / f"{prepared['prepared']}.parquet").is_file()
    seen = result(start("preview", project=project, config=config, split="test", start=1, count=2, only="all"))
    assert seen["total"] == 4
    assert len(seen["rows"]) == 2
    row = seen["rows"][0]
    assert row["origin"].startswith("visitor.csv line ")
    assert "".join(text for text, _ in row["tokens"]).startswith("<|begin|><|user|>Frage ")
    learnt = "".join(text for text, state in row["tokens"] if state == "learnt")
    assert learnt.startswith("Antwort")
    assert learnt.endswith("<|end|>")
    assert row["teaches"] is True


def test_chosen_roles_and_formats_are_kept(start: Start, tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "One line\nAnother line\n\nThird line\n")
    project = str(tmp_path / "project")
    task = start(
        "import-files", project=project, files=[str(path)], formats={str(path): "lines"}, roles={"text": "prompt"}
    )
    (dataset,) = result(task)["datasets"]
    assert dataset["rows_kept"] == 3
    assert dataset["roles"] == {"text": {"role": "prompt", "reason": "You chose it."}}


def test_how_a_file_is_read_can_be_chosen(start: Start, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "wort;zwei\nä;ö\n", "cp1250")
    options = {str(path): {"encoding": "cp1251", "delimiter": ",", "header": False}}
    (dataset,) = result(start("import-files", project=str(tmp_path / "project"), files=[str(path)], options=options))[
        "datasets"
    ]
    assert (dataset["encoding"], dataset["delimiter"], dataset["rows_kept"]) == ("cp1251", ",", 2)


def test_all_files_are_looked_at_before_the_first_is_read(start: Start, tmp_path: Path) -> None:
    good, empty = jsonl(tmp_path / "good.jsonl", questions(5)), write(tmp_path / "empty.csv", "")
    end = client.wait(start("import-files", project=str(tmp_path / "project"), files=[str(good), str(empty)]))
    assert isinstance(end, Failed)
    assert (end.id, end.bug) == ("empty-file", False)
    assert "empty.csv" in end.happened
    assert not (tmp_path / "project" / "data").exists()


def test_an_import_can_be_stopped_and_leaves_nothing(start: Start, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", questions(200_000))
    run = start("import-files", project=str(tmp_path / "project"), files=[str(path)])
    until(run, lambda event: isinstance(event, Progressed) and event.done > 0)
    run.command(Stop())
    end = client.wait(run)
    assert isinstance(end, Finished)
    assert end.reason == "stopped"
    assert list((tmp_path / "project" / "data").iterdir()) == []
    told = [event for event in run.events() if isinstance(event, Progressed)]
    assert told[-1].words.startswith("Reading a.jsonl: ")
    assert told[-1].total == path.stat().st_size


def until(run: RunFolder, so: Callable[[AnyEvent], bool]) -> None:
    """Wait for an event."""
    deadline = time.monotonic() + 60
    while not any(map(so, run.events())):
        assert time.monotonic() < deadline
        assert client.is_alive(run)
        time.sleep(0.02)


def test_a_model_that_lacks_its_tokenizer_is_told(start: Start, tmp_path: Path) -> None:
    project = str(tmp_path / "project")
    path = jsonl(tmp_path / "a.jsonl", questions(5))
    (dataset,) = result(start("import-files", project=project, files=[str(path)]))["datasets"]
    model = model_folder(tmp_path / "model")
    (model / "tokenizer.json").unlink()
    config = config_for(dataset["hash"], roles={"question": "prompt", "answer": "answer"}, model=model)
    end = client.wait(start("prepare", project=project, config=config.model_dump(mode="json")))
    assert isinstance(end, Failed)
    assert end.id == "tokenizer-missing"


@pytest.mark.parametrize("moment", [0.0, 0.8])
def test_a_killed_import_leaves_nothing_that_is_ever_used(moment: float, start: Start, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", questions(50_000))
    project, data = str(tmp_path / "project"), tmp_path / "project" / "data"
    run = start("import-files", project=project, files=[str(path)])
    until(run, lambda event: isinstance(event, Progressed) and event.done > moment * event.total)
    process = client.process_of(run)
    if process is not None:
        process.kill()
        process.wait(10)
    (dataset,) = result(start("import-files", project=project, files=[str(path)]))["datasets"]
    assert dataset["rows_kept"] == 50_000
    assert len(list(data.iterdir())) == 2
