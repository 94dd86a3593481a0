"""The small style sheet: frames by object name, label tones, inputs, scroll bars, menus, tooltips.

Buttons, rails, switches, meters and tables paint themselves; see `studio.ui.widgets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

_TONES = ("text", "second", "quiet", "disabled", "accent", "train", "valid", "good", "warn", "bad")

_SHEET = Template("""
QMainWindow, QDialog { background: $canvas; }
QToolTip { background: $card; color: $text; border: 1px solid $edge; padding: 4px 6px; }
QFrame#canvas { background: $canvas; border: none; }
QFrame#rail { background: $rail; border: none; }
QFrame#bar { background: $rail; border: none; }
QFrame#sunken { background: $sunken; border: none; border-radius: 8px; }
QFrame#plain, QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget#plain { background: transparent; }
QFrame#hairline { background: $border; border: none; max-height: 1px; min-height: 1px; }
QFrame#gridline { background: $grid; border: none; max-height: 1px; min-height: 1px; }

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {
  background: $card; color: $text; border: 1px solid $control; border-radius: 6px;
  selection-background-color: $fill; selection-color: $on_fill;
}
QLineEdit { padding: 0 11px; min-height: 30px; }
QPlainTextEdit, QTextEdit { padding: 6px 8px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent; }
QLineEdit:focus { padding: 0 10px; min-height: 28px; }
QLineEdit:disabled, QPlainTextEdit:disabled { color: $disabled; background: $sunken; border-color: $border; }
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] { border: 2px solid $bad; padding: 0 10px; min-height: 28px; }
QLineEdit[quiet="true"], QPlainTextEdit[quiet="true"] { background: $sunken; border: 1px solid $sunken; }
QLineEdit[quiet="true"]:focus, QPlainTextEdit[quiet="true"]:focus { border: 2px solid $accent; }

QMenu { background: $card; border: 1px solid $edge; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: $accent_tint; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenuBar { background: $rail; border: none; }
QMenuBar::item { padding: 5px 10px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $select; }

QComboBox QAbstractItemView {
  background: $card; border: 1px solid $edge; padding: 4px; outline: none;
  selection-background-color: $accent_tint; selection-color: $text;
}
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: 4px; }
QComboBox QAbstractItemView::item:selected, QComboBox QAbstractItemView::item:hover {
  background: $accent_tint; color: $text;
}

QDialogButtonBox QPushButton, QFileDialog QPushButton {
  background: $card; color: $text; border: 1px solid $edge; border-radius: 6px; padding: 0 14px; min-height: 30px;
}
QDialogButtonBox QPushButton:hover, QFileDialog QPushButton:hover { background: $hover; }
QDialogButtonBox QPushButton:pressed, QFileDialog QPushButton:pressed { background: $select; }
QDialogButtonBox QPushButton:focus, QFileDialog QPushButton:focus { border: 2px solid $accent; padding: 0 13px; }
QDialogButtonBox QPushButton:disabled, QFileDialog QPushButton:disabled { color: $disabled; border-color: $border; }

QTableView { background: $card; border: none; gridline-color: $grid; outline: none; }
QTableCornerButton::section { background: $card; border: none; border-bottom: 1px solid $border; }
QHeaderView { background: $card; border: none; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $edge; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; margin: 2px 3px; }
QScrollBar::handle:horizontal { min-width: 32px; margin: 3px 2px; }
QScrollBar::handle:hover { background: $control; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
""")


def stylesheet(colours: Mapping[str, str]) -> str:
    """The style sheet with a palette's colours (token to "#rrggbb") filled in."""
    tones = "\n".join(f'QLabel[tone="{tone}"] {{ color: {colours[tone]}; }}' for tone in _TONES)
    off = f"QLabel[tone]:disabled {{ color: {colours['disabled']}; }}"
    return _SHEET.substitute(colours) + tones + "\n" + off
