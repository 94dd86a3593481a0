"""How examples become batches."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from studio.api import Example
from studio.core.config import TrainSettings
from studio.core.schedule import steps_per_epoch
from studio.engine.batches import WIDER, Layout, Portions, examples_of_step, lay_out, packed_rows
from studio.engine.examples import Examples

pytestmark = pytest.mark.engine


def some(lengths: list[int]) -> Examples:
    return Examples.of(
        Example(tuple(range(100 * i, 100 * i + n)), tuple(k >= n // 2 for k in range(n)))
        for i, n in enumerate(lengths, start=1)
    )


def test_every_epoch_shows_each_example_once_in_another_order() -> None:
    settings = TrainSettings(batch_size=4, seed=7)
    per = steps_per_epoch(10, settings)
    epochs = [
        [int(i) for s in range(e * per, (e + 1) * per) for i in examples_of_step(s, 10, settings)] for e in (0, 1)
    ]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_portions_lose_and_double_nothing_and_keep_to_their_limits() -> None:
    lengths = np.array([5, 50, 7, 30, 9, 11, 2, 64])
    for portions in (Portions(70), Portions(70, 2), Portions(70, packing=False), Portions(10)):
        split = list(portions.split(range(8), lengths))
        assert Counter(i for portion in split for i in portion) == Counter(range(8))
        assert all(len(portion) <= (portions.examples or 8) for portion in split)
        if portions.packing:
            assert all(sum(lengths[portion]) <= 70 or len(portion) == 1 for portion in split)
        else:
            assert all(len(portion) * max(lengths[portion]) <= 70 or len(portion) == 1 for portion in split)


def test_portions_are_halved_down_to_one_example() -> None:
    portions = Portions(1000)
    sizes = []
    largest = 8
    while smaller := portions.halved(largest):
        portions, largest = smaller, smaller.examples
        sizes.append(largest)
    assert sizes == [4, 2, 1]


@pytest.mark.parametrize(
    ("lengths", "rows"),
    [
        ([40, 22, 18, 17, 3], [[0], [1, 4], [2, 3]]),
        ([60, 50, 30, 8], [[0, 3], [1, 2]]),
        ([40, 22, 18], [[0], [1, 2]]),
        ([40, 30, 20], [[0], [1, 2]]),
        ([100, 3, 2], [[0, 1, 2]]),
        ([10, 10, 10, 10], [[0], [1], [2], [3]]),
        ([7], [[0]]),
    ],
)
def test_rows_are_filled_so_that_few_places_stay_empty(lengths: list[int], rows: list[list[int]]) -> None:
    assert packed_rows(list(range(len(lengths))), np.array(lengths), packing=True) == rows


def test_rows_of_any_lengths_hold_each_example_once_and_are_not_much_longer_than_the_longest() -> None:
    chance = np.random.default_rng(3)
    for count in (1, 2, 5, 40):
        lengths = np.sort(chance.integers(1, 300, count))[::-1]
        rows = packed_rows(list(range(count)), lengths, packing=True)
        assert sorted(place for row in rows for place in row) == list(range(count))
        assert max(int(lengths[row].sum()) for row in rows) <= WIDER * lengths[0]


def test_a_batch_teaches_the_next_token_only_within_its_own_example() -> None:
    examples = some([6, 4, 2])
    batch = lay_out(examples, [0, 1, 2], Layout("cpu"))
    assert batch.ids.tolist() == [[100, 101, 102, 103, 104, 105], [200, 201, 202, 203, 300, 301]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 0, 1]]
    assert batch.segments.tolist() == [[0] * 6, [1] * 4 + [2] * 2]
    assert batch.targets.tolist() == [[-100, -100, 103, 104, 105, -100], [-100, 202, 203, -100, 301, -100]]
    assert (batch.units, batch.tokens, batch.examples) == (6, 12, 3)


def test_an_example_that_teaches_nothing_is_left_out() -> None:
    examples = Examples.of([Example((1, 2, 3), (True, False, False)), Example((4, 5), (False, True))])
    assert examples.units.tolist() == [0, 1]
    assert examples.teaching().ids.tolist() == [4, 5]
