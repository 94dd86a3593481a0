from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.ui.fonts import font
from studio.ui.theme import DARK, LIGHT, Tokens, apply_theme, tokens
from studio.ui.widgets.labels import ElidedLabel, Label, elided, is_right_to_left
from studio.ui.widgets.notices import Notice
from studio.ui.widgets.paint import escaped, plain_tooltip

EVIL = "<b>bold</b> <img src='file:///etc/hostname'> & more"


def test_a_label_shows_markup_as_it_is(show):
    label = show(Label(EVIL))
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.width() >= QFontMetrics(label.font()).horizontalAdvance(EVIL)


def test_every_label_of_the_kit_is_plain_text(show):
    notice = show(Notice(EVIL, "warn", detail=EVIL))
    assert all(each.textFormat() == Qt.TextFormat.PlainText for each in notice.findChildren(QLabel))


def test_a_tooltip_shows_markup_as_it_is(show):
    label = show(Label("x"))
    plain_tooltip(label, EVIL)
    assert "<b>" not in label.toolTip()
    assert "&lt;img" in label.toolTip()
    assert escaped("") == ""


def test_a_wrapped_label_gets_its_height_in_a_tight_column_and_gives_it_back(show, app):
    window = QWidget()
    column = QVBoxLayout(window)
    label = Label("many short words that need several lines when the column is tight " * 3, wrap=True)
    column.addWidget(label)
    column.addStretch(1)
    show(window, 160, 500)
    line = QFontMetrics(label.font()).height()
    tight = label.height()
    assert tight >= label.heightForWidth(label.width()) >= 8 * line
    window.resize(900, 500)
    app.processEvents()
    assert label.width() > 800
    assert label.height() < tight / 3


@pytest.mark.parametrize("text", ["one two three " * 30, "a\nb\n\nc", "日本語の文章" * 20])
@pytest.mark.parametrize("width", [150, 420])
def test_a_wrapped_label_reckons_its_height_as_qt_does(show, text, width):
    ours, theirs = Label(text, wrap=True), QLabel(text)
    theirs.setFont(ours.font())
    theirs.setTextFormat(Qt.TextFormat.PlainText)
    theirs.setWordWrap(True)
    assert ours.heightForWidth(width) == theirs.heightForWidth(width)


def test_text_elides_at_its_own_end(show):
    label = show(ElidedLabel("A long name that does not fit into so little room"), 120)
    assert label.shown_text().endswith("…")
    assert label.text().endswith("room")
    label.grab()
    assert "room" in label.toolTip()
    label.resize(600, 20)
    label.grab()
    assert label.toolTip() == ""


def test_right_to_left_text_is_seen_as_such():
    assert is_right_to_left("هل يوجد دليل")
    assert is_right_to_left("12 שלום")
    assert not is_right_to_left("Is there a guide? هل")
    assert not is_right_to_left("123")


def test_right_to_left_text_begins_at_the_right(show):
    label = show(ElidedLabel("هل"), 300)
    image = label.grab().toImage()
    ground = image.pixelColor(0, 0)
    inked = [x for x in range(image.width()) if any(image.pixelColor(x, y) != ground for y in range(image.height()))]
    assert inked
    assert min(inked) > 200


def test_a_huge_cell_costs_no_more_than_a_short_one(show):
    metrics = QFontMetrics(font("body"))
    assert elided("word " * 2_000_000, metrics, 100).endswith("…")
    assert elided("first\nsecond", metrics, 900) == "first second"


def test_a_label_changes_its_colour_with_the_theme(show, app):
    label = show(Label("second", "second"))
    light = label.palette().windowText().color().name()
    apply_theme(app, "dark")
    try:
        label.ensurePolished()
        assert label.palette().windowText().color().name() == tokens().second.name() != light
    finally:
        apply_theme(app, "light")


def luminance(colour) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b) -> float:
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_words_stand_out_from_every_ground_they_are_written_on(palette: Tokens):
    p = palette
    for ground in (p.canvas, p.rail, p.card, p.sunken):
        for ink in (p.text, p.second, p.quiet, p.accent, p.train, p.valid, p.good, p.warn, p.bad):
            assert contrast(ink, ground) >= 4.5
    for tone in ("train", "valid", "good", "warn", "bad", "accent"):
        assert contrast(p.named(tone), p.named(f"{tone}_tint")) >= 4.5
    assert contrast(p.on_fill, p.fill) >= 4.5
    assert contrast(p.control, p.card) >= 3


def test_type_roles_are_multiples_of_the_system_font(app):
    base = font("body")
    sizes = {role: font(role).pointSizeF() / base.pointSizeF() for role in ("caption", "title", "verdict")}
    assert sizes == pytest.approx({"caption": 0.92, "title": 1.7, "verdict": 1.85}, rel=0.02)
    assert {font(role).weight() for role in ("heading", "number", "title")} == {600}
