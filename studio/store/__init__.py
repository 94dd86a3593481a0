"""The project's database: SQLite through sqlite-utils, one writer. Rows are dicts. Knows no Qt and no torch."""
