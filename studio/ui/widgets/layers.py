"""The picture of what is trained: a stack of layers from the input at the bottom to the answer at the top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.theme import tokens
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr

LayerState = Literal["frozen", "trained", "notes", "quantised", "quantised_notes", "adapter", "partly"]

MOST_LAYERS = 6
_PITCH, _HEIGHT, _WIDTH = 18, 13, 66


def thinned(layers: Sequence[LayerState], most: int = MOST_LAYERS) -> list[LayerState]:
    """At most `most` layers that keep the proportions; a kind that occurs is never lost."""
    if len(layers) <= most:
        return list(layers)
    runs: list[tuple[LayerState, int]] = []
    for state in layers:
        if runs and runs[-1][0] == state:
            runs[-1] = (state, runs[-1][1] + 1)
        else:
            runs.append((state, 1))
    if len(runs) > most:
        return [layers[round(i * (len(layers) - 1) / (most - 1))] for i in range(most)]
    shares = [max(1, round(number * most / len(layers))) for _state, number in runs]
    while sum(shares) != most:
        widest = max(range(len(shares)), key=lambda i: shares[i] if sum(shares) > most else runs[i][1] / shares[i])
        shares[widest] += 1 if sum(shares) < most else -1
    return [state for (state, _number), share in zip(runs, shares, strict=True) for _each in range(share)]


class LayerStack(QWidget):
    """Layers with their states, the input pieces below and, where there is one, the head above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: list[LayerState] = ["frozen"] * 6
        self._prompt, self._inputs, self._head = 0, 6, ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_layers(self, layers: Sequence[LayerState], *, prompt: int = 0, head: str = "", summary: str = "") -> None:
        """`layers` from bottom to top; `prompt` learnt pieces before the input; `head` "", "frozen" or "trained".

        More layers than can be seen are drawn in proportion. `summary` is what a screen reader says.
        """
        self._layers = thinned(layers)
        self._prompt, self._head = prompt, head
        self.setAccessibleName(summary or self._told(layers))
        self.updateGeometry()
        self.update()

    def _told(self, layers: Sequence[LayerState]) -> str:
        frozen = sum(state in ("frozen", "quantised") for state in layers)
        said = tr("{n} layers: {t} change, {f} stay as they are", n=len(layers), t=len(layers) - frozen, f=frozen)
        if self._prompt:
            said += tr(", and a learnt opening")
        return said + (tr(", and the head is trained") if self._head == "trained" else "")

    def sizeHint(self) -> QSize:
        rows = len(self._layers) + bool(self._head)
        return QSize(_WIDTH + 26, 14 + rows * _PITCH + 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        x = 2.0
        middle = x + _WIDTH / 2
        rows = len(self._layers) + bool(self._head)
        bottom = 12 + rows * _PITCH
        self._paint_arrow(painter, middle, bottom + 8)
        y = 12.0
        if self._head:
            trained = self._head == "trained"
            head = QRectF(x + 12, y + 1, _WIDTH - 24, _HEIGHT)
            box(painter, head, 6, t.train if trained else t.frozen, None if trained else t.frozen_line)
            y += _PITCH
        for state in reversed(self._layers):
            self._paint_layer(painter, QRectF(x, y, _WIDTH, _HEIGHT), state)
            y += _PITCH
        self._paint_inputs(painter, x, bottom + 8)

    def _paint_arrow(self, painter: QPainter, x: float, bottom: float) -> None:
        t = tokens()
        painter.setPen(QPen(t.control, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawLine(QPointF(x, 2), QPointF(x, bottom))
        painter.drawPolyline(QPolygonF([QPointF(x - 4, 6), QPointF(x, 2), QPointF(x + 4, 6)]))

    def _paint_layer(self, painter: QPainter, area: QRectF, state: LayerState) -> None:
        t = tokens()
        if state.startswith("quantised"):
            piece = (area.width() - 5 * 1.5) / 6
            for i in range(6):
                at = QRectF(area.left() + i * (piece + 1.5), area.top() + 2, piece, area.height() - 4)
                box(painter, at, 3, t.frozen, t.frozen_line)
        elif state == "trained":
            box(painter, area, 3, t.train)
        else:
            box(painter, area, 3.5, t.frozen, t.frozen_line)
        if state == "partly":
            box(painter, QRectF(area.left(), area.top(), area.width() * 0.4, area.height()), 3, t.train)
        if state.endswith("notes"):
            self._paint_notes(painter, area)
        if state == "adapter":
            # The card-coloured rim sets the new layer off from the old ones above and below.
            bar = QRectF(area.center().x() - 15, area.bottom() + 0.5, 30, 4)
            box(painter, bar.adjusted(-1, -1, 1, 1), 3, t.card)
            box(painter, bar, 2, t.train)

    def _paint_notes(self, painter: QPainter, area: QRectF) -> None:
        """Two thin matrices beside the layer: a wide one and a low one, joined to it."""
        t = tokens()
        y = area.center().y()
        painter.setPen(QPen(t.train, 1.2))
        painter.drawLine(QPointF(area.right() + 0.5, y), QPointF(area.right() + 16, y))
        box(painter, QRectF(area.right() + 6, y - 6.5, 4.5, 13), 1.5, t.train)
        box(painter, QRectF(area.right() + 13, y - 2.5, 6.5, 5), 1.5, t.train)

    def _paint_inputs(self, painter: QPainter, x: float, y: float) -> None:
        t = tokens()
        number = self._inputs
        piece = (_WIDTH - 2 * (number - 1)) / number
        for i in range(number):
            at = QRectF(x + i * (piece + 2), y, piece, 9)
            if i < min(self._prompt, number):
                box(painter, at, 2, t.train)
            else:
                box(painter, at, 3, t.frozen, t.frozen_line)


class LayerLegend(QWidget):
    """Trained and Frozen with their colours, as a legend for pages that show layer stacks."""

    def __init__(self, card: str = "", parent: QWidget | None = None) -> None:
        """`card` adds the limit's mark with words such as 'Your card: 12 GB'."""
        super().__init__(parent)
        self._entries = [("train", tr("Trained")), ("frozen", tr("Frozen"))]
        self._card = card
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Blue is trained, grey stays frozen"))

    def set_card(self, words: str) -> None:
        """Name the limit's mark, or take it away."""
        self._card = words
        self.updateGeometry()
        self.update()

    def _width_of(self, words: str) -> int:
        return self.fontMetrics().horizontalAdvance(words)

    def sizeHint(self) -> QSize:
        width = sum(22 + self._width_of(words) + 16 for _tone, words in self._entries)
        width += (14 + self._width_of(self._card)) if self._card else -16
        return QSize(width, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        x, middle = 0.0, self.height() / 2
        mirrored = self.isRightToLeft()

        def place(width: float) -> QRectF:
            return QRectF(self.width() - x - width if mirrored else x, 0, width, self.height())

        for tone, words in self._entries:
            square = place(12)
            edge = None if tone == "train" else t.frozen_line
            box(painter, QRectF(square.left(), middle - 6, 12, 12), 3, t.named(tone), edge)
            x += 22
            painter.setPen(t.second)
            painter.drawText(place(self._width_of(words) + 2), Qt.AlignmentFlag.AlignVCenter, words)
            x += self._width_of(words) + 16
        if self._card:
            mark = place(2)
            painter.fillRect(QRectF(mark.left(), middle - 8, 2, 16), t.text)
            x += 14
            painter.setPen(t.second)
            painter.drawText(place(self._width_of(self._card) + 2), Qt.AlignmentFlag.AlignVCenter, self._card)
