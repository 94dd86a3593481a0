"""The models that are on this computer: the starters that ship, and folders that were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.core.problem import StudioError
from studio.services import models
from studio.services.models import KnownModel
from studio.ui.pages.errors import fill
from studio.ui.pages.files import choose_folder
from studio.ui.pages.home.projects import show_folder
from studio.ui.pages.model.words import facts_in_words, licence_sentence, what_it_is
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import clear, column, hairline, row
from studio.ui.widgets.notices import ErrorCard
from studio.ui.widgets.page import PageHead
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session


class ModelsHere(QWidget):
    """Each model with its facts; folders can be added and taken off the list."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._error = ErrorCard()
        self._error.hide()
        self._card = Card(padding=4)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._card.add(self._list)
        add = Button(tr("Add a folder…"), "folder-simple-plus")
        add.clicked.connect(self._add)
        head = PageHead(
            tr("Models here"), tr("Starter models ship with the studio. A folder of your own is only read."), add
        )
        self.setLayout(column(head, self._error, self._card, None, spacing=16, margins=(32, 22, 32, 24)))

    def look(self) -> None:
        """Read the list anew."""
        self._error.hide()
        self._session.known_models(self._show)

    def _show(self, known: Sequence[KnownModel]) -> None:
        clear(self._list)
        for place, model in enumerate(known):
            if place:
                self._list.addWidget(hairline("gridline"))
            self._list.addWidget(self._line(model))
        if not known:
            self._list.addWidget(Label(tr("No model is here yet. Add a folder that holds one."), "second"))

    def _line(self, model: KnownModel) -> QWidget:
        line = QWidget()
        said = what_it_is(model.info) if model.info else model.problem.sentence if model.problem else ""
        where = tr("Ships with the studio") if model.starter else str(model.path)
        words = column(ElidedLabel(model.name, "strong"), ElidedLabel(where, "quiet", middle=True), spacing=1)
        facts = column(Label(said, "caption", wrap=True), spacing=1)
        if model.info:
            facts.addWidget(ElidedLabel(facts_in_words(model.info), "caption"))
            facts.addWidget(ElidedLabel(licence_sentence(model.info.licence), "quiet"))
        icon, tone = ("cube", "second") if model.info else ("warning-circle-fill", "warn")
        layout = row(IconLabel(icon, tone, 18), spacing=14, margins=(14, 10, 10, 10))
        layout.addLayout(words, 4)
        layout.addLayout(facts, 6)
        folder = IconButton("folder-open", tr("Show the folder of {model}", model=model.name))
        folder.clicked.connect(lambda: show_folder(model.path))
        layout.addWidget(folder)
        if not model.starter:
            forget = IconButton("x", tr("Take {model} off the list", model=model.name))
            forget.clicked.connect(
                lambda: self._session.call(models.forget_folder, model.path, then=lambda _: self.look())
            )
            layout.addWidget(forget)
        line.setLayout(layout)
        return line

    def _add(self) -> None:
        folder = choose_folder(self, tr("Choose the folder of a model"))
        if folder:
            self.take(folder)

    def take(self, folder: Path) -> None:
        """Add a folder, or say why it can't be used."""
        self._error.hide()
        self._session.call(models.add_folder, folder, then=lambda _: self.look(), failed=self._refused)

    def _refused(self, error: StudioError) -> None:
        fill(self._error, error, title=tr("This folder can't be used"))
        self._error.show()
