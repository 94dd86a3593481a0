"""The Model page itself: the models that are here, adding a folder, and finding a moved model again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.core.model_info import ModelInfo
from studio.core.problem import StudioError
from studio.services import models
from studio.services.facts import Estimate
from studio.services.models import KnownModel
from studio.ui.pages.errors import fill
from studio.ui.pages.files import choose_folder
from studio.ui.pages.model.card import ModelCard
from studio.ui.pages.model.fitting import instead, needs, recommended, same_model, unsuited
from studio.ui.pages.model.template import TemplateCard
from studio.ui.theme import CARD_GAP
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.notices import ErrorCard, Notice
from studio.ui.widgets.page import PageHead, page_body
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

LEAST_CARD = 310


def _same_place(one: ModelInfo, other: ModelInfo) -> bool:
    """Whether both are the same folder: two may hold the same weights with another tokenizer."""
    return Path(one.path) == Path(other.path)


class ModelPage(QWidget):
    """Chooses the base model."""

    page_id = "model"
    set_explain = Signal(object)
    go = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._state: State | None = None
        self._known: list[KnownModel] | None = None
        self._needs: Mapping[str, Estimate] = {}
        self._asked: object = None
        self._columns = 0
        self._refused_shown = False
        self.cards: list[ModelCard] = []
        self.add_button = Button(tr("Add a folder…"), "folder-simple-plus")
        self.add_button.clicked.connect(self.choose_folder)
        sentence = tr("What you start from. It stays as its makers left it; training writes beside it.")
        self.error = ErrorCard()
        self.error.hide()
        self.error.action.connect(self._act)
        self._doubt = Notice("", "warn")
        self._doubt.hide()
        self._holder = QWidget()
        self._holder.setAccessibleName(tr("Models"))
        self._grid = QGridLayout(self._holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(CARD_GAP)
        hint = tr(
            "A model folder holds config.json, a tokenizer and weights as safetensors. You can drop one on this page."
        )
        self._hint = Notice(hint, icon="info")
        body = page_body(self)
        self.template = TemplateCard(session)
        head = PageHead(tr("Model"), sentence, self.add_button)
        for widget in (head, self.error, self._doubt, self._holder, self.template, self._hint):
            body.addWidget(widget)
        body.addStretch(1)
        session.failed.connect(self._failed)

    # What the window asks of every page

    def refresh(self, state: State) -> None:
        """Show the models; the list is read when the page is first seen and when something was added."""
        self._state = state
        if self._known is None:
            self._known = []
            self.look()
        self.add_button.set_disabled_reason(
            tr("The project is open elsewhere and can only be looked at.") if state.read_only else ""
        )
        self._show_trouble(state)
        self._show_chosen()
        self._ask_needs()
        self.template.show_state(state)

    def _show_trouble(self, state: State) -> None:
        """What makes the model unusable as a card, what else speaks against it as a strip."""
        notes = [note for note in state.facts.model_notes if not note.fix]
        problem = state.facts.model_problem or next((note for note in notes if note.severity == "blocks"), None)
        doubt = next((note for note in notes if note.severity != "blocks"), None)
        self._doubt.setVisible(problem is None and doubt is not None)
        if doubt is not None:
            self._doubt.set(tr(doubt.sentence), "warn", detail=tr(doubt.remedy))
        if problem is None or not state.config.model.path:
            if not self._refused_shown:
                self.error.hide()
            return
        missing = problem.id == "model-missing"
        title = tr("The model is not where it was") if missing else tr("This model can't be used")
        again = [("find", tr("Find it again…"))] if missing else []
        buttons = [*again, ("add", tr("Choose another folder…"))]
        data = tr("The project and its runs are safe.")
        self.error.show_error(title, problem.sentence, data, problem.remedy, buttons=buttons, primary=True)
        self.error.show()

    def primary(self) -> tuple[str, bool, str]:
        """The Next button."""
        state = self._state
        if state is None or state.facts.model is None:
            return tr("Next: Method"), False, tr("Choose a model to go on.")
        blocking = next((p for p in state.problems if p.step == "model" and p.severity == "blocks"), None)
        return tr("Next: Method"), blocking is None, blocking.sentence if blocking else ""

    def activate_primary(self) -> None:
        """Go on to the Method page."""
        self.go.emit("method")

    # The list

    def look(self) -> None:
        """Read the list of models anew."""
        self._session.known_models(self._show)

    def _show(self, known: Sequence[KnownModel]) -> None:
        self._known = self._suited_first(self._with_chosen(list(known)))
        for card in self.cards:
            self._grid.removeWidget(card)
            card.deleteLater()
        self.cards = [self._make_card(model) for model in self._known]
        self._columns = 0
        self._arrange()
        self._asked = None
        self._show_chosen()
        self._ask_needs()

    def _with_chosen(self, known: list[KnownModel]) -> list[KnownModel]:
        """The project's own model stands in the list even when its folder was never added here."""
        info = self._state.facts.model if self._state else None
        if info and not any(model.info and _same_place(model.info, info) for model in known):
            known.insert(0, KnownModel(path=Path(info.path), name=info.name, info=info, starter=info.starter))
        return known

    def _suited_first(self, known: list[KnownModel]) -> list[KnownModel]:
        """What the project can begin with before what can't learn its goal; the starter for the goal first."""
        config = self._state.config if self._state else None

        def place(model: KnownModel) -> int:
            if config is None or model.info is None:
                return 1
            return 0 if recommended(model.info, config) else 2 if unsuited(model.info, config) else 1

        return sorted(known, key=place)

    def _make_card(self, model: KnownModel) -> ModelCard:
        card = ModelCard(model)
        card.toggled.connect(lambda on: self._choose(model) if on else None)
        card.forget_asked.connect(self._forget)
        card.why_asked.connect(self._tell_why)
        return card

    def _arrange(self) -> None:
        columns = max(1, min(3, (self.width() - 48) // LEAST_CARD))
        if columns == self._columns:
            return
        self._columns = columns
        for at in range(3):
            self._grid.setColumnStretch(at, 1 if at < columns else 0)
        for place, card in enumerate(self.cards):
            self._grid.addWidget(card, place // columns, place % columns)

    def _show_chosen(self) -> None:
        state = self._state
        if state is None:
            return
        chosen = state.facts.model
        for card in self.cards:
            info = card.model.info
            unfit = unsuited(info, state.config) if info else ""
            if info:
                card.show_advice(recommended(info, state.config), instead(info, state.config))
            card.show_fit(unfit, self._needs.get(info.path) if info else None, state.facts.device)
            on = bool(info and chosen and _same_place(info, chosen))
            if card.isCheckable() and card.isChecked() != on:
                card.blockSignals(True)
                card.setAutoExclusive(False)
                card.setChecked(on)
                card.setAutoExclusive(True)
                card.blockSignals(False)
                card.update()

    def _ask_needs(self) -> None:
        """Estimate each model's needs at the desk, once per config, device and list."""
        state = self._state
        infos = [model.info for model in self._known or () if model.info]
        if state is None or not infos:
            return
        report = state.facts.report
        asked = (
            state.config.objective,
            state.config.method,
            state.config.train,
            state.facts.device,
            report,
            [info.path for info in infos],
        )
        if asked != self._asked:
            self._asked = asked
            self._session.call(
                needs, infos, state.config, state.facts.device, report, then=self._take_needs, page="model"
            )

    def _take_needs(self, found: Mapping[str, Estimate]) -> None:
        self._needs = found
        self._show_chosen()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    # What the person does

    def _choose(self, model: KnownModel) -> None:
        self._clear_error()
        self._session.choose_model(model.path)

    def choose_folder(self) -> None:
        """Ask for a folder and take its model."""
        folder = choose_folder(self, tr("Choose the folder of a model"))
        if folder:
            self.take_folder(folder)

    def take_folder(self, folder: Path) -> None:
        """Add a folder and choose its model, or say why it can't be one."""
        self._clear_error()
        self._session.call(models.add_folder, folder, then=lambda _: self._added(folder), failed=self._refused)

    def _added(self, folder: Path) -> None:
        self.look()
        self._session.choose_model(folder)

    def _forget(self, path: Path) -> None:
        self._session.call(models.forget_folder, path, then=lambda _: self.look(), page="model")

    def _tell_why(self, model: KnownModel) -> None:
        problem = model.problem
        if problem:
            told = StudioError(problem.id, problem.sentence, data=tr("Nothing was changed."), remedy=problem.remedy)
            self._refused(told)

    def _act(self, action: str) -> None:
        if action == "close":
            self._clear_error()
        elif action == "find":
            folder = choose_folder(self, tr("Where does the model lie now?"))
            if folder:
                self.find_again(folder)
        else:
            self.choose_folder()

    def find_again(self, folder: Path) -> None:
        """Take a folder when it holds the very model that the project used."""
        state = self._state
        if state is None:
            return
        take = lambda found: self.take_folder(found)  # noqa: E731
        self._session.call(same_model, folder, state.config.model.fingerprint, then=take, failed=self._refused)

    def _failed(self, page: str, error: object) -> None:
        if page == self.page_id and isinstance(error, StudioError):
            self._refused(error)

    def _clear_error(self) -> None:
        self._refused_shown = False
        self.error.hide()

    def _refused(self, error: StudioError) -> None:
        self._refused_shown = True
        buttons = [("add", tr("Choose another folder…")), ("close", tr("Close"))]
        fill(self.error, error, buttons, title=tr("This model can't be used"))
        self.error.show()
