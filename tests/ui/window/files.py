"""Small files of examples for each goal, in which there is something to learn."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

ROWS = 150
PLACES = ("museum", "garden", "tower", "library")
TIMES = {"museum": "nine", "garden": "ten", "tower": "five", "library": "eight"}
MOODS = {"good": ("lovely", "kind", "bright"), "bad": ("cold", "rude", "dark"), "mixed": ("fair", "plain", "usual")}
GRADES = {"good": 5, "bad": 1, "mixed": 3}


def _table(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def _reviews() -> list[tuple[str, str]]:
    chance = random.Random(3)
    made = []
    for number in range(ROWS):
        mood = list(MOODS)[number % 3]
        words = chance.choice(MOODS[mood])
        made.append((f"Visit {number}: the {chance.choice(PLACES)} was {words} and the people were {words}.", mood))
    return made


def classes(folder: Path) -> Path:
    """Reviews, each good, bad or mixed."""
    return _table(folder / "reviews.csv", ("review", "category"), _reviews())


def grades(folder: Path) -> Path:
    """Reviews, each with a number."""
    rows = [(text, str(GRADES[mood])) for text, mood in _reviews()]
    return _table(folder / "grades.csv", ("review", "rating"), rows)


def marks(folder: Path) -> Path:
    """Sentences with marked places and times, one word on each line."""
    chance, lines = random.Random(4), []
    for number in range(ROWS):
        place = chance.choice(PLACES)
        for word in f"Group {number} meets at the".split():
            lines.append(f"{word} O")
        lines += [f"old B-place\n{place} I-place", "at O", f"{TIMES[place]} B-time", "", ""]
    path = folder / "sentences.conll"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def translations(folder: Path) -> Path:
    """Sentences and what they should become."""
    chance, rows = random.Random(5), []
    for number in range(ROWS):
        place = chance.choice(PLACES)
        rows.append((f"Number {number}: when does the {place} open?", f"The {place} opens at {TIMES[place]}."))
    return _table(folder / "pairs.csv", ("source", "target"), rows)


def documents(folder: Path) -> Path:
    """A plain text of many paragraphs."""
    chance, parts = random.Random(6), []
    for number in range(ROWS):
        place = chance.choice(PLACES)
        parts.append(f"On day {number} we went to the {place}. " + f"It opens at {TIMES[place]}. " * 24)
    path = folder / "diary.txt"
    path.write_text("\n\n".join(parts), encoding="utf-8")
    return path


def preferences(folder: Path) -> Path:
    """Questions with a warm and a curt answer."""
    path, chance = folder / "answers.jsonl", random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        for number in range(ROWS):
            place = chance.choice(PLACES)
            row = {
                "prompt": f"Guest {number} asks: when does the {place} open?",
                "chosen": f"Gladly, welcome: the {place} opens at {TIMES[place]}.",
                "rejected": f"At {TIMES[place]}. Read the sign.",
            }
            file.write(json.dumps(row) + "\n")
    return path


def thumbs(folder: Path) -> Path:
    """Questions with one answer each and whether it was liked."""
    rows = []
    for number in range(ROWS):
        place = PLACES[number % 4]
        liked = number % 2 == 0
        answer = f"Gladly: the {place} opens at {TIMES[place]}." if liked else "Read the sign."
        rows.append((f"Guest {number}: when does the {place} open?", answer, "yes" if liked else "no"))
    return _table(folder / "thumbs.csv", ("question", "answer", "liked"), rows)


FILES: dict[str, Callable[[Path], Path]] = {
    "sort": classes,
    "value": grades,
    "mark": marks,
    "transform": translations,
    "documents": documents,
    "prefer": preferences,
    "liked": thumbs,
}
"""A file for each objective."""
