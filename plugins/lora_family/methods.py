"""One method for each row of the table."""

from __future__ import annotations

from studio.api import NoSettings, Settings

from .family import Family
from .shrinking import Shrinking
from .table import TABLE, Row

OF_THEIR_OWN: dict[str, type[Family]] = {"adalora": Shrinking}


def _made(row: Row) -> type[Family]:
    """The row as a class of its own."""
    facts = {name: getattr(row, name) for name in ("id", "title", "term", "summary", "order")}
    facts["explanation"] = f"{row.explanation} ({row.source})"
    facts["Settings"] = NoSettings if row.settings is Settings else row.settings
    base = OF_THEIR_OWN.get(row.id, Family)
    return type(row.config.removesuffix("Config"), (base,), {**facts, "row": row, "__doc__": row.source})


PLUGINS = tuple(_made(row) for row in TABLE)
