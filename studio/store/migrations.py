"""How a project's database came to its present form, in small named steps that are never edited afterwards.

A database of an earlier version is brought up to date when it is opened; one of a newer version is refused untouched.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlite_utils import Database

from studio.core.problem import StudioError


def _first_tables(db: Database) -> None:
    db.table("project").create({"key": str, "value": str}, pk="key")
    db.table("history").create({"position": int, "label": str, "config": str, "time": float}, pk="position")
    db.table("datasets").create(
        {"hash": str, "position": int, "file": str, "source": str, "report": str, "time": float}, pk="hash"
    )
    db.table("runs").create(
        {
            "id": str,
            "number": int,
            "config": str,
            "state": str,
            "step": int,
            "steps": int,
            "started": float,
            "ended": float,
            "best_step": int,
            "copied": int,
            "reason": str,
            "failure": str,
            "note": str,
            "deleted": float,
        },
        pk="id",
    )
    db.table("metrics").create(
        {"run": str, "step": int, "name": str, "value": float},
        pk=("run", "name", "step"),
        foreign_keys=[("run", "runs")],
    )


def _results(db: Database) -> None:
    db.table("samples").create(
        {"run": str, "step": int, "prompt": str, "text": str},
        pk=("run", "step", "prompt"),
        foreign_keys=[("run", "runs")],
    )
    db.table("evaluations").create(
        {"id": int, "run": str, "split": str, "time": float, "result": str}, pk="id", foreign_keys=[("run", "runs")]
    )
    db.table("exports").create(
        {"id": int, "run": str, "kind": str, "folder": str, "time": float, "result": str},
        pk="id",
        foreign_keys=[("run", "runs")],
    )


MIGRATIONS: tuple[Callable[[Database], None], ...] = (_first_tables, _results)
"""In order. The database's `user_version` is how many of them it has."""


def migrate(db: Database) -> None:
    """Bring a database up to this program's version, each step whole or not at all."""
    version = version_of(db)
    if version > len(MIGRATIONS):
        raise too_new()
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        with db.conn:
            db.conn.execute("BEGIN IMMEDIATE")
            migration(db)
            db.conn.execute(f"PRAGMA user_version = {number}")


def version_of(db: Database) -> int:
    """How many migrations a database has."""
    return int(db.conn.execute("PRAGMA user_version").fetchone()[0])


def too_new() -> StudioError:
    """The refusal of a project that a newer program has made."""
    return StudioError(
        "project-too-new",
        "This project was made by a newer version of the program.",
        data="It was not touched.",
        remedy="Install the newer version to open it.",
    )
