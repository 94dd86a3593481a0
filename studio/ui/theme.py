"""Colour tokens, sizes and the one place where the program's look is put on the application.

Widgets ask `tokens()` while they paint, so a change of theme needs nothing but a repaint. This module knows
nothing of pages or projects.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from studio.ui.fonts import use_fallback_families
from studio.ui.stylesheet import stylesheet

ThemeName = Literal["light", "dark", "system"]

# Space: a 4-pixel grid. Heights are minimums; a larger system font makes controls grow.
SPACE_4, SPACE_8, SPACE_12, SPACE_16, SPACE_24, SPACE_32 = 4, 8, 12, 16, 24, 32
PAGE_MARGIN, CARD_PADDING, CARD_GAP = SPACE_24, SPACE_16, SPACE_12
RADIUS_CONTROL, RADIUS_CARD = 6, 10
HEIGHT_BUTTON, HEIGHT_SMALL, HEIGHT_ROW, HEIGHT_STEP = 32, 26, 32, 52
HEIGHT_FIELD, HEIGHT_TOP, HEIGHT_BOTTOM = 58, 52, 56
WIDTH_RAIL, WIDTH_EXPLAIN, WIDTH_FORM = 208, 280, 800
ICON_SMALL, ICON_LARGE = 16, 20


@dataclass(frozen=True)
class Tokens:
    """Every colour a widget may use. Text on its background is at least 4.5:1 in both palettes."""

    dark: bool
    canvas: QColor
    rail: QColor
    card: QColor
    sunken: QColor
    border: QColor
    grid: QColor
    edge: QColor
    trough: QColor
    control: QColor
    hover: QColor
    select: QColor
    text: QColor
    second: QColor
    quiet: QColor
    disabled: QColor
    accent: QColor
    fill: QColor
    on_fill: QColor
    accent_tint: QColor
    train: QColor
    train_tint: QColor
    valid: QColor
    valid_tint: QColor
    good: QColor
    good_tint: QColor
    warn: QColor
    warn_tint: QColor
    bad: QColor
    bad_tint: QColor
    frozen: QColor
    frozen_line: QColor

    def named(self, name: str) -> QColor:
        """The colour called `name`; a name that is no token is a bug and raises AttributeError."""
        return getattr(self, name)

    def hexadecimal(self) -> dict[str, str]:
        """Every colour by its name, as "#rrggbb"."""
        return {field.name: self.named(field.name).name() for field in fields(self) if field.name != "dark"}


def _palette_of(dark: bool, columns: str) -> Tokens:
    names = [field.name for field in fields(Tokens) if field.name != "dark"]
    colours = {name: QColor(f"#{value}") for name, value in zip(names, columns.split(), strict=True)}
    return Tokens(dark=dark, **colours)


LIGHT = _palette_of(
    False,
    "FBFBFA F3F3F1 FFFFFF F1F1EE E2E2DD ECECE8 C9CAC6 E6E6E2 83868A ECECE8 E6E7E8 1C1E22 50545B 666A71 A3A6AB "
    "2456C6 2456C6 FFFFFF E8EEFB 1F66C0 E3EEFA A84908 FBEBDD 1A7546 E4F3EA 835600 FCF1D8 B0271D FBE7E4 "
    "DADBD8 C4C6C3",
)
DARK = _palette_of(
    True,
    "1C1D20 161719 242529 191A1D 36383D 2F3135 4A4D53 101113 7C8087 2B2D31 2C2E33 ECEDEF B5B9C0 989CA5 686C73 "
    "94B4FF 3A68D8 FFFFFF 25314D 7DB2FF 22344F FFA55C 43301F 63C98F 1F3529 E8B857 3A3120 FF9086 432624 "
    "3B3D42 4C4F55",
)


class Appearance(QObject):
    """The look in use. `changed` is emitted after palette and style sheet are in place."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.current = LIGHT
        self.asked_for: ThemeName = "light"
        # Whether the focus was last moved by the keyboard: then its ring is drawn.
        self.by_keyboard = False

    def note_focus(self, now: QWidget | None) -> None:
        """Remember how the focus came to a widget. A focus that the program sets keeps the person's last way."""
        if now is None:
            return
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self.by_keyboard = False
        elif now.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            self.by_keyboard = True


@cache
def appearance() -> Appearance:
    """The program's one appearance; connect to `appearance().changed` for what does not simply repaint."""
    return Appearance()


def tokens() -> Tokens:
    """The colours in use now."""
    return appearance().current


def apply_theme(app: QApplication, name: ThemeName = "system") -> None:
    """Put the look on the application: Fusion, palette, style sheet, fallback fonts. May be called again."""
    look = appearance()
    first = app.property("studio_themed") is None
    look.asked_for = name
    look.current = DARK if _wants_dark(app, name) else LIGHT
    if first:
        app.setProperty("studio_themed", True)
        app.setStyle("Fusion")
        use_fallback_families(app)
        app.focusChanged.connect(lambda _old, now: look.note_focus(now))
        app.styleHints().colorSchemeChanged.connect(lambda _scheme: _follow_system(app))
    app.setPalette(_qt_palette(look.current))
    app.setStyleSheet(stylesheet(look.current.hexadecimal()))
    look.changed.emit()


def _follow_system(app: QApplication) -> None:
    if appearance().asked_for == "system":
        apply_theme(app, "system")


def _wants_dark(app: QApplication, name: ThemeName) -> bool:
    if name == "system":
        return app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return name == "dark"


def _qt_palette(t: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for roles, colour in (
        ((role.Window,), t.canvas),
        ((role.Base,), t.card),
        ((role.AlternateBase, role.ToolTipBase), t.sunken),
        ((role.Button,), t.card),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText), t.text),
        ((role.PlaceholderText,), t.quiet),
        ((role.Highlight,), t.fill),
        ((role.HighlightedText,), t.on_fill),
        ((role.Link, role.LinkVisited, role.Accent), t.accent),
        ((role.Light, role.Midlight), t.hover),
        ((role.Mid, role.Dark), t.edge),
        ((role.Shadow,), t.border),
    ):
        for each in roles:
            palette.setColor(each, colour)
    for each in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, t.disabled)
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, t.select)
    return palette
