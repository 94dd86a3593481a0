"""What every page begins with: its title, one sentence, and what stands at the right of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from studio.ui.theme import HEIGHT_BUTTON, PAGE_MARGIN, SPACE_8
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import scrolling


class PageHead(QWidget):
    """Title and sentence at the left, a widget at the right."""

    def __init__(self, title: str, sentence: str = "", side: QWidget | QLayout | None = None) -> None:
        super().__init__()
        self.title = Label(title, "title")
        self.title.setMinimumHeight(HEIGHT_BUTTON)
        self.sentence = Label(sentence, "second", wrap=True)
        line = QHBoxLayout()
        line.setSpacing(SPACE_8)
        line.addWidget(self.title)
        line.addStretch(1)
        if isinstance(side, QWidget):
            line.addWidget(side, 0, Qt.AlignmentFlag.AlignVCenter)
        elif side is not None:
            line.addLayout(side)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(line)
        outer.addWidget(self.sentence)
        self.set_sentence(sentence)

    def set_sentence(self, sentence: str) -> None:
        """The sentence under the title; an empty one takes no room."""
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))


def page_body(page: QWidget, *, spacing: int = 12) -> QVBoxLayout:
    """A page's column with its margins, in an area that scrolls down where the window is too low for it."""
    content = QWidget()
    column = QVBoxLayout(content)
    column.setContentsMargins(PAGE_MARGIN, 18, PAGE_MARGIN, 16)
    column.setSpacing(spacing)
    outer = QVBoxLayout(page)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(scrolling(content))
    return column
