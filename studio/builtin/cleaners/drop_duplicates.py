"""Leaving out examples that are there more than once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from studio.api import Cleaner, Dropped, Kept, Settings, setting

_SPACE = re.compile(r"\s+")
_DIGEST = 16
"""Bytes remembered per example: with a billion examples, two different ones are mistaken once in 10^20 times."""


class DropDuplicatesSettings(Settings):
    """What counts as the same."""

    lightly: bool = setting(
        True,
        "Overlook capitals and spacing",
        help="“Opening hours?” and “opening  hours?” count as the same.",
        level="basic",
    )


class DropDuplicates(Cleaner[DropDuplicatesSettings]):
    """Keeps the first of several equal examples. Remembers 16 bytes of each, whatever its length."""

    id = "drop-duplicates"
    title = "Leave out repeated examples"
    term = "exact duplicates"
    summary = "Keeps the first of several examples that say the same."
    explanation = (
        "An example that is there ten times is learnt ten times as strongly, often by heart. All columns in use are "
        "compared; two different answers to one question both stay."
    )
    order = 40
    Settings = DropDuplicatesSettings

    def clean(
        self, rows: Iterable[dict[str, str]], roles: Mapping[str, str], settings: DropDuplicatesSettings
    ) -> Iterator[Kept | Dropped]:
        used = sorted(column for column, role in roles.items() if role)
        seen: set[bytes] = set()
        for row in rows:
            digest = _digest([row.get(column, "") for column in used], settings.lightly)
            if digest in seen:
                yield Dropped("the same as an earlier example")
                continue
            seen.add(digest)
            yield Kept(row)


def _digest(cells: list[str], lightly: bool) -> bytes:
    if lightly:
        cells = [_SPACE.sub(" ", cell).strip().casefold() for cell in cells]
    return hashlib.blake2b("\x1f".join(cells).encode(errors="surrogatepass"), digest_size=_DIGEST).digest()
