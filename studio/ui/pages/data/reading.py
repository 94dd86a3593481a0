"""The reading pane: the whole text of the chosen row, column by column, literally and in its own direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QGridLayout, QPlainTextEdit, QSizePolicy, QTextEdit, QWidget

from studio.ui.theme import appearance, tokens
from studio.ui.widgets.labels import ElidedLabel, Label, is_right_to_left
from studio.ui.widgets.layout import clear, column, row, scrolling
from studio.ui.wording import count, tr

MOST_SHOWN = 20_000


@dataclass(frozen=True)
class Passage:
    """A named text; `marks` are (start, end) places to tint, in the given token's colour."""

    name: str
    text: str
    tone: str = "second"
    marks: tuple[tuple[int, int], ...] = ()
    mark_tone: str = "warn"


class PassageText(QPlainTextEdit):
    """A text that can be marked and copied but not changed. As high as its lines; nothing in it is interpreted."""

    def __init__(self, passage: Passage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("passage")
        self._passage = passage
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName(passage.name)
        self.document().setDocumentMargin(0)
        # A style of its own: the form's inputs have frames and padding, a text to read has none.
        self.setStyleSheet("QPlainTextEdit#passage { background: transparent; border: none; padding: 0; }")
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        if is_right_to_left(passage.text):
            option.setTextDirection(Qt.LayoutDirection.RightToLeft)
        self.document().setDefaultTextOption(option)
        self.setPlainText(passage.text[:MOST_SHOWN])
        self._mark()
        appearance().changed.connect(self._mark)

    def _mark(self) -> None:
        """Tint the marked places; the tint says 'here', the words around it say what."""
        t = tokens()
        made = []
        for start, end in self._passage.marks:
            cursor = QTextCursor(self.document())
            cursor.setPosition(min(start, MOST_SHOWN))
            cursor.setPosition(
                min(end, MOST_SHOWN, self.document().characterCount() - 1), QTextCursor.MoveMode.KeepAnchor
            )
            look = QTextCharFormat()
            look.setBackground(t.named(f"{self._passage.mark_tone}_tint"))
            look.setForeground(t.named(self._passage.mark_tone))
            selection = QTextEdit.ExtraSelection()
            selection.cursor, selection.format = cursor, look  # type: ignore[attr-defined]
            made.append(selection)
        self.setExtraSelections(made)

    def fit(self) -> None:
        """Take the height that the text needs at the present width."""
        lines = 0
        block = self.document().firstBlock()
        while block.isValid():
            self.document().documentLayout().blockBoundingRect(block)
            lines += max(1, block.layout().lineCount())
            block = block.next()
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 4)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.fit()

    def keyPressEvent(self, event: object) -> None:
        # Paste belongs to the page, which brings cells in; a text to read would swallow it.
        if event.matches(QKeySequence.StandardKey.Paste):  # type: ignore[attr-defined]
            event.ignore()  # type: ignore[attr-defined]
            return
        super().keyPressEvent(event)  # type: ignore[arg-type]

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.matches(QKeySequence.StandardKey.Paste):  # type: ignore[attr-defined]
            return False
        return super().event(event)

    def wheelEvent(self, event: object) -> None:
        event.ignore()  # type: ignore[attr-defined]


class ReadingPane(QWidget):
    """A heading, a quiet remark, and passages below each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = Label("", "strong")
        self.remark = ElidedLabel("", "caption")
        self._shown: tuple[str, str, tuple[Passage, ...]] | None = None
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 12, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)
        holder = QWidget()
        holder.setLayout(column(self._grid, None))
        self._scroll = scrolling(holder)
        head = row(self.heading, spacing=8)
        head.addWidget(self.remark, 1)
        outer = column(head, spacing=8, margins=(16, 12, 6, 8))
        outer.addWidget(self._scroll, 1)
        self.setLayout(outer)
        self.setMinimumHeight(84)

    def show_passages(self, heading: str, remark: str, passages: Sequence[Passage]) -> None:
        """Show another row; the same one again changes nothing, so that marked words stay marked."""
        asked = (heading, remark, tuple(passages))
        if asked == self._shown:
            return
        self._shown = asked
        self.heading.setText(heading)
        self.remark.setText(remark)
        clear(self._grid)
        for line, passage in enumerate(passages):
            name = ElidedLabel(passage.name, "caption", tone=passage.tone)  # type: ignore[arg-type]
            name.setFixedWidth(96)
            self._grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addLayout(self._body(passage), line, 1)
        self._scroll.verticalScrollBar().setValue(0)

    def _body(self, passage: Passage) -> QGridLayout:
        body = QGridLayout()
        if not passage.text:
            body.addWidget(Label(tr("empty"), "quiet"), 0, 0)
            return body
        body.addWidget(PassageText(passage), 0, 0)
        if len(passage.text) > MOST_SHOWN:
            more = tr("… and {n} more characters in the file", n=count(len(passage.text) - MOST_SHOWN))
            body.addWidget(Label(more, "quiet"), 1, 0)
        return body
