"""What a signal said, in order."""

from __future__ import annotations

from typing import Any


class Heard(list):
    """Connect it to a signal: it keeps each call's value, or the tuple of its values."""

    def __init__(self, signal: Any) -> None:
        super().__init__()
        signal.connect(self._take)

    def _take(self, *values: object) -> None:
        self.append(values[0] if len(values) == 1 else values)
