"""Inputs: numbers that step sensibly, choices, text. They paint themselves where Qt's style would not match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QStyledItemDelegate,
    QWidget,
)

from studio.ui.icons import paint_icon
from studio.ui.theme import HEIGHT_BUTTON, RADIUS_CONTROL, tokens
from studio.ui.widgets.labels import elided
from studio.ui.widgets.motion import Fade
from studio.ui.widgets.number_steps import next_of_series, normal, plain_number, plain_step, wants_factors
from studio.ui.widgets.paint import antialiased, blend, box
from studio.ui.wording import tr

_ARROWS = 30
# Typing pauses this long before a number counts, so that 0, 0.0 and 0.00 are no edits on the way to 0.0002.
_PAUSE_MS = 500


class _UnitEdit(QLineEdit):
    """The editable part of a number input; the unit stands after the figures in a quiet colour."""

    unit = ""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.unit:
            return
        t = tokens()
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(t.quiet if self.isEnabled() else t.disabled)
        # 2 px are QLineEdit's own inner margin.
        x = self.fontMetrics().horizontalAdvance(self.text()) + 2 + 5
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
        painter.drawText(QRect(x, 0, self.width() - x, self.height()), flags, self.unit)


class _Arrow(QAbstractButton):
    """The up or down arrow of a number input; only for the pointer, the keyboard has its arrow keys."""

    def __init__(self, up: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._up = up
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAutoRepeat(True)
        self.setAccessibleName(tr("More") if up else tr("Less"))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        ink = t.disabled if not self.isEnabled() else t.text if self.underMouse() else t.quiet
        area = self.rect().adjusted(0, 2 if self._up else -2, 0, 2 if self._up else -2)
        side = QRect(0, 0, 10, 10)
        side.moveCenter(area.center())
        paint_icon(antialiased(self), side, "caret-up" if self._up else "caret-down", ink)


class NumberInput(QDoubleSpinBox):
    """A whole or decimal number. Logarithmic ones step 1, 2, 5, 10; the wheel acts only when it has the focus.

    `edited(number)` speaks once typing pauses. A number out of bounds stays as it was typed and is never given out:
    `refused(reason)` says why while it stands there, and with an empty reason that all is well again.
    """

    edited = Signal(object)
    refused = Signal(str)

    def __init__(
        self,
        minimum: float | None = None,
        maximum: float | None = None,
        *,
        whole: bool = False,
        step: float | None = None,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`step` of None lets the bounds decide: wide or tiny ranges step by factors."""
        super().__init__(parent)
        self._whole = whole
        self._unit_edit = _UnitEdit(self)
        self._unit_edit.unit = unit
        self.setLineEdit(self._unit_edit)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setDecimals(0 if whole else 15)
        low = -1e15 if minimum is None else float(minimum)
        high = 1e15 if maximum is None else float(maximum)
        self._low, self._high = low, high
        self.setRange(-1e15, 1e15)
        self._by_factor = step is None and wants_factors(low, high, whole)
        self.setSingleStep(step if step is not None else 1.0 if whole else plain_step(low, high))
        self.setKeyboardTracking(False)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.interpretText)
        self._unit_edit.textEdited.connect(self._typed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._arrows = (_Arrow(True, self), _Arrow(False, self))
        self._arrows[0].clicked.connect(self.stepUp)
        self._arrows[1].clicked.connect(self.stepDown)
        self.setFrame(False)
        self.valueChanged.connect(self._speak)

    def event(self, event: QEvent) -> bool:
        """Undo and redo are the window's as soon as what was typed counts; before, they are the field's own."""
        wanted = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
        if event.type() == QEvent.Type.ShortcutOverride and not self._pause.isActive():
            key = cast(QKeyEvent, event)
            if any(key.matches(each) for each in wanted):
                event.ignore()
                return False
        return super().event(event)

    def _typed(self) -> None:
        self._tell(self.valueFromText(self._unit_edit.text()))
        self._pause.start()

    def _speak(self, value: float) -> None:
        if not self._tell(value):
            self.edited.emit(self.number())

    def _tell(self, value: float) -> str:
        """Say whether a number is out of bounds; returns the reason, empty where it is fine."""
        reason = ""
        if value < self._low:
            reason = tr("{bound} is the smallest value that can be used.", bound=plain_number(self._low))
        elif value > self._high:
            reason = tr("{bound} is the largest value that can be used.", bound=plain_number(self._high))
        self.refused.emit(reason)
        return reason

    def number(self) -> int | float:
        """The value in its own type."""
        return int(self.value()) if self._whole else self.value()

    def set_number(self, value: float) -> None:
        """Show a value without emitting."""
        if value != self.value():
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)

    def set_wrong(self, wrong: bool) -> None:
        """Draw the edge in red; the sentence that says why stands elsewhere."""
        if self.property("wrong") != wrong:
            self.setProperty("wrong", wrong)
            self.update()

    def textFromValue(self, value: float) -> str:
        return plain_number(value)

    def valueFromText(self, text: str) -> float:
        try:
            return float(normal(text))
        except ValueError:
            return self.value()

    def validate(self, text: str, pos: int) -> object:
        said = normal(text)
        if said in ("", "-", ".", "-.") or said.lower().endswith(("e", "e-", "e+")):
            return QValidator.State.Intermediate, text, pos
        try:
            value = float(said)
        except ValueError:
            return QValidator.State.Invalid, text, pos
        if self._whole and value != int(value):
            return QValidator.State.Invalid, text, pos
        return QValidator.State.Acceptable, text, pos

    def fixup(self, text: str) -> str:
        # Only what is no number yet ("-", "1e-") comes here; the last number returns.
        return self.textFromValue(self.value())

    def stepBy(self, steps: int) -> None:
        value = self.value()
        if self._by_factor:
            for _each in range(abs(steps)):
                value = next_of_series(value, steps > 0, self._whole)
        else:
            value = round(value + steps * self.singleStep(), 12)
        self.setValue(min(self._high, max(self._low, value)))
        self.selectAll()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # A person who scrolls the page must not change what lies under the pointer.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def sizeHint(self) -> QSize:
        return QSize(136, max(HEIGHT_BUTTON, self.fontMetrics().height() + 12))

    def minimumSizeHint(self) -> QSize:
        return QSize(96, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_parts()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Another style or direction makes Qt put the editable part where its own arrows would leave room.
        if hasattr(self, "_arrows"):
            self._place_parts()

    def _place_parts(self) -> None:
        mirrored = self.isRightToLeft()
        half = self.height() // 2
        x = 4 if mirrored else self.width() - _ARROWS + 4
        self._arrows[0].setGeometry(x, 2, _ARROWS - 8, half - 2)
        self._arrows[1].setGeometry(x, half, _ARROWS - 8, half - 2)
        left = _ARROWS if mirrored else 9
        self._unit_edit.setGeometry(left, 2, self.width() - _ARROWS - 10, self.height() - 4)
        for arrow in self._arrows:
            arrow.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_input_frame(self, bool(self.property("wrong")), self.hasFocus())


def paint_input_frame(widget: QWidget, wrong: bool, focused: bool) -> None:
    """The box of an input: 1 px edge, 2 px accent with the focus, 2 px red where its value can't stand."""
    t = tokens()
    painter = antialiased(widget)
    fill = t.card if widget.isEnabled() else t.sunken
    edge, width = (t.control if widget.isEnabled() else t.border), 1.0
    if wrong:
        edge, width = t.bad, 2.0
    if focused:
        edge, width = t.accent, 2.0
    box(painter, widget.rect(), RADIUS_CONTROL, fill, edge, width)


class ChoiceInput(QComboBox):
    """One of several values, each with the words that name it."""

    edited = Signal(object)

    def __init__(self, choices: Sequence[tuple[object, str]] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hover = Fade(self)
        self._values: list[object] = []
        # The box's own delegate ignores the style sheet, so its list would look like another program's.
        self.setItemDelegate(QStyledItemDelegate(self))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.set_choices(choices)
        self.activated.connect(lambda _index: self.edited.emit(self.value()))

    def set_choices(self, choices: Sequence[tuple[object, str]]) -> None:
        """Offer (value, words) pairs; the chosen value stays if it is still there."""
        kept, had = self.value(), self.currentIndex() >= 0
        self.blockSignals(True)
        self.clear()
        self._values = [value for value, _words in choices]
        self.addItems([words for _value, words in choices])
        self.blockSignals(False)
        if had and kept in self._values:
            self.set_value(kept)

    def value(self) -> object:
        """The chosen value, or None where there is nothing to choose."""
        index = self.currentIndex()
        return self._values[index] if 0 <= index < len(self._values) else None

    def set_value(self, value: object) -> None:
        """Show a value without emitting; an unknown one shows nothing."""
        self.setCurrentIndex(self._values.index(value) if value in self._values else -1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def sizeHint(self) -> QSize:
        widest = max((self.fontMetrics().horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=0)
        return QSize(max(136, min(320, widest + 48)), max(HEIGHT_BUTTON, self.fontMetrics().height() + 12))

    def minimumSizeHint(self) -> QSize:
        return QSize(96, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        paint_input_frame(self, bool(self.property("wrong")), self.hasFocus())
        painter = antialiased(self)
        mirrored = self.isRightToLeft()
        words = QRect(28 if mirrored else 12, 0, self.width() - 42, self.height())
        painter.setPen(t.text if self.isEnabled() else t.disabled)
        side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, flags, elided(self.currentText(), painter.fontMetrics(), words.width()))
        x = 12 if mirrored else self.width() - 24
        ink = blend(t.quiet, t.text, float(self.underMouse())) if self.isEnabled() else t.disabled
        paint_icon(painter, QRect(x, (self.height() - 12) // 2, 12, 12), "caret-down", ink)


class TextInput(QLineEdit):
    """One line of text. `edited(text)` speaks when the person has changed it."""

    edited = Signal(object)

    def __init__(self, placeholder: str = "", *, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        if icon:
            self.setTextMargins(22, 0, 0, 0)
        self.textEdited.connect(lambda text: self.edited.emit(text))

    def set_wrong(self, wrong: bool) -> None:
        """Draw the edge in red; the sentence that says why stands elsewhere."""
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._icon:
            paint_icon(antialiased(self), QRect(10, (self.height() - 15) // 2, 15, 15), self._icon, tokens().quiet)
