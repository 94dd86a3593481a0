"""How it goes, in three steps: stands on Home until there are projects to show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import column, row
from studio.ui.wording import tr


class HowItGoes(QWidget):
    """Bring examples, train here, see whether it helped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        ways = row(spacing=12)
        for icon, title, sentence in (
            (
                "table",
                tr("1  Bring your examples"),
                tr(
                    "A spreadsheet or plain texts: what goes in, and what should come of it. They are cleaned, and "
                    "you see what will be learnt."
                ),
            ),
            (
                "cpu",
                tr("2  Train on this computer"),
                tr("You watch it learn and can pause or stop at any time. Nothing leaves the house."),
            ),
            (
                "check-circle",
                tr("3  See whether it helped"),
                tr("Measured before and after, on examples it never saw. Then take the model with you."),
            ),
        ):
            card = Card(padding=14)
            head = row(IconLabel(icon, "accent", 18), Label(title, "strong"), None, spacing=9)
            card.add(head)
            words = Label(sentence, "caption", wrap=True)
            words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            card.add(words, 1)
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            ways.addWidget(card, 1)
        self.setLayout(column(Label(tr("How it goes"), "heading"), ways, spacing=10))
