"""How one token looks: tint and line for what is learnt, sunken for what is only read, hatching for what is cut off."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter

from studio.ui.fonts import font
from studio.ui.icons import paint_icon
from studio.ui.theme import tokens
from studio.ui.widgets.paint import box, faded, hatch
from studio.ui.widgets.token_layout import Placed, TokenGroup


class TokenFonts(NamedTuple):
    """The fonts of words and of the pills that stand for special tokens."""

    word: QFont
    pill: QFont


def paint_head(painter: QPainter, area: QRectF, group: TokenGroup, mirrored: bool) -> None:
    """A group's icon, title and note."""
    t = tokens()
    x = 0.0

    def place(width: float) -> QRectF:
        return QRectF(area.width() - x - width if mirrored else x, area.top(), width, area.height())

    if group.icon:
        at = QRectF(place(16).left(), area.center().y() - 8, 16, 16)
        paint_icon(painter, at, group.icon, t.accent if group.learnt else t.second)
        x += 22
    painter.setFont(font("body", 600))
    width = painter.fontMetrics().horizontalAdvance(group.title) + 1
    painter.setPen(t.text)
    painter.drawText(place(width), Qt.AlignmentFlag.AlignCenter, group.title)
    x += width + 8
    painter.setFont(font("caption"))
    painter.setPen(t.accent if group.learnt else t.quiet)
    width = painter.fontMetrics().horizontalAdvance(group.note) + 1
    painter.drawText(place(width), Qt.AlignmentFlag.AlignCenter, group.note)


def paint_token(painter: QPainter, placed: Placed, fonts: TokenFonts, *, marked: bool, room: float) -> None:
    """One token; `marked` when it is selected, `room` is the width of the column."""
    if placed.token.special:
        _paint_pill(painter, placed, fonts, marked)
    else:
        _paint_word_box(painter, placed, fonts, marked)
    _draw_word(painter, placed, room)


def _paint_word_box(painter: QPainter, placed: Placed, fonts: TokenFonts, marked: bool) -> None:
    t = tokens()
    kind, rect, tone = placed.token.kind, placed.rect, placed.token.tone or "train"
    learnt = t.sunken if tone == "none" else t.named(f"{tone}_tint")
    fill = {"learnt": learnt, "read": t.sunken, "cut": t.bad_tint}[kind]
    box(painter, rect, 3, faded(t.accent, 0.35) if marked else fill)
    if kind == "cut":
        hatch(painter, rect, faded(t.bad, 0.28 if not t.dark else 0.38))
    elif kind == "learnt":
        line = t.control if tone == "none" else t.named(tone)
        thick = 1 if tone == "none" else 2
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 0.5, rect.width(), thick), line)
    painter.setFont(fonts.word)
    painter.setPen(t.second if kind == "read" else t.text)


def _paint_pill(painter: QPainter, placed: Placed, fonts: TokenFonts, marked: bool) -> None:
    t = tokens()
    kind, rect = placed.token.kind, placed.rect.adjusted(0, 1, 0, -1)
    tone = placed.token.tone if placed.token.tone not in ("", "none") else ""
    edge = {"learnt": t.named(tone) if tone else t.accent, "read": t.control, "cut": t.bad}[kind]
    learnt = t.named(f"{tone}_tint") if tone else t.train_tint
    fill = {"learnt": learnt, "read": None, "cut": t.bad_tint}[kind]
    box(painter, rect, rect.height() / 2, faded(t.accent, 0.35) if marked else fill, edge)
    if kind == "cut":
        hatch(painter, rect.adjusted(3, 1, -3, -1), faded(t.bad, 0.28))
    painter.setFont(fonts.pill)
    painter.setPen({"learnt": edge, "read": t.second, "cut": t.text}[kind])


def _draw_word(painter: QPainter, placed: Placed, room: float) -> None:
    word, rect = placed.word, placed.rect
    # A full stop belongs at the left of an Arabic word: the paragraph's direction decides.
    way = Qt.LayoutDirection.RightToLeft if placed.right_to_left else Qt.LayoutDirection.LeftToRight
    painter.setLayoutDirection(way)
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine
    if rect.width() >= room - 1:
        # A word wider than the whole column is shortened in the middle instead of running out of its box.
        word = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideMiddle, int(rect.width()) - 6)
    else:
        flags |= Qt.TextFlag.TextDontClip
    painter.drawText(rect, flags, word)
