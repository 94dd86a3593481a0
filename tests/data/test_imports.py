"""Import: the original is only read, and a failure leaves nothing half-made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from studio import plugins
from studio.core.problem import StudioError
from studio.data import growing_table
from studio.data.pages import Pages
from studio.data.reports import read_import
from studio.data.sources import choose
from tests.data.making import imported, jsonl, questions, write


def refusal(path: Path, folder: Path, **chosen: Any) -> StudioError:
    """What is said when a file can't be imported; nothing may stay behind."""
    with pytest.raises(StudioError) as error:
        imported(path, folder, **chosen)
    assert not folder.exists() or not list(folder.iterdir())
    for part in (error.value.happened, error.value.data, error.value.remedy):
        assert part
        assert "!" not in part
    return error.value


def test_an_import_is_told_in_full(tmp_path: Path) -> None:
    path = write(tmp_path / "visitor.csv", "question;answer\nWho?;Me\nbroken\nWhere?;Here\n")
    done = imported(path, tmp_path / "data")
    report = json.loads(done.path.with_suffix(".json").read_text())
    assert {name: report[name] for name in ("file", "format", "encoding", "delimiter")} == {
        "file": str(path),
        "format": "csv",
        "encoding": "utf-8",
        "delimiter": ";",
    }
    assert (report["rows_read"], report["rows_kept"], report["rows_aside"]) == (3, 2, 1)
    assert [(column["name"], column["role"]) for column in report["columns"]] == [
        ("question", "prompt"),
        ("answer", "answer"),
    ]
    assert report["bytes"] == path.stat().st_size
    assert done.aside() == [{"line": 3, "reason": "This row has 1 cell, the table has 2 columns.", "text": "broken"}]
    assert Pages(done.path).rows(0, 9) == [
        {"question": "Who?", "answer": "Me", "_origin": "line 2"},
        {"question": "Where?", "answer": "Here", "_origin": "line 4"},
    ]


def test_row_groups_hold_4096_rows_or_fewer_long_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = jsonl(tmp_path / "a.jsonl", questions(9000))
    groups = pq.read_metadata(imported(path, tmp_path / "data").path)
    assert [groups.row_group(number).num_rows for number in range(3)] == [4096, 4096, 808]
    monkeypatch.setattr(growing_table, "GROUP_CHARACTERS", 10_000)
    assert pq.read_metadata(imported(path, tmp_path / "other").path).num_row_groups > 20


def test_the_original_is_never_changed_and_may_go_afterwards(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", questions(10))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    done = imported(path, tmp_path / "data")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    path.unlink()
    assert Pages(done.path).count == 10


def test_the_same_content_is_found_again_under_its_new_name(tmp_path: Path) -> None:
    first = imported(jsonl(tmp_path / "a.jsonl", questions(10)), tmp_path / "data")
    written = first.path.stat().st_mtime_ns
    second = imported(jsonl(tmp_path / "b.jsonl", questions(10)), tmp_path / "data")
    assert first.hash == second.hash
    assert first.path.stat().st_mtime_ns == written
    assert read_import(first.path).file.endswith("b.jsonl")


def test_the_same_content_read_in_another_way_is_another_dataset(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "One\nTwo\n\nThree\n")
    assert imported(path, tmp_path / "data").hash != imported(path, tmp_path / "data", format="lines").hash


def test_a_column_with_our_own_name_is_kept_under_another(tmp_path: Path) -> None:
    done = imported(jsonl(tmp_path / "a.jsonl", [{"_origin": "theirs", "q": "x"}]), tmp_path / "data")
    assert Pages(done.path).rows(0, 1) == [{"_origin (2)": "theirs", "q": "x", "_origin": "line 1"}]


@pytest.mark.parametrize(
    ("content", "name", "id"),
    [
        (b"", "a.csv", "empty-file"),
        (b"question,answer\n", "a.csv", "no-rows"),
        (b"[]", "a.json", "no-rows"),
        (b"\n\n  \n", "a.txt", "not-this-format"),
        (b"%PDF-1.7 ...", "a.pdf", "other-kind-of-file"),
        (b"PK\x03\x04....", "a.xlsx", "other-kind-of-file"),
        (b"PAR1", "a.parquet", "other-kind-of-file"),
        (b"\x89PNG\r\n", "a.csv", "other-kind-of-file"),
        (b"[1, 2", "a.json", "broken-json"),
    ],
)
def test_what_can_not_be_imported_is_told(content: bytes, name: str, id: str, tmp_path: Path) -> None:
    assert refusal(write(tmp_path / name, content), tmp_path / "data").id == id


def test_a_missing_file_a_folder_and_a_wrong_format_are_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.csv", tmp_path / "data").id == "file-gone"
    assert refusal(tmp_path, tmp_path / "data").id == "folder-given"
    path = write(tmp_path / "a.csv", "a,b\n1,2\n")
    assert refusal(path, tmp_path / "data", format="json").id == "not-this-format"
    assert refusal(path, tmp_path / "data", format="nonsense").id == "plugin-missing"


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", questions(9000))

    def meddle(done: float, total: float, words: str) -> None:
        if done:
            with path.open("a") as file:
                file.write("\n")

    assert refusal(path, tmp_path / "data", progress=meddle).id == "file-changed"


def test_a_file_that_vanishes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", questions(9000))

    def remove(done: float, total: float, words: str) -> None:
        path.unlink(missing_ok=True)

    assert refusal(path, tmp_path / "data", progress=remove).id == "file-gone"


class Stop(Exception):
    """The person stopped it."""


def test_stopping_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(done: float, total: float, words: str) -> None:
        if done:
            raise Stop

    with pytest.raises(Stop):
        imported(jsonl(tmp_path / "a.jsonl", questions(9000)), tmp_path / "data", progress=stop)
    assert list((tmp_path / "data").iterdir()) == []


def test_stopping_a_file_with_late_columns_leaves_nothing_behind(tmp_path: Path) -> None:
    rows = [{"q": str(n), f"column {n // 3000}": "x"} for n in range(15_000)]
    seen = []

    def stop(done: float, total: float, words: str) -> None:
        seen.append(done)
        if len([each for each in seen if each]) == 3:
            raise Stop

    with pytest.raises(Stop):
        imported(jsonl(tmp_path / "a.jsonl", rows), tmp_path / "data", progress=stop)
    assert list((tmp_path / "data").iterdir()) == []
    done = imported(jsonl(tmp_path / "a.jsonl", rows), tmp_path / "data")
    assert Pages(done.path).columns == ("q", *(f"column {n}" for n in range(5)), "_origin")
    assert len(list((tmp_path / "data").iterdir())) == 2


def test_progress_is_told_in_words_and_never_goes_back(tmp_path: Path) -> None:
    told: list[tuple[float, float, str]] = []
    path = jsonl(tmp_path / "answers.jsonl", questions(20_000))
    imported(path, tmp_path / "data", progress=lambda *so_far: told.append(so_far))
    assert told[0][2] == "Looking at answers.jsonl"
    assert told[-1] == (path.stat().st_size, path.stat().st_size, "Reading answers.jsonl: 20,000 rows")
    done = [each[0] for each in told]
    assert done == sorted(done)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a place where not even the administrator may write")
def test_a_read_only_project_is_told(tmp_path: Path) -> None:
    assert refusal(jsonl(tmp_path / "a.jsonl", questions(3)), Path("/sys/studio-test-data")).id == "not-writable"


LIMITED = """
import resource, signal, sys
from pathlib import Path
from studio import plugins
from studio.core.problem import StudioError
from studio.data.imports import import_file
from studio.data.sources import choose
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    import_file(Path(sys.argv[1]), Path(sys.argv[2]), choose(Path(sys.argv[1]), plugins.readers()))
except StudioError as error:
    print(error.id)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("limit", [0, 4, 4096, 60_000])
def test_a_disk_that_fills_is_told_and_nothing_half_imported_stays(limit: int, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", [{"q": os.urandom(24).hex(), "a": os.urandom(24).hex()} for _ in range(6000)])
    folder = tmp_path / "data"
    child = [sys.executable, "-c", LIMITED, str(path), str(folder), str(limit)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    said = subprocess.run(child, capture_output=True, text=True, timeout=60, env=environment)
    assert said.stdout.strip() == "disk-full", said.stderr
    assert list(folder.iterdir()) == []


FLAT = """
import resource, sys
from pathlib import Path
from studio import plugins
from studio.data.imports import import_file
from studio.data.sources import choose
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import_file(Path(sys.argv[1]), Path(sys.argv[2]), choose(Path(sys.argv[1]), plugins.readers()))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts memory differently")
@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv"])
def test_memory_stays_flat_whatever_the_size(suffix: str, tmp_path: Path) -> None:
    line = {"csv": "x" * 300 + ",y"}.get(suffix, json.dumps({"q": "x" * 290, "a": "y"}))
    path = tmp_path / f"a.{suffix}"
    separator = ",\n" if suffix == "json" else "\n"
    with path.open("w") as file:
        file.write({"csv": "question,answer\n", "json": "["}.get(suffix, ""))
        file.write(separator.join([line] * 150_000))
        file.write("]" if suffix == "json" else "")
    child = [sys.executable, "-c", FLAT, str(path), str(tmp_path / "data")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    said = subprocess.run(child, capture_output=True, text=True, timeout=100, env=environment, check=True)
    assert path.stat().st_size > 43 << 20
    assert int(said.stdout) < 80


def test_a_reader_is_chosen_by_what_is_in_the_file(tmp_path: Path) -> None:
    for name, content, format in (
        ("a.csv", "a,b\n1,2\n", "csv"),
        ("a.CSV", "a,b\n1,2\n", "csv"),
        ("a.jsonl", '{"a": 1}', "jsonl"),
        ("a.json", '[{"a": 1}]', "json"),
        ("a.unknown", '{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("a.data", "a;b\n1;2\n3;4\n", "csv"),
        ("noending", "[\n1]", "json"),
    ):
        assert choose(write(tmp_path / name, content), plugins.readers())[0].id == format, name


def test_two_imports_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    path, folder = jsonl(tmp_path / "a.jsonl", questions(5000)), tmp_path / "data"
    again: list[str] = []

    def meanwhile(done: float, total: float, words: str) -> None:
        if done and not again:
            again.append("begun")
            again.append(imported(path, folder).hash)

    assert imported(path, folder, progress=meanwhile).hash == again[1]
    assert len(list(folder.iterdir())) == 2


def test_what_a_killed_import_left_is_removed_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    write(folder / f".0123.parquet.{gone.pid}.part", "half")
    write(folder / f".4567.parquet.{os.getppid()}.part", "another process is still at it")
    imported(jsonl(tmp_path / "a.jsonl", questions(3)), folder)
    assert [path.name for path in folder.glob(".*")] == [f".4567.parquet.{os.getppid()}.part"]


def test_a_project_that_is_gone_is_told_and_not_made_again(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", questions(3))
    assert refusal(path, tmp_path / "gone" / "data").id == "project-gone"
    assert not (tmp_path / "gone").exists()
