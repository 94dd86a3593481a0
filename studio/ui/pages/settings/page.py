"""The Settings page: presets, the form, the course of the step size, the questions asked on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.config import TrainSettings
from studio.core.problem import Problem
from studio.core.settings import SettingField
from studio.services.facts import Preset
from studio.services.presets import own, same
from studio.ui.pages.settings.curve import side_by_side
from studio.ui.pages.settings.presets import PresetCards
from studio.ui.pages.settings.questions import QuestionsCard
from studio.ui.pages.settings.values import Preferred, declared, explanation, fitting, preferred, specs, value_of
from studio.ui.theme import WIDTH_FORM
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.fields import worded
from studio.ui.widgets.forms import Form
from studio.ui.widgets.layout import row
from studio.ui.widgets.page import PageHead, page_body
from studio.ui.widgets.schedule_chart import ScheduleChart
from studio.ui.wording import plural, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

_FIRST = "train.learning_rate"
_QUESTIONS = "train.samples"


class SettingsPage(QWidget):
    """Takes a preset, or sets everything."""

    set_explain = Signal(object)
    go = Signal(str)
    page_id = "settings"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._state: State | None = None
        self._fields: dict[str, SettingField] = {}
        self._wanted: dict[str, Preferred] = {}
        self._focused = _FIRST
        self._back = LinkButton("", "arrow-counter-clockwise")
        self._back.clicked.connect(self._restore)
        self._head = PageHead(tr("Settings"), side=self._back)
        self._presets = PresetCards()
        self._presets.chosen.connect(self._choose)
        # What is learnt has a card of its own, below the curve: the curve belongs to the numbers above it.
        self._form, self._learnt = Form(), Form()
        for form in (self._form, self._learnt):
            form.changed.connect(self._edit)
            form.focused.connect(self._focus)
        self._more = LinkButton("", "caret-down")
        self._more.clicked.connect(lambda: self._session.set_expert(True))
        self._curve = ScheduleChart()
        self._curve.setFixedHeight(104)
        self._courses: tuple[object, ...] = ()
        self._curve_card = Card(tr("Step size over the run"))
        self._curve_card.add(self._curve)
        self._questions = QuestionsCard()
        self._questions.edited.connect(self._edit_questions)
        body = page_body(self)
        for widget in (self._head, self._presets, self._form):
            body.addWidget(widget)
            widget.setMaximumWidth(WIDTH_FORM)
        for widget in (self._curve_card, self._learnt, self._questions):
            body.addWidget(widget)
            widget.setMaximumWidth(WIDTH_FORM)
        for widget in (self._curve_card, self._questions):
            widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        body.addLayout(row(self._more, None))
        body.addStretch(1)

    def refresh(self, state: State) -> None:
        """Show the settings as they are now."""
        self._state = state
        facts, config = state.facts, state.config
        self._fields = fitting(declared(facts.forms), facts.devices, config)
        preset = self._preset()
        changes = dict(preset.changes) if preset else {}
        self._wanted = preferred(self._fields, facts.recommended, changes, tr(preset.title) if preset else "")
        self._show_head(preset)
        self._presets.show_presets(facts.presets, config.preset)
        self._show_form()
        self._show_curve()
        self._questions.show_questions(config.train.samples, min(3, facts.report.validation) if facts.report else 0)
        for widget in (self._presets, self._form, self._learnt, self._questions):
            widget.setEnabled(not state.read_only)
        self._explain()

    def _preset(self) -> Preset | None:
        assert self._state is not None
        return next((each for each in self._state.facts.presets if each.id == self._state.config.preset), None)

    def _own(self) -> list[str]:
        """The settings that are the person's own: the same that the rail counts."""
        assert self._state is not None
        facts = self._state.facts
        return list(own(self._state.config, self._preset(), facts.recommended, facts.forms))

    def _show_head(self, preset: Preset | None) -> None:
        assert self._state is not None
        mine = self._own()
        title = tr(preset.title) if preset else tr("Your own settings")
        if self._state.read_only:
            sentence = tr("This project is open elsewhere, so nothing can be changed here.")
        elif mine:
            said = plural(len(mine), "{preset}, with {n} change.", "{preset}, with {n} changes.", preset=title)
            names = ", ".join(self._form_name(path) for path in mine[:3]) + (" …" if len(mine) > 3 else "")
            sentence = f"{said} {tr('Yours: {names}.', names=names)}"
        else:
            sentence = tr("{preset}. The computer tells you as you type if something does not fit.", preset=title)
        self._head.set_sentence(sentence)
        self._back.setText(tr("Back to {preset}", preset=title))
        self._back.setVisible(bool(mine) and preset is not None and not self._state.read_only)

    def _form_name(self, path: str) -> str:
        return tr(self._fields[path].title)

    def _show_form(self) -> None:
        assert self._state is not None
        state = self._state
        for form in (self._form, self._learnt):
            fields = {path: field for path, field in self._fields.items() if self._form_of(path) is form}
            form.set_specs(specs(fields, self._wanted, state.facts.recommended, grouped=state.expert))
            form.set_level("expert" if state.expert else "simple")
            form.set_values({path: value_of(state.config, path, field.default) for path, field in fields.items()})
        for path in self._fields:
            problem = self._problem(path)
            warns = problem is not None and problem.severity != "blocks"
            self._form_of(path).row(path).set_problem(problem.sentence if problem else "", warns=warns)
        hidden = sum(self._form_of(path).row(path).isHidden() for path in self._fields)
        self._more.setText(plural(hidden, "{n} more setting in Expert", "{n} more settings in Expert"))
        self._more.setVisible(bool(hidden))

    def _form_of(self, path: str) -> Form:
        return self._learnt if path.startswith("objective.") else self._form

    def _problem(self, path: str) -> Problem | None:
        assert self._state is not None
        return next((problem for problem in self._state.problems if problem.field == path), None)

    def _show_curve(self) -> None:
        assert self._state is not None
        train, report = self._state.config.train, self._state.facts.report
        usual = {path.partition(".")[2]: each.value for path, each in self._wanted.items() if path.startswith("train.")}
        examples = report.train if report else 0
        recommended = TrainSettings.model_validate({**train.model_dump(), **usual})
        if (courses := (train, recommended, examples)) != self._courses:
            self._courses = courses
            self._curve.set_curves(*side_by_side(train, recommended, examples))
        self._curve_card.set_title(tr("Step size over the run"), _course_words(train))

    def _edit(self, path: str, value: Any) -> None:
        if self._state is None or path not in self._fields:
            return
        if same(value, value_of(self._state.config, path, self._fields[path].default)):
            return
        spec = self._form_of(path).spec(path)
        self._session.edit({path: value}, f"{spec.name}: {worded(spec, value)}")

    def _edit_questions(self, questions: tuple[str, ...], label: str) -> None:
        self._session.edit({_QUESTIONS: questions}, label)

    def _choose(self, preset: str) -> None:
        chosen = next((each for each in self._state.facts.presets if each.id == preset), None) if self._state else None
        if chosen is None or self._state is None:
            return
        touched = any(path in chosen.changes for path in self._own())
        if preset != self._state.config.preset or touched:
            self._session.edit(dict(chosen.changes), tr("Preset: {name}", name=tr(chosen.title)))

    def _restore(self) -> None:
        """Every setting of the person's own back to what preset and recommendation say."""
        if self._state is None:
            return
        self._session.edit({path: self._wanted[path].value for path in self._own()}, self._back.text())

    def _focus(self, path: str) -> None:
        self._focused = path
        self._explain()

    def _explain(self) -> None:
        if self._state is None or not self._fields:
            return
        path = self._focused if self._focused in self._fields else next(iter(self._fields))
        problem = self._problem(path)
        value = value_of(self._state.config, path, self._fields[path].default)
        # A remedy with a fix is the word on a button, and that stands at the foot of the window.
        notice = " ".join(filter(None, (problem.sentence, "" if problem.fix else problem.remedy))) if problem else ""
        self.set_explain.emit(
            explanation(self._form_of(path).spec(path), self._fields[path], value, self._wanted[path], notice)
        )

    def primary(self) -> tuple[str, bool, str]:
        """Next, unless a setting can't stand as it is."""
        problems = self._state.problems if self._state else ()
        blocking = next((each for each in problems if each.step == "settings" and each.severity == "blocks"), None)
        return tr("Next: Train"), blocking is None, blocking.sentence if blocking else ""

    def activate_primary(self) -> None:
        """Go on to training."""
        self.go.emit("train")


def _course_words(train: TrainSettings) -> str:
    ends = {
        "cosine": tr("then becomes smaller"),
        "linear": tr("then becomes smaller"),
        "constant": tr("then stays"),
        "wsd": tr("then stays and falls at the end"),
        "restarts": tr("then falls several times"),
    }
    return (
        f"{tr('warms up')}, {ends[train.schedule]}"
        if train.warmup
        else tr("no gentle start") + ", " + ends[train.schedule]
    )
