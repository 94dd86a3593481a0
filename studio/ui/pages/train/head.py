"""The card at the top of a run: how it goes, how far it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.core.run import ACTIVE, RunSummary
from studio.plugins import methods
from studio.ui.icons import paint_icon
from studio.ui.pages.train import words
from studio.ui.pages.train.course import VALIDATION, Course
from studio.ui.theme import SPACE_16, tokens
from studio.ui.widgets.buttons import Button, LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.gauges import ProgressBar
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import count, run_name, tr

_HEARD = {
    "pause": "It pauses after this step.",
    "resume": "It is going on.",
    "stop": "It ends after this step and keeps the best weights.",
}


class Sign(QWidget):
    """A state's icon in a tinted circle."""

    def __init__(self) -> None:
        super().__init__()
        self._icon, self._tone = "hourglass-medium", "accent"
        self.setFixedSize(40, 40)

    def show_sign(self, icon: str, tone: str) -> None:
        """Another icon and colour; "second" stands on a quiet ground."""
        self._icon, self._tone = icon, tone
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(40, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        ground = t.sunken if self._tone == "second" else t.named(f"{self._tone}_tint")
        box(painter, QRectF(self.rect()), 20, ground)
        paint_icon(painter, QRect(11, 11, 18, 18), self._icon, t.named(self._tone))


class RunHead(Card):
    """State, progress and buttons of one run. `asked(what)`: pause, resume, stop, begin, new."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__("")
        self._sign = Sign()
        self._title = Label("", "title")
        self._sentence = Label("", "second", wrap=True)
        self.pause = Button(tr("Pause"), "pause")
        self.resume = Button(tr("Resume"), "play")
        self.stop = Button(tr("Stop…"), "stop")
        self.begin = LinkButton(tr("Go on from this run"), "arrow-bend-down-right", small=True)
        self.again = Button(tr("New run…"), "plus")
        self._asked = ""
        self._state = ""
        for button, what in (
            (self.pause, "pause"),
            (self.resume, "resume"),
            (self.begin, "begin"),
            (self.again, "new"),
        ):
            button.clicked.connect(lambda _on=False, what=what: self._ask_for(what))
        self.stop.clicked.connect(lambda: self._confirm(True))
        self._question = self._make_question()
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(column(self._title, self._sentence, spacing=2), 1)
        buttons = row(self.pause, self.resume, self.stop, self.again, spacing=12)
        top.addLayout(buttons)
        top.setAlignment(buttons, Qt.AlignmentFlag.AlignTop)
        self._bar = ProgressBar(tr("How far the run has come"))
        self._place, self._turn = Label("", "caption", tabular=True), Label("", "caption")
        self._left, self._end = Label("", "caption", tabular=True), Label("", "caption", tabular=True)
        for label in (self._place, self._left):
            label.setFont(Label("", "strong").font())
            label.set_tone("text")
        self.body.setSpacing(SPACE_16 - 4)
        self.add(top)
        self.add(self._question)
        self.add(self._bar)
        self.add(row(self._place, self._turn, None, self._left, self._end, self.begin, spacing=4))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def _make_question(self) -> QWidget:
        self._keep = Button("", "stop")
        self._go_on = Button(tr("Go on"), "play")
        self._keep.clicked.connect(self._stop)
        self._go_on.clicked.connect(lambda: self._confirm(False))
        self._ask = Label("", "body", wrap=True)
        self._ask.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        holder = QWidget()
        holder.setLayout(row(self._ask, self._keep, self._go_on, spacing=12))
        holder.layout().setStretch(0, 1)  # type: ignore[union-attr]
        holder.hide()
        return holder

    def _confirm(self, on: bool) -> None:
        """Ask in place, so that the curves stay in sight while one decides."""
        self._question.setVisible(on)
        self.stop.setVisible(not on)
        (self._go_on if on else self.stop).setFocus()

    def _stop(self) -> None:
        self._question.hide()
        self.stop.show()
        self._ask_for("stop")

    def _ask_for(self, what: str) -> None:
        """Pass a wish on; until it is done the buttons say that it was heard."""
        if what not in ("new", "begin"):
            self._asked = what
            for button in (self.pause, self.resume, self.stop):
                button.set_disabled_reason(tr(_HEARD[what]))
        self.asked.emit(what)

    def forget(self) -> None:
        """Another run, or another worker: no wish is open."""
        self._asked = self._state = ""
        self._question.hide()

    def show_run(self, run: RunSummary, course: Course, read_only: str, new_reason: str) -> None:
        """Show a run as it stands; `read_only` and `new_reason` say why its buttons, or a new run, are off."""
        told = words.told(run, course)
        self._sign.show_sign(told.icon, told.tone)
        self._title.setText(told.title)
        self._sentence.setText(told.sentence)
        self._show_buttons(run, course, read_only, new_reason)
        steps = course.steps or run.steps
        step = max(run.step, course.step)
        share = min(1.0, step / steps) if steps else None
        self._bar.set_progress(1.0 if run.reason == "completed" else share, words.epoch_ticks(run, course))
        self._bar.setVisible(not run.parts or run.state in ACTIVE)
        place, turn = words.where(run, course)
        left, end = words.ending(run, course, datetime.now())
        self._say(((self._place, self._turn), (place, turn)), ((self._left, self._end), (left, end)))
        self.setAccessibleName(f"{run_name(run.id)}: {told.title}")
        self.setAccessibleDescription(told.sentence)

    def _say(self, *pairs: tuple[tuple[Label, Label], tuple[str, str]]) -> None:
        for (first, second), (strong, quiet) in pairs:
            first.setText(strong)
            second.setText(f"· {quiet}" if quiet else "")

    def _show_buttons(self, run: RunSummary, course: Course, read_only: str, new_reason: str) -> None:
        active = run.state in ACTIVE
        if run.state != self._state:
            self._state, self._asked = run.state, ""
        asking = not self._question.isHidden()
        self.pause.setVisible(run.state in ("running", "waiting") and not run.parts)
        self.resume.setVisible(run.state in ("planned", "paused", "stopped"))
        self.stop.setVisible(active and not asking)
        self.again.setVisible(not active)
        self.begin.setVisible(run.has_weights)
        if not active:
            self._question.hide()
        waits = active and not course.step and not run.step and not run.parts
        early = tr("The first step has not been taken yet.") if waits else ""
        heard = tr(_HEARD[self._asked]) if self._asked else ""
        self.pause.set_disabled_reason(read_only or heard or early)
        self.resume.set_disabled_reason(read_only or heard)
        self.stop.set_disabled_reason(read_only or heard)
        self.again.set_disabled_reason(read_only or new_reason)
        self.begin.set_disabled_reason(read_only or _cannot_go_on(run))
        self._ask.setText(_stop_words(run, course))
        keep = tr("Stop and keep step {step}", step=count(kept_step(run, course)))
        self._keep.setText(tr("Stop joining") if run.parts else keep)

    def buttons(self) -> Sequence[Button]:
        """The buttons that can be seen, from left to right."""
        own = (self.pause, self.resume, self.stop, self.begin, self.again, self._keep, self._go_on)
        return [button for button in own if button.isVisible()]


def kept_step(run: RunSummary, course: Course) -> int:
    """The step whose weights would be kept if the run ended now."""
    best = course[VALIDATION].best()
    if run.best_step is not None:
        return run.best_step
    return int(best[0]) if best else max(run.step, course.step)


def _cannot_go_on(run: RunSummary) -> str:
    """Why nothing can go on from a run; empty where it can."""
    method = next((method for method in methods() if method.id == run.method), None)
    if method is None or method.goes_on:
        return ""
    return tr("What was trained with {method} can't be trained further.", method=method.term or method.title)


def _stop_words(run: RunSummary, course: Course) -> str:
    if run.parts:
        return tr("Stop joining? Nothing is kept, and the runs stay as they are.")
    best, step = kept_step(run, course), max(run.step, course.step)
    if best < step:
        return tr("Stop now? Step {best} is the best so far and will be kept.", best=count(best))
    return tr("Stop now? The model is kept as it is at step {step}.", step=count(step))
