"""The tokens of one example as the model gets them: learnt, only read, or cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.fonts import font
from studio.ui.theme import SPACE_12
from studio.ui.widgets.paint import antialiased, focus_ring, keyboard_focus, show_tooltip
from studio.ui.widgets.token_layout import LINE, Measured, Placed, Token, TokenGroup, TokenKind, lay_out, measured
from studio.ui.widgets.token_paint import TokenFonts, paint_head, paint_token
from studio.ui.wording import count, tr

_HEAD = 24.0


def kind_in_words(kind: TokenKind) -> str:
    """How a kind of token is told."""
    return {"learnt": tr("learnt"), "read": tr("only read"), "cut": tr("cut off")}[kind]


@dataclass
class _Sheet:
    """Where everything stands at one width."""

    placed: list[Placed]
    heads: list[tuple[QRectF, TokenGroup]]
    height: float = 0.0


class TokenFlow(QWidget):
    """Groups of tokens that wrap. Put it into a scroll area: only what can be seen is painted.

    Drag, or Shift with the arrow keys, marks tokens; Ctrl+C copies their text, Ctrl+A marks all.
    """

    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[TokenGroup, ...] = ()
        self._tokens: list[Token] = []
        self._words: list[list[Measured]] = []
        self._sheet = _Sheet([], [])
        self._sheets: dict[int, _Sheet] = {}
        self._cursor, self._anchor = -1, -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(False)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._take_font()

    def set_groups(self, groups: Sequence[TokenGroup]) -> None:
        """Show an example."""
        self._groups = tuple(groups)
        self._tokens = [token for group in self._groups for token in group.tokens]
        self._cursor = self._anchor = -1
        self.setAccessibleName(self._told())
        self.setAccessibleDescription(self.text()[:20_000])
        self._measure_all()
        self.updateGeometry()
        self.update()

    def set_tokens(self, tokens: Sequence[Token]) -> None:
        """Show tokens without headings."""
        self.set_groups([TokenGroup(tuple(tokens))])

    def _told(self) -> str:
        kinds = [token.kind for token in self._tokens if not token.note]
        return tr(
            "{n} tokens: {l} learnt, {r} only read, {c} cut off",
            n=count(len(kinds)),
            l=count(kinds.count("learnt")),
            r=count(kinds.count("read")),
            c=count(kinds.count("cut")),
        )

    def text(self) -> str:
        """The whole text."""
        return "".join(_as_text(token) for token in self._tokens)

    def selected_text(self) -> str:
        """The text of the marked tokens."""
        first, last = self._marked()
        return "".join(_as_text(token) for token in self._tokens[first : last + 1]) if first >= 0 else ""

    def select(self, first: int, last: int) -> None:
        """Mark tokens from one number to another, counted from 0."""
        self._anchor, self._cursor = first, last
        self.selection_changed.emit()
        self.update()

    def placed(self) -> list[Placed]:
        """Every token's box, in the widget's pixels."""
        return self._sheet.placed

    def _marked(self) -> tuple[int, int]:
        if self._cursor < 0:
            return -1, -1
        return min(self._anchor, self._cursor), max(self._anchor, self._cursor)

    # Size and layout

    def _take_font(self) -> None:
        self._fonts = TokenFonts(font("lead"), font("caption"))
        self._measure = lru_cache(maxsize=50_000)(QFontMetricsF(self._fonts.word).horizontalAdvance)
        self._measure_small = QFontMetricsF(self._fonts.pill).horizontalAdvance

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return int(self._lay_out(width).height) + 1

    def sizeHint(self) -> QSize:
        return QSize(480, self.heightForWidth(max(200, self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, int(self._sheet.height))

    def _lay_out(self, width: int) -> _Sheet:
        """The sheet for a width. Layouts ask for several widths in turn, so the last few are kept."""
        if width in self._sheets:
            return self._sheets[width]
        y = 0.0
        sheet = _Sheet([], [])
        for group, words in zip(self._groups, self._words, strict=True):
            y += SPACE_12 if y else 0.0
            if group.title:
                sheet.heads.append((QRectF(0, y, width, _HEAD), group))
                y += _HEAD
            placed, height = lay_out(words, float(width), y)
            sheet.placed += placed
            y += height
        sheet.height = y
        if len(self._sheets) >= 4:
            self._sheets.clear()
        self._sheets[width] = sheet
        return sheet

    def _measure_word(self, word: str, token: Token) -> float:
        return self._measure_small(word) if token.special else self._measure(word)

    def _measure_all(self) -> None:
        self._words = [measured(group.tokens, self._measure_word) for group in self._groups]
        self._sheets.clear()
        self._arrange()

    def _arrange(self) -> None:
        self._sheet = self._lay_out(self.width())
        least = int(self._sheet.height) + 1
        if least != self.minimumHeight():
            self.setMinimumHeight(least)

    def resizeEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            self._take_font()
            self._measure_all()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        seen = QRectF(event.rect())
        for area, group in self._sheet.heads:
            if area.intersects(seen):
                paint_head(painter, area, group, self.isRightToLeft())
        first, last = self._marked()
        begin = self._first_below(seen.top() - LINE)
        for place in range(begin, len(self._sheet.placed)):
            placed = self._sheet.placed[place]
            if placed.rect.top() > seen.bottom():
                break
            paint_token(painter, placed, self._fonts, marked=first <= place <= last, room=self.width())
        if keyboard_focus(self) and 0 <= self._cursor < len(self._sheet.placed):
            focus_ring(painter, self._sheet.placed[self._cursor].rect.adjusted(-2, -2, 2, 3), 5)
        elif keyboard_focus(self):
            focus_ring(painter, self.rect(), 6)

    def _first_below(self, y: float) -> int:
        """The first token whose box ends below `y`; boxes are in the order of lines."""
        low, high = 0, len(self._sheet.placed)
        while low < high:
            middle = (low + high) // 2
            if self._sheet.placed[middle].rect.bottom() < y:
                low = middle + 1
            else:
                high = middle
        return low

    # Pointer and keys

    def token_at(self, pos: QPointF) -> int:
        """The number of the token under a point, or the nearest one on its line; -1 where there is none."""
        start = self._first_below(pos.y() - 6)
        best, distance = -1, 1e9
        for place in range(start, len(self._sheet.placed)):
            rect = self._sheet.placed[place].rect
            if rect.top() - 6 > pos.y():
                break
            away = (
                0.0
                if rect.left() <= pos.x() <= rect.right()
                else min(abs(pos.x() - rect.left()), abs(pos.x() - rect.right()))
            )
            if away < distance:
                best, distance = place, away
        return best

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.token_at(event.position())
        self._cursor = place
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier or self._anchor < 0:
            self._anchor = place
        self.select(self._anchor, self._cursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.token_at(event.position())
        if place >= 0 and event.buttons() & Qt.MouseButton.LeftButton:
            self.select(self._anchor, place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -(10**9), Qt.Key.Key_End: 10**9}
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.selected_text() or self.text())
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select(0, len(self._tokens) - 1)
        elif event.key() in ways and self._tokens:
            way = ways[Qt.Key(event.key())]
            place = min(len(self._tokens) - 1, max(0, self._cursor + way))
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.select(self._anchor if extend and self._anchor >= 0 else place, place)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            place = self.token_at(QPointF(self.mapFromGlobal(event.globalPos())))  # type: ignore[attr-defined]
            show_tooltip(event, self, self._tip(place))
            return True
        return super().event(event)

    def _tip(self, place: int) -> str:
        if place < 0:
            return ""
        token = self._tokens[place]
        if token.note:
            return token.text
        real = [each for each in self._tokens if not each.note]
        before = sum(not each.note for each in self._tokens[: place + 1])
        number = tr("token {n} of {all}", n=count(before), all=count(len(real)))
        parts = [f"“{token.text}”", kind_in_words(token.kind), number]
        if token.id is not None:
            parts.append(tr("number {id} in the vocabulary", id=token.id))
        return " · ".join(parts)


def _as_text(token: Token) -> str:
    return f"[{token.text}]" if token.special else token.text
