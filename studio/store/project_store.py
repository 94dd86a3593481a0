"""One open project.db: its settings, the wizard's history, datasets, runs with their metrics, and results.

Used from one thread at a time by the one process that may write. Everything is a plain row; reading and writing
of meaning (RunConfig, reports) happens above.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from studio.core.problem import StudioError
from studio.store.migrations import MIGRATIONS, migrate, too_new, version_of

Row = dict[str, Any]


class ProjectStore:
    """An open database. `writable` is False for a second opener, which only reads."""

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        self.path = path
        self.writable = writable
        self.db = _connect(path, writable)

    def close(self) -> None:
        """Close the database; harmless when closed already."""
        self.db.conn.close()

    # ------------------------------------------------------------------------------------------------ settings

    def get(self, key: str, default: str = "") -> str:
        """A project setting by name."""
        row = self.db.conn.execute("SELECT value FROM project WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def put(self, key: str, value: str) -> None:
        """Set a project setting."""
        self._table("project").upsert({"key": key, "value": value}, pk="key")

    # ------------------------------------------------------------------------------------------ wizard's history

    def history(self) -> list[Row]:
        """Every kept state of the wizard, oldest first."""
        return list(self._table("history").rows_where(order_by="position"))

    def keep(self, position: int, label: str, config: str) -> None:
        """Keep a state at a position and forget what was undone beyond it."""
        with self.db.conn:
            self.db.conn.execute("DELETE FROM history WHERE position >= ?", (position,))
            self.db.conn.execute(
                "INSERT INTO history (position, label, config, time) VALUES (?, ?, ?, ?)",
                (position, label, config, time.time()),
            )
            self._set_position(position)

    def move_to(self, position: int) -> None:
        """Remember which kept state is the present one."""
        with self.db.conn:
            self._set_position(position)

    def position(self) -> int:
        """The present state's position; -1 when there is none yet."""
        return int(self.get("position", "-1"))

    def _set_position(self, position: int) -> None:
        self.db.conn.execute("INSERT OR REPLACE INTO project (key, value) VALUES ('position', ?)", (str(position),))

    # ----------------------------------------------------------------------------------------------- datasets

    def datasets(self) -> list[Row]:
        """Imported datasets in the order they came; `report` is what the import said."""
        return [_with_json(row, "report") for row in self._table("datasets").rows_where(order_by="position")]

    def put_dataset(self, hash: str, file: str, source: str, report: Row) -> None:
        """Remember an imported dataset. The same content twice is one dataset."""
        count = self.db.conn.execute("SELECT count(*) FROM datasets").fetchone()[0]
        row = {"hash": hash, "position": count, "file": file, "source": source, "report": json.dumps(report)}
        self._table("datasets").insert({**row, "time": time.time()}, pk="hash", replace=True)

    # ---------------------------------------------------------------------------------------------------- runs

    def runs(self, *, deleted: bool = False) -> list[Row]:
        """Runs, newest first; the deleted ones when asked."""
        where = "deleted IS NOT NULL" if deleted else "deleted IS NULL"
        return list(self._table("runs").rows_where(where, order_by="number desc"))

    def run(self, id: str) -> Row:
        """One run's row. Raises StudioError when there is none."""
        rows = list(self._table("runs").rows_where("id = ?", [id]))
        if not rows:
            raise StudioError(
                "run-missing",
                f"There is no run called {id} in this project.",
                data="Nothing was changed.",
                remedy="List the project's runs and choose one of them.",
            )
        return rows[0]

    def add_run(self, id: str, config: str, started: float) -> int:
        """Note a new run; returns its number, counted from 1."""
        number = 1 + int(self.db.conn.execute("SELECT coalesce(max(number), 0) FROM runs").fetchone()[0])
        row = {"id": id, "number": number, "config": config, "state": "waiting", "started": started}
        self._table("runs").insert({**row, "step": 0, "steps": 0, "copied": 0, "note": ""}, pk="id")
        return number

    def update_run(self, id: str, **values: Any) -> None:
        """Change some of a run's values."""
        self._table("runs").update(id, values)

    def copy_events(self, id: str, changes: Row, metrics: Iterable[Row], samples: Iterable[Row]) -> None:
        """Take in what new events say, all or nothing. Keys make copying twice harmless."""
        with self.db.conn:
            self.db.conn.executemany(
                "INSERT OR REPLACE INTO metrics (run, step, name, value) VALUES (:run, :step, :name, :value)", metrics
            )
            self.db.conn.executemany(
                "INSERT OR REPLACE INTO samples (run, step, prompt, text) VALUES (:run, :step, :prompt, :text)", samples
            )
            columns = ", ".join(f"{name} = :{name}" for name in changes)
            self.db.conn.execute(f"UPDATE runs SET {columns} WHERE id = :id", {**changes, "id": id})

    def metrics(self, run: str) -> list[Row]:
        """Every measured value of a run, by step."""
        return list(self._table("metrics").rows_where("run = ?", [run], order_by="step"))

    def metric(self, run: str, name: str, step: int | None = None) -> float | None:
        """One measured value: at a step, or the newest; None when there is none."""
        where, values = ("AND step = ?", (run, name, step)) if step is not None else ("", (run, name))
        query = f"SELECT value FROM metrics WHERE run = ? AND name = ? {where} ORDER BY step DESC LIMIT 1"
        row = self.db.conn.execute(query, values).fetchone()
        return row[0] if row else None

    def samples(self, run: str) -> list[Row]:
        """The answers a run gave on its way, by step."""
        return list(self._table("samples").rows_where("run = ?", [run], order_by="step"))

    # ------------------------------------------------------------------------------------------------- results

    def add_result(self, table: str, row: Row, result: Row) -> None:
        """Keep an evaluation or an export (`table` is "evaluations" or "exports")."""
        self._table(table).insert({**row, "time": time.time(), "result": json.dumps(result)}, pk="id")

    def results(self, table: str) -> list[Row]:
        """Evaluations or exports, newest first."""
        return [_with_json(row, "result") for row in self._table(table).rows_where(order_by="id desc")]

    def _table(self, name: str) -> Any:
        return self.db.table(name)


def _with_json(row: Row, column: str) -> Row:
    return {**row, column: json.loads(row[column])}


def _connect(path: Path, writable: bool) -> Database:
    """Open the database: the one writer migrates it; a reader opens it read-only."""
    try:
        if not writable:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            db = Database(connection)
            if version_of(db) > len(MIGRATIONS):
                raise too_new()
            return db if version_of(db) == len(MIGRATIONS) else _migrated_copy(connection)
        if path.exists():
            _refuse_newer(path)
        connection = sqlite3.connect(path, check_same_thread=False, timeout=5.0)
        db = Database(connection)
        _set_journal(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(db)
        return db
    except sqlite3.DatabaseError as error:
        raise StudioError(
            "project-damaged",
            "The project's database can't be read; it may be damaged or not a project at all.",
            data="Nothing was changed. Data files and runs in the folder are separate and not affected.",
            remedy="Open a copy of the project folder from your backup.",
        ) from error


def _migrated_copy(connection: sqlite3.Connection) -> Database:
    """An older project that may not be written to: brought up to date in memory, the file left as it is."""
    copy = Database(memory=True)
    connection.backup(copy.conn)
    connection.close()
    migrate(copy)
    return copy


def _refuse_newer(path: Path) -> None:
    """Look at the version through a read-only connection, so that a newer project is left untouched."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        if version_of(Database(connection)) > len(MIGRATIONS):
            raise too_new()
    finally:
        connection.close()


def _set_journal(connection: sqlite3.Connection) -> None:
    """WAL only where SQLite is free of its corruption bug (from 3.51.3); a plain journal otherwise."""
    wal = sqlite3.sqlite_version_info >= (3, 51, 3)
    connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'TRUNCATE'}")
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if wal else 'FULL'}")
