"""What is learnt from the examples, where a goal leaves a choice: a class or a number, pairs or single judgements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.api import Objective
from studio.services import goals
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import row
from studio.ui.widgets.switches import Segmented
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import State

_SHORT = {
    "sort": "A class",
    "value": "A number",
    "prefer": "Pairs",
    "liked": "Thumbs",
    "judge": "A judge",
}


def short_title(objective: Objective[Any]) -> str:
    """An objective in a word or two, for a switch; its title where it has no shorter one."""
    return tr(_SHORT.get(objective.id, objective.title))


class LearntCard(Card):
    """A switch between the objectives of the goal and a sentence about the chosen one. `picked(id)` when the person
    picks another. Hidden where nothing can be chosen."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("What is learnt"), parent=parent)
        self.choice = Segmented([], name=tr("What is learnt"), small=True)
        self.choice.changed.connect(self.picked)
        self._sentence = Label("", "caption", wrap=True)
        self.add(row(self.choice, None))
        self.add(self._sentence)
        self.hide()

    def show_state(self, state: State) -> None:
        """Offer what the goal leaves to choose; what the model can't learn says so."""
        offered = goals.choices(state.config)
        self.setVisible(len(offered) > 1)
        if len(offered) < 2:
            return
        chosen = state.config.objective.id
        self.choice.set_choices([(each.id, short_title(each)) for each in offered], chosen)
        self.choice.set_current(chosen)
        learnable = {each.id for each in goals.offered(state.config.goal, state.facts.model)}
        for each in offered:
            self.choice.set_choice_enabled(each.id, _reason(each, state) if each.id not in learnable else "")
        summary = next(each.summary for each in offered if each.id == chosen)
        self._sentence.setText(tr(summary))
        self.choice.setEnabled(not state.read_only)


def _reason(objective: Objective[Any], state: State) -> str:
    name = state.facts.model.name if state.facts.model else ""
    return tr(
        "{model} can't learn this: it needs a model that {kind}.", model=name, kind=tr(goals.needed_for(objective))
    )
