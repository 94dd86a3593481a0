"""Type roles, as multiples of the system font, and the families that stand in for scripts it lacks."""

from __future__ import annotations

from typing import Literal

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

FontRole = Literal["caption", "body", "lead", "heading", "number", "title", "verdict", "tick"]

_SIZES: dict[str, tuple[float, int]] = {
    "tick": (0.85, 400),
    "caption": (0.92, 400),
    "body": (1.0, 400),
    "lead": (1.08, 400),
    "heading": (1.15, 600),
    "number": (1.46, 600),
    "title": (1.7, 600),
    "verdict": (1.85, 600),
}

# Tried in this order when the system font lacks a script; only those that are installed are used.
_FALLBACKS = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Naskh Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Microsoft YaHei",
    "Yu Gothic UI",
    "Malgun Gothic",
    "Segoe UI Emoji",
    "Noto Color Emoji",
    "Droid Sans Fallback",
    "DejaVu Sans",
)


def font(role: FontRole = "body", weight: int | None = None, tabular: bool = False) -> QFont:
    """The font of a role. `weight` (400, 500 or 600) replaces the role's own; `tabular` aligns figures in columns."""
    factor, own_weight = _SIZES[role]
    made = QFont(QApplication.font())
    if made.pixelSize() > 0:
        made.setPixelSize(round(made.pixelSize() * factor))
    else:
        made.setPointSizeF(made.pointSizeF() * factor)
    made.setWeight(QFont.Weight(weight or own_weight))
    if tabular or role in ("number", "tick"):
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def use_fallback_families(app: QApplication) -> None:
    """Append fallback families for scripts that the system font may lack (Chinese, Japanese, Korean, Arabic …)."""
    base = QFont(app.font())
    installed = set(QFontDatabase.families())
    own = [base.family(), *base.families()]
    families = list(dict.fromkeys([*own, *(name for name in _FALLBACKS if name in installed)]))
    base.setFamilies(families)
    app.setFont(base)
