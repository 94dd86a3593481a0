from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible, QColor

from studio.ui.theme import tokens
from studio.ui.widgets.gauges import MemoryBar, Part, ProgressBar, Sparkline, SplitBar
from studio.ui.widgets.intervals import Interval, IntervalRow
from studio.ui.widgets.layers import LayerStack, thinned

GB = 1024**3


def near(a: QColor, b: QColor) -> bool:
    return max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue())) < 40


def share_of(widget, colour: QColor) -> float:
    """How much of the widget has a colour."""
    image = widget.grab().toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    return sum(near(image.pixelColor(x, y), colour) for x, y in places) / len(places)


@pytest.mark.parametrize(("needed", "fit"), [(5.2, "ok"), (9.8, "warn"), (26.8, "bad")])
def test_the_memory_bar_tells_whether_it_fits_in_words_and_colour(show, needed, fit):
    bar = show(MemoryBar("Memory"), 240, 40)
    bar.set_memory(needed * GB, 12 * GB)
    assert bar.fit() == fit
    assert bar.words() == f"{needed} of 12 GB"
    told = {"ok": "fits", "warn": "nearly full", "bad": "does not fit"}[fit]
    assert bar.accessibleDescription().endswith(told)
    colour = {"ok": tokens().train, "warn": tokens().warn, "bad": tokens().bad}[fit]
    assert share_of(bar, colour) > 0.03


def test_what_was_not_measured_is_not_drawn_as_a_number(show):
    bar = show(MemoryBar(), 240, 40)
    bar.set_memory(None, None)
    assert bar.words() == "not known"
    bar.set_memory(3 * GB, None)
    assert bar.words() == "3 GB"
    assert "fits" not in bar.accessibleDescription()


def test_progress_tells_its_share(show):
    bar = show(ProgressBar(), 300, 8)
    bar.set_progress(0.5, (1 / 3, 2 / 3))
    assert QAccessible.queryAccessibleInterface(bar).role() == QAccessible.Role.ProgressBar
    assert bar.value() == 500
    assert bar.accessibleDescription() == "50 %"
    assert 0.4 < share_of(bar, tokens().fill) < 0.55
    bar.set_progress(None)
    assert bar.accessibleDescription() == "not known yet"


def test_a_split_tells_its_parts_and_copes_with_none(show):
    bar = show(SplitBar(), 300, 40)
    bar.set_parts([Part(3442, "train", "train"), Part(431, "validate", "valid"), Part(0, "test", "control")])
    assert bar.accessibleName() == "3,442 train, 431 validate, 0 test"
    assert share_of(bar, tokens().train) > share_of(bar, tokens().valid) > 0
    bar.set_parts([Part(0, "train")])
    bar.grab()


def test_a_sparkline_bears_no_values_one_value_and_many(show):
    line = show(Sparkline(), 120, 28)
    for values in ([], [1.0], [1.0, float("nan"), 2.0], [3.0] * 10, list(range(100_000))):
        line.set_values(values)
        line.grab()


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["frozen"] * 22 + ["trained"] * 2, ["frozen"] * 5 + ["trained"]),
        (["trained"] * 30, ["trained"] * 6),
        (["notes"] * 4, ["notes"] * 4),
        (["frozen"] * 12 + ["trained"] * 12, ["frozen"] * 3 + ["trained"] * 3),
    ],
)
def test_many_layers_are_drawn_in_proportion_and_none_is_lost(layers, expected):
    assert thinned(layers) == expected


def test_the_layer_stack_says_what_changes(show):
    stack = show(LayerStack())
    stack.set_layers(["frozen"] * 4 + ["trained"] * 2, head="trained")
    assert stack.accessibleName() == "6 layers: 2 change, 4 stay as they are, and the head is trained"
    assert share_of(stack, tokens().train) > 0.1
    stack.set_layers(["frozen"] * 6)
    assert share_of(stack, tokens().train) == 0


def test_intervals_are_told_and_drawn_on_their_scale(show):
    drawn = show(Interval(), 400, 90)
    drawn.set_scale(0, 100, ticks=[(0, "0 %"), (100, "100 %")], no_difference=50, no_difference_words="no difference")
    drawn.set_rows([IntervalRow("Preferred", 69, 82, 90, "82 %")])
    assert drawn.accessibleName() == "Preferred 82 %"
    image = drawn.grab().toImage()
    inked = [
        x for x in range(80, 340) if any(near(image.pixelColor(x, y), tokens().good) for y in range(image.height()))
    ]
    assert min(inked) > 230
    compact = show(Interval(compact=True), 90, 20)
    compact.set_scale(-1, 1, no_difference=0)
    compact.set_rows([IntervalRow("x", -5, 0.5, 9)])
    compact.grab()
