"""The verdict and the measures: large and plain above, the numbers beside the talk below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.services.facts import Evaluation
from studio.ui.pages.evaluate import words
from studio.ui.pages.evaluate.measures import Line, lines
from studio.ui.pages.train.head import Sign
from studio.ui.theme import SPACE_8
from studio.ui.widgets.buttons import Button, LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.gauges import ProgressBar
from studio.ui.widgets.intervals import Interval, IntervalRow
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import clear, column, hairline, row
from studio.ui.wording import time_left, tr


class VerdictCard(Card):
    """Better, worse, or not to be told; before that, what measuring does; meanwhile, how far it is."""

    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("", padding=20)
        self._sign = Sign()
        self._title = Label("", "verdict")
        self._sentence = Label("", "lead", wrap=True)
        self._meaning = Label("", "caption", wrap=True)
        self._interval = Interval()
        self._interval.setMinimumWidth(380)
        self._bar = ProgressBar(tr("How far measuring is"))
        self._left = Label("", "caption", tabular=True)
        self.stop = Button(tr("Stop"), "stop", small=True)
        self.stop.clicked.connect(self.stop_wanted)
        self._progress = QWidget()
        self._progress.setLayout(column(self._bar, row(self._left, None, self.stop), spacing=6))
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._sign)
        head.addWidget(self._title)
        head.addStretch(1)
        said = column(head, self._sentence, self._meaning, self._progress, None, spacing=SPACE_8)
        line = QHBoxLayout()
        line.setSpacing(32)
        line.addLayout(said, 5)
        line.addWidget(self._interval, 4, Qt.AlignmentFlag.AlignVCenter)
        self.add(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show a verdict with its interval."""
        told = words.verdict_of(evaluation)
        self._say(told.icon, told.tone, told.title, tr(evaluation.sentence), told.meaning)
        scale = words.scale_of_measure(evaluation)
        if scale is not None:
            self._show_scale(scale)
            return
        gain = None if words.own_measure(evaluation) else words.gain_of(evaluation)
        whole = gain is not None and gain.low is not None and gain.high is not None
        self._interval.setVisible(whole)
        if gain is not None and gain.low is not None and gain.high is not None:
            low, high, ticks = words.scale_of(gain)
            self._interval.set_scale(low, high, ticks=ticks, no_difference=0.0, no_difference_words=tr("no difference"))
            less = tr("Less hesitation") if gain.value >= 0 else tr("More hesitation")
            shown = IntervalRow(less, gain.low, gain.value, gain.high, words.said(abs(gain.value)), gain.tone)
            self._interval.set_rows([shown])

    def _show_scale(self, scale: words.Scale) -> None:
        """Before and after over one scale."""
        self._interval.show()
        self._interval.set_scale(scale.low, scale.high, ticks=scale.ticks)
        shown = []
        for name, told, tone in ((tr("Before"), scale.before, "second"), (tr("After"), scale.after, scale.tone)):
            value, low, high, said = told
            shown.append(IntervalRow(name, low, value, high, said, tone))
        self._interval.set_rows(shown)

    def show_waiting(self, examples: int) -> None:
        """Nothing was measured yet."""
        if examples:
            sentence = tr("Measuring asks the model before and after about examples that neither has seen.")
            more = tr(
                "{n} sealed examples are waiting. Nothing about the model or your data changes.", n=f"{examples:,}"
            )
        else:
            sentence = tr("There are no sealed test examples, so training can't be measured.")
            more = tr("Give the test a share of the data on the Data page, and train again.")
        self._say("question", "accent", tr("Did it help?"), sentence, more)
        self._interval.hide()

    def show_progress(self, said: str, share: float | None, seconds_left: float | None) -> None:
        """Measuring is under way."""
        self._say("hourglass-medium", "accent", tr("Measuring"), said or tr("The models are being loaded."), "")
        self._interval.hide()
        self._progress.show()
        self._bar.set_progress(share)
        self._left.setText(time_left(seconds_left) if share else "")

    def _say(self, icon: str, tone: str, title: str, sentence: str, meaning: str) -> None:
        self._progress.hide()
        self._sign.show_sign(icon, tone)
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._meaning.setText(meaning)
        self._meaning.setVisible(bool(meaning))
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"{sentence} {meaning}".strip())


class MeasuresCard(Card):
    """Each measure before and after, and what one may do next. `go(page)` follows a piece of advice."""

    go = Signal(str)

    def __init__(self) -> None:
        super().__init__(tr("Measures"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnMinimumWidth(3, 74)
        self._next = Label(tr("What you can do"), "strong")
        self._advice = QVBoxLayout()
        self._advice.setSpacing(10)
        hint = Label(tr("A bar that touches the dashed line may be chance."), "quiet")
        self._hint = QWidget()
        self._hint.setLayout(row(IconLabel("info", "quiet", 14), hint, None, spacing=6))
        self.add(self._grid)
        self.body.addSpacing(12)
        self.add(self._next)
        self.add(self._advice)
        self.body.addStretch(1)
        self.add(self._hint)
        self._shown: Evaluation | None = None

    def show_evaluation(self, evaluation: Evaluation, metric: str = "likelihood") -> None:
        """Fill the table and the advice; `metric` is what the task is judged by."""
        if evaluation == self._shown:
            return
        self._shown = evaluation
        clear(self._grid)
        clear(self._advice)
        self._hint.setVisible(evaluation.difference.get("low") is not None)
        for at, (name, side) in enumerate((("", 0), (tr("before"), 2), (tr("after"), 2), (tr("worse · better"), 4))):
            side_flag = Qt.AlignmentFlag.AlignRight if side == 2 else Qt.AlignmentFlag.AlignHCenter
            self._grid.addWidget(Label(name, "caption"), 0, at, side_flag)
        for place, line in enumerate(lines(evaluation, metric)):
            self._add_row(2 * place + 1, line, self._mark(evaluation, line))
        for icon, sentence, page in words.verdict_of(evaluation).advice:
            self._advice.addLayout(self._advice_line(icon, tr(sentence), page))

    def _add_row(self, at: int, line: Line, mark: QWidget) -> None:
        self._grid.addWidget(hairline("gridline"), at, 0, 1, 4)
        self._grid.addLayout(
            column(Label(line.name, "medium", wrap=True), Label(line.term, "quiet", wrap=True), spacing=1), at + 1, 0
        )
        self._grid.addWidget(Label(line.before, "second", tabular=True), at + 1, 1, _RIGHT)
        self._grid.addWidget(Label(line.after, "strong", tabular=True), at + 1, 2, _RIGHT)
        self._grid.addWidget(mark, at + 1, 3)

    def _mark(self, evaluation: Evaluation, line: Line) -> QWidget:
        """The change with its interval in small, better at the right: of what decides, and of the loss. Perplexity and
        loss are two faces of one difference, so that one scale serves them."""
        measure = words.own_measure(evaluation)
        mark = Interval(compact=True)
        if line.loss or (line.decides and measure is None):
            gain = words.gain_of(evaluation)
            ends = (gain.low, gain.value, gain.high, gain.tone) if gain else None
        elif line.decides and measure is not None:
            ends = words.change_of(measure)
        else:
            return QWidget()
        low, value, high, tone = ends or (None, 0.0, None, "")
        if low is None or high is None:
            return QWidget()
        reach = max(abs(low), abs(high), 0.05) * 1.1
        mark.set_scale(-reach, reach, no_difference=0.0)
        mark.set_rows([IntervalRow("", low, value, high, "", tone)])
        return mark

    def _advice_line(self, icon: str, sentence: str, page: str) -> QHBoxLayout:
        said = column(Label(sentence, "second", wrap=True), spacing=0)
        if page:
            link = LinkButton(tr("Go to {page}", page=tr(page.capitalize())), small=True, flush=True)
            link.clicked.connect(lambda: self.go.emit(page))
            said.addLayout(row(link, None))
        line = row(spacing=10)
        line.addWidget(IconLabel(icon, "second", 16), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(said, 1)
        return line


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
