from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.ui.theme import apply_theme, tokens
from studio.ui.widgets.chart_parts import log_ticks, nice_ticks, smoothed, spread, thinned
from studio.ui.widgets.loss_chart import LossChart
from studio.ui.widgets.loss_data import Series
from studio.ui.widgets.schedule_chart import ScheduleChart
from tests.ui.kit.gallery import losses
from tests.ui.kit.heard import Heard


@pytest.fixture
def chart(show) -> LossChart:
    made = LossChart("Error on the examples")
    made.set_run(1290)
    made.set_points(*losses())
    return show(made, 640, 320)


def test_thinning_keeps_every_spike():
    x = np.arange(1_000_000, dtype=float)
    y = np.zeros_like(x)
    y[123_456], y[765_432] = 9.0, -9.0
    thin_x, thin_y = thinned(x, y)
    assert len(thin_x) <= 2100
    assert (thin_y.max(), thin_y.min()) == (9.0, -9.0)
    assert thin_x[0] == 0
    assert thin_x[-1] == 999_999
    assert (np.diff(thin_x) > 0).all()


def test_few_points_are_left_as_they_are():
    x = np.arange(10, dtype=float)
    assert thinned(x, x)[0] is x


def test_smoothing_is_the_mean_of_the_last_points():
    assert smoothed(np.array([1.0, 2.0, 3.0, 4.0]), 2).tolist() == [1.0, 1.5, 2.5, 3.5]


@pytest.mark.parametrize(("low", "high"), [(0.61, 2.4), (0, 0.00042), (3, 9000), (-2, 2)])
def test_ticks_are_few_and_round(low, high):
    found = nice_ticks(low, high)
    assert 3 <= len(found) <= 6
    assert all(low <= tick <= high + 1e-9 for tick in found)


def test_ticks_of_a_logarithmic_axis_are_round_numbers():
    assert [round(10**tick, 3) for tick in log_ticks(math.log10(0.8), math.log10(12))] == [1, 2, 5, 10]


def test_names_at_the_lines_ends_never_overlap():
    for wanted in ([50.0, 52.0], [10.0, 10.0], [0.0, 3.0], [98.0, 99.0]):
        placed = spread(wanted, 14, 7, 93)
        assert abs(placed[0] - placed[1]) >= 14
        assert all(7 <= y <= 93 for y in placed)
    assert spread([20.0, 60.0], 14, 0, 100) == [20.0, 60.0]


def test_a_series_grows_in_order_and_leaves_out_what_is_no_number():
    series = Series()
    assert series.append([(1, 2.0), (2, float("nan")), (3, 1.0), (3, 9.0), (2, 9.0), (4, float("inf"))])
    assert not series.append([(3, 5.0)])
    assert series.steps.tolist() == [1, 3]
    series.append((float(i), 5.0) for i in range(4, 2000))
    assert series.size == 1998
    assert series.best() == (3.0, 1.0)
    assert series.nearest(3.4) == (3.0, 1.0)


def test_the_chart_says_what_it_shows(chart):
    said = chart.summary()
    assert said.startswith("Error on the examples.")
    assert "Best validation: 1.01 at step 720." in said
    assert chart.accessibleDescription() == said


def test_an_empty_chart_says_so(show):
    chart = show(LossChart(), 400, 200)
    assert "no measurements yet" in chart.summary()
    chart.grab()


def test_new_points_are_drawn_soon_and_together(chart, app):
    before = chart.train.size
    for step in range(800, 900):
        chart.append(train=[(step, 0.9)])
    assert chart.train.size == before + 100
    assert chart._redraw_timer.isActive()
    chart.flush()
    assert chart.curves.line.getData()[0][-1] == 899
    assert not chart._redraw_timer.isActive()


def test_of_a_long_run_no_more_points_are_drawn_than_can_be_told_apart(show):
    chart = show(LossChart(), 700, 300)
    chart.append(train=((float(i), 2 + math.sin(i / 999)) for i in range(300_000)))
    chart.flush()
    assert len(chart.curves.raw.getData()[0]) <= 2100


def test_keys_move_the_crosshair_zoom_and_go_back(chart):
    hovered, zoomed = Heard(chart.hovered), Heard(chart.zoomed)
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert hovered[-1] == 756
    assert "Step 756, training" in chart.readout()
    QTest.keyClick(chart, Qt.Key.Key_Plus)
    low, high = zoomed[-1]
    assert high - low < 800
    QTest.keyClick(chart, Qt.Key.Key_0)
    low, high = zoomed[-1]
    assert low <= 0
    assert high >= 1290
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert hovered[-1] is None


def test_the_pointer_reads_the_nearest_step_and_leaves_it_again(chart):
    hovered = Heard(chart.hovered)
    area = chart.marks.plot_area()
    QTest.mouseMove(chart.plot.viewport(), QPoint(int(area.left() + 60), int(area.center().y())))
    QTest.mouseMove(chart.plot.viewport(), QPoint(int(area.left() + 100), int(area.center().y())))
    assert hovered
    assert hovered[-1] % 4 == 0
    chart.grab()


def test_the_zoom_button_is_off_while_all_is_shown(chart):
    assert not chart.zoom_button.isEnabled()
    chart.set_x_range(100, 400)
    assert chart.zoom_button.isEnabled()
    low, high = chart.view.viewRange()[0]
    assert (low, high) == pytest.approx((100, 400), abs=5)
    QTest.mouseClick(chart.zoom_button, Qt.MouseButton.LeftButton)
    assert chart.view.viewRange()[0][1] >= 1290


def test_logarithmic_values_are_drawn_and_worded_as_themselves(chart):
    QTest.mouseClick(chart.scale_switch._segments["log"], Qt.MouseButton.LeftButton)
    assert chart.log
    drawn = chart.curves.valid.getData()[1]
    assert drawn[0] == pytest.approx(math.log10(chart.validation.values[0]))
    assert chart.left.tickStrings([0.0], 1, 1) == ["1"]


def test_raw_shows_the_measurements_alone(chart):
    QTest.mouseClick(chart.smooth_switch._segments["raw"], Qt.MouseButton.LeftButton)
    assert not chart.curves.line.isVisible()
    assert chart.curves.raw.getData()[1].tolist() == chart.train.values.tolist()


def test_one_wild_step_does_not_press_the_curve_flat(show):
    chart = show(LossChart(), 500, 240)
    points = [(float(i), 2.0 - i / 1000) for i in range(1000)]
    points[500] = (500.0, 900.0)
    chart.set_points(points, [])
    assert chart.view.viewRange()[1][1] < 5


def test_curves_follow_the_theme(chart, app):
    apply_theme(app, "dark")
    try:
        assert chart.curves.valid.opts["pen"].color().name() == tokens().valid.name()
    finally:
        apply_theme(app, "light")
    assert chart.curves.valid.opts["pen"].color().name() == tokens().valid.name()


def test_a_stopped_run_and_an_early_stop_are_drawn(chart):
    chart.set_early_stop(960, "Stops early here, unless a check beats 0.98")
    area = chart.ground.plot_area()
    shaded = chart.ground.at(1100, 0).x()
    image = chart.plot.grab().toImage()
    assert image.pixelColor(int(shaded), int(area.top() + 60)).name() == tokens().sunken.name()
    chart.set_stopped(760, "Stopped here, saved at step 720")
    image = chart.plot.grab().toImage()
    line = [image.pixelColor(int(chart.marks.at(760, 0).x()) + d, int(area.bottom() - 4)).name() for d in (-1, 0, 1)]
    assert tokens().bad.name() in line or any(colour != tokens().card.name() for colour in line)


def test_the_learning_rate_curve_is_told(show):
    chart = show(ScheduleChart(), 500, 140)
    curve = [(0.0, 0.0), (0.05, 0.0004), (1.0, 0.0)]
    chart.set_curves(curve, [(x, y / 2) for x, y in curve], 3)
    assert chart.summary() == ("Rises to 0.0004 after 5% of the run and ends at 0. Recommended: up to 0.0002.")
    assert [words for _at, words in chart.bottom.fixed] == ["first time through", "second", "third"]
    chart.set_curves([], [], 1)
    chart.grab()
