"""Leaving out examples that are far too long, or too short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from studio.api import Cleaner, Dropped, Kept, Settings, setting
from studio.builtin.conversations import said


class LimitLengthSettings(Settings):
    """How long an example may be."""

    longest: int = setting(
        10_000,
        "Longest example",
        help="Examples with more characters than this, all columns together, are left out. 0 sets no limit.",
        too_low="Good long answers are left out.",
        too_high="Examples stay that will be cut off in training.",
        minimum=0,
        maximum=100_000_000,
        unit="characters",
        level="basic",
        logarithmic=True,
        good=(2_000, 50_000),
    )
    shortest: int = setting(
        0,
        "Shortest example",
        help="Examples with fewer characters than this are left out. 0 sets no limit.",
        minimum=0,
        maximum=1_000_000,
        unit="characters",
    )


class LimitLength(Cleaner[LimitLengthSettings]):
    """Drops examples beyond the bounds; changes nothing."""

    id = "limit-length"
    title = "Leave out over-long examples"
    summary = "Leaves out rows that are far longer than the others should be."
    explanation = (
        "A row of many pages is usually a mistake: a whole document in one cell, or two rows run together. It would "
        "be cut off in training anyway, and it slows everything down. About four characters are one token in English."
    )
    order = 50
    Settings = LimitLengthSettings

    def clean(
        self, rows: Iterable[dict[str, str]], roles: Mapping[str, str], settings: LimitLengthSettings
    ) -> Iterator[Kept | Dropped]:
        used = [column for column, role in roles.items() if role]
        for row in rows:
            length = sum(said(row.get(column, "")) for column in used)
            if settings.longest and length > settings.longest:
                yield Dropped(f"{length:,} characters long")
            elif length < settings.shortest:
                yield Dropped(f"only {length:,} characters long")
            else:
                yield Kept(row)
