"""What can be chosen in the methods of this family."""

from __future__ import annotations

from typing import Literal

from studio.api import Settings, setting


def size_setting(default: int, help: str, title: str = "Size of the changes", term: str = "rank") -> int:
    """A whole number that says how much can be learnt."""
    return setting(
        default,
        title,
        term=term,
        help=help,
        too_low="Only small changes can be learnt.",
        too_high="More memory, and examples are learnt by heart sooner.",
        minimum=1,
        maximum=4096,
        level="basic",
    )


class Target(Settings):
    """Where the changes sit."""

    target: Literal["all", "attention"] = setting(
        "all",
        "Where changes sit",
        term="target modules",
        help="In all parts of each layer, or only where words look at each other.",
        choices=(("all", "All parts"), ("attention", "Attention only")),
    )


class Rank(Target):
    """How many directions, and how strongly they speak."""

    rank: int = size_setting(8, "How many directions each change can move in.")
    alpha: float = setting(
        16.0,
        "Strength of the changes",
        term="alpha",
        help="How strongly the changes speak: strength divided by size.",
        too_low="The changes hardly speak.",
        too_high="Training becomes jumpy.",
        minimum=0.01,
        maximum=8192.0,
    )


class Shrinking(Rank):
    """Where additions begin and where they end."""

    rank: int = size_setting(12, "How many directions each addition begins with.", "Size at the beginning", "init_r")
    target_rank: int = size_setting(8, "How many it has at the end, on average.", "Size at the end", "target_r")


class Vectors(Target):
    """How many chance directions are shared."""

    rank: int = size_setting(256, "How many directions, drawn by chance, all layers share.")


class Reflections(Target):
    """How many mirrors."""

    rank: int = size_setting(8, "How many mirrors stand before each table.", "Number of mirrors")


class Shards(Target):
    """How large the shared piece is."""

    rank: int = size_setting(64, "How many rows the piece has that is repeated over the whole table.")


class Blocks(Target):
    """How large the blocks are that turn."""

    block: int = size_setting(
        32, "How many numbers turn together. Must divide the widths of the model.", "Size of a block", "block size"
    )


class SmallBlocks(Blocks):
    """Small blocks."""

    block: int = size_setting(
        4, "How many numbers turn together. Must divide the widths of the model.", "Size of a block", "block size"
    )


class Waves(Target):
    """How many waves."""

    count: int = setting(
        1000,
        "Number of waves",
        term="frequencies",
        help="Each change is a sum of so many waves over the table.",
        too_low="Only coarse changes can be learnt.",
        too_high="More memory.",
        minimum=1,
        maximum=1_000_000,
        level="basic",
    )


class Words(Settings):
    """Which tokens."""

    tokens: str = setting(
        "0-31",
        "Which words",
        term="token ids",
        help="Numbers and ranges of the model's tokens: 0-31, 4095. The special ones usually come first or last.",
        level="basic",
    )
