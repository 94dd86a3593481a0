"""What the pictures need besides the sample: files with flaws, a long-winded table, model folders that are refused."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

LONG_QUESTION = (
    "My grandmother, who is ninety-one, walks with a stick and does not like lifts; she would nevertheless very much "
    "like to see the bronze horse on the second floor, the tapestries, and, if there is time, the glass court: how "
    "should we plan our afternoon so that she can sit down at least every twenty minutes <b>or so</b>"
)
LONG_ANSWER = (
    "Gladly. Begin in the glass court, where there are chairs on every side, and take the ramp (not the lift) to the "
    "first floor; a bench stands in each second room. From there our colleagues will bring you up by the quiet "
    "staircase, eleven low steps with a rail on both sides. The bronze horse has a bench of its own; the tapestries "
    "are next door. On Tuesdays it is quietest after three, and tea is served until five."
)
RIGHT_TO_LEFT = "هل يمكننا تناول غدائنا الخاص في المتحف؟"
WIDE_SCRIPT = "博物館の中で自分たちのお弁当を食べてもいいですか。"
MARKUP = "<img src='file:///etc/hostname'><h1>Is this a heading?</h1> & is that an &amp;?"
LONG_NAME = "A very long project name about the questions of visitors with walking sticks, prams, dogs and time"
LONG_COLUMN = "the_question_as_it_was_written_by_the_visitor_on_the_paper_form_before_it_was_typed"


def long_table(folder: Path) -> Path:
    """A table whose cells, columns and name are longer than anything fits, in several scripts."""
    path = folder / "questions from the paper forms of the summer season, typed by three volunteers, second version.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([LONG_COLUMN, "answer", "remark"])
        for number in range(120):
            question = (LONG_QUESTION, RIGHT_TO_LEFT, WIDE_SCRIPT, MARKUP)[number % 4]
            writer.writerow([f"{question} ({number + 1})", f"{LONG_ANSWER} ({number + 1})", "x" * (number % 40)])
    return path


def large_table(folder: Path, rows: int = 300_000) -> Path:
    """A table that takes a moment to bring in."""
    path = folder / "ten years of questions.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("question,answer\n")
        file.writelines(f"When does room {n} open on day {n % 7}?,Room {n} opens at {n % 12}.\n" for n in range(rows))
    return path


def empty_table(folder: Path) -> Path:
    """A file with nothing in it."""
    path = folder / "visitors.csv"
    path.touch()
    return path


def model_with_pickles(folder: Path) -> Path:
    """A model folder that could run code, and so is refused."""
    path = folder / "downloaded-model"
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"model_type": "llama", "hidden_size": 64}))
    (path / "pytorch_model.bin").write_bytes(b"\x80\x04not a model")
    return path


def model_with_a_long_name(folder: Path, starter: Path) -> Path:
    """The starter model in a folder that has a name of its own."""
    path = folder / "small-house-style-decoder-for-museums-and-galleries-in-the-north-of-the-country-v2.1-final-final"
    shutil.copytree(starter, path)
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    # Another model in the eyes of the studio, which knows a model by what is in its folder.
    (path / "config.json").write_text(json.dumps(config | {"house": "a museum in the north"}), encoding="utf-8")
    return path
