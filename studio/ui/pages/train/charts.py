"""The two curves of a run: the error on the examples, and how unsure the model is or how well it does its task."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy

from studio.core.run import RunSummary
from studio.ui.pages.train import words
from studio.ui.pages.train.course import TRAIN, VALIDATION, Course, Points
from studio.ui.pages.train.second import Second, points_of, second_of
from studio.ui.widgets.cards import Card
from studio.ui.widgets.loss_chart import REDRAW_MS, LossChart
from studio.ui.wording import count, number, tr


class RunCharts(Card):
    """Loss above, perplexity or the task's own number below, with one crosshair and one zoom for both."""

    def __init__(self) -> None:
        super().__init__("")
        self.loss = LossChart(tr("Error on the examples"), tr("loss, lower is better"), height=140)
        self.unsure = LossChart(
            tr("How unsure it is"),
            tr("perplexity: it hesitates between so many words"),
            controls=False,
            show_values=True,
            height=60,
            redraw_ms=REDRAW_MS * 3 // 2,  # Not in the same moment as the other: painting both takes twice as long.
        )
        self.unsure.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        # Wide enough for a perplexity in the thousands, and the same for both, so that the steps stand in line.
        for chart in (self.loss, self.unsure):
            chart.left.setWidth(48)
        self.loss.stand_in_line(self.unsure)
        self.body.setSpacing(4)
        self.add(self.loss, 5)
        self.add(self.unsure, 2)
        self._course: Course | None = None
        self._second: Second | None = None
        self._drawn = {TRAIN: 0, VALIDATION: 0}
        self._drawn_below = {TRAIN: 0, VALIDATION: 0}
        self._linking = False
        self.loss.hovered.connect(self.unsure.set_crosshair)
        self.unsure.hovered.connect(self.loss.set_crosshair)
        self.loss.zoomed.connect(lambda low, high: self._zoom(self.unsure, low, high))
        self.unsure.zoomed.connect(lambda low, high: self._zoom(self.loss, low, high))
        self.loss.scale_switch.changed.connect(lambda key: self.unsure.set_log(key == "log"))
        self.loss.smooth_switch.changed.connect(lambda key: self.unsure.set_smooth(key == "smooth"))

    def _zoom(self, other: LossChart, low: float, high: float) -> None:
        # Each chart tells when it was zoomed, also by the other: only the first one counts.
        if not self._linking:
            self._linking = True
            other.set_x_range(low, high)
            self._linking = False

    def show_course(self, course: Course) -> None:
        """Draw a course from its beginning."""
        self._course = course
        self._second = None
        losses = course.losses()
        self.loss.set_points(losses[TRAIN], losses[VALIDATION])
        self._drawn = {name: course[name].size for name in self._drawn}
        self._show_below(course)

    def _show_below(self, course: Course) -> None:
        """The lower chart from its beginning; what it shows is known as soon as the run's config is."""
        self._second = second = second_of(course)
        self.unsure.setVisible(second is not None)
        below: dict[str, Points] = {TRAIN: [], VALIDATION: []}
        if second is not None:
            self.unsure.set_title(tr(second.title), tr(second.aside))
            below = {name: points_of(course, second, name) for name in below}
        self.unsure.set_points(below[TRAIN], below[VALIDATION])
        self._drawn_below = {name: len(points) for name, points in below.items()}

    def grow(self) -> None:
        """Draw what the course gained since the last time."""
        course = self._course
        if course is None:
            return
        new = {}
        for name, drawn in self._drawn.items():
            line = course[name]
            steps, values = line.steps[drawn:], line.values[drawn:]
            new[name] = list(zip(steps.tolist(), values.tolist(), strict=True))
            self._drawn[name] = line.size
        self.loss.append(new[TRAIN], new[VALIDATION])
        if self._second != second_of(course):
            self._show_below(course)
        elif self._second is not None:
            below = {name: points_of(course, self._second, name, at) for name, at in self._drawn_below.items()}
            self.unsure.append(below[TRAIN], below[VALIDATION])
            self._drawn_below = {name: at + len(below[name]) for name, at in self._drawn_below.items()}

    def show_run(self, run: RunSummary) -> None:
        """Mark what is known of the run: its length, its best step, where it stops or stopped."""
        course = self._course
        if course is None:
            return
        if self._second != second_of(course):
            self._show_below(course)  # What the run learns is known only now.
        steps = course.steps or run.steps
        early = words.early_stop(run, course)
        best = course[VALIDATION].best()
        for chart in (self.loss, self.unsure):
            if chart.total != steps:
                chart.set_run(steps)
            chart.set_early_stop(*(early if early else (None, "")))
        if run.state == "failed":
            self.loss.set_stopped(run.step, _stopped_words(course))
            self.unsure.set_stopped(run.step, "")
        else:
            self.loss.set_stopped(None)
            self.unsure.set_stopped(None)
        going = run.state in ("running", "paused", "waiting")
        if best is not None:
            said = tr("best so far {loss}", loss=number(best[1])) if going else tr("best {loss}", loss=number(best[1]))
            self.loss.set_best(best[0], best[1], said)
            self._mark_kept(course, best[0])
        else:
            self.loss.set_best(None)

    def _mark_kept(self, course: Course, step: float) -> None:
        """Mark the step that is kept in the lower chart too, where its lowest point is not the best one."""
        second = self._second
        if second is None or not second.key:
            self.unsure.set_best(None)
            return
        found = dict(points_of(course, second, VALIDATION)).get(step)
        if found is not None:
            self.unsure.set_best(step, found)


def _stopped_words(course: Course) -> str:
    if course.saved_step:
        return tr("Stopped here, saved at step {step}", step=count(course.saved_step))
    return tr("Stopped here")
