"""Writes the sample project's data: the museum help desk's rows, what is wrong with them, and what they are."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

from resources.make import desk, flaws
from resources.make.flaws import Planned

SEED = "Larkfield House"
COLUMNS = ("received", "topic", "question", "answer")

_READ_ME = """# Visitor questions

{rows:,} questions to the help desk of a museum, with the desk's answers in its warm house style. Larkfield House, its
cat and everybody who writes to it are invented. The texts were made by this project and are Apache-2.0.

`visitor-questions.csv` has the columns `received`, `topic`, `question` and `answer`. Like real data it has flaws, and
`flaws.json` says how many of each and in which rows (counted from 1, without the heading):

| flaw | rows |
|---|---|
{table}

No row has two planted flaws. A contradiction is one question with two answers that cannot both be true, so it counts
two rows. A duplicate is the copy, not the row it was copied from. Made by `python -m resources.make sample`.
"""


def compose() -> list[Planned]:
    """The sample's rows with the flaw planted in each; the same on every run."""
    chance = random.Random(SEED)
    return flaws.planted(desk.clean_rows(chance), chance)


def as_csv(planned: list[Planned]) -> str:
    """The rows as comma-separated values with a heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in planned:
        row = entry.row
        writer.writerow((row.received, row.topic, row.question, row.answer))
    return text.getvalue()


def planted_flaws(planned: list[Planned]) -> dict[str, list[int]]:
    """The numbers of the rows with each flaw, counted from 1."""
    found: dict[str, list[int]] = {}
    for number, entry in enumerate(planned, 1):
        if entry.flaw is not None:
            found.setdefault(entry.flaw, []).append(number)
    return dict(sorted(found.items()))


def write_sample(folder: Path) -> None:
    """The data, its flaws and its description."""
    folder.mkdir(parents=True, exist_ok=True)
    planned = compose()
    found = planted_flaws(planned)
    counted = {flaw: {"count": len(rows), "rows": rows} for flaw, rows in found.items()}
    noted = json.dumps({"rows": len(planned), "flaws": counted}, indent=1, ensure_ascii=False)
    table = "\n".join(f"| {flaw} | {len(rows)} |" for flaw, rows in found.items())
    _write(folder / "visitor-questions.csv", as_csv(planned))
    _write(folder / "flaws.json", noted + "\n")
    _write(folder / "README.md", _READ_ME.format(rows=len(planned), table=table))


def _write(path: Path, text: str) -> None:
    """The same bytes on every system."""
    path.write_bytes(text.encode("utf-8"))
