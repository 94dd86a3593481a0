"""A recent project as a card: name, goal, when, a small curve, and how it stands."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.services.recents import RecentProject
from studio.ui.icons import STATE_ICONS, paint_icon
from studio.ui.pages.home.goals import goal_icon, goal_title
from studio.ui.theme import tokens
from studio.ui.widgets.action_card import ActionCard
from studio.ui.widgets.gauges import Sparkline
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import row
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr, when

_VERDICTS = {"better": "good", "worse": "bad", "no_difference": "warn", "too_few": "warn"}
_STATES = {
    "planned": ("info", "A training is ready to be started elsewhere."),
    "waiting": ("running", "Training is starting."),
    "running": ("running", "Training is under way."),
    "paused": ("paused", "Training is paused."),
    "stopped": ("info", "Training was stopped; the best weights are kept."),
    "finished": ("good", "Training is finished. Ask next whether it helped."),
    "failed": ("failed", "Training could not finish."),
}


def standing(project: RecentProject) -> tuple[str, str]:
    """How a project stands: a state icon's id, and a sentence."""
    if project.missing:
        return "warn", tr("Its folder is no longer there.")
    if project.state in ("waiting", "running", "paused", "failed"):
        sign, words = _STATES[project.state]
        return sign, tr(words)
    if project.sentence:
        return _VERDICTS.get(project.verdict_id, "info"), project.sentence
    if project.state in _STATES:
        sign, words = _STATES[project.state]
        return sign, tr(words)
    return "info", tr("Nothing was trained yet.")


def opened_when(project: RecentProject) -> str:
    """When the project was open last."""
    return when(datetime.fromtimestamp(project.opened), datetime.now())


class RecentCard(ActionCard):
    """A click opens the project."""

    def __init__(self, project: RecentProject, parent: QWidget | None = None) -> None:
        super().__init__(project.name, parent=parent)
        self.project = project
        name = ElidedLabel(project.name, "strong")
        head = row(IconLabel(goal_icon(project.goal), "second", 15), spacing=7)
        head.addWidget(name, 1)
        self.add(head)
        self.add(ElidedLabel(f"{goal_title(project.goal)} · {opened_when(project)}", "caption"))
        self.body.setSpacing(3)
        self.body.addSpacing(6)
        if project.train or project.validation:
            self.add(_curve(project))
        else:
            self.add(_NoCurve())
        self.body.addSpacing(6)
        sign, words = standing(project)
        icon, tone = STATE_ICONS[sign]
        line = row(spacing=8)
        line.addWidget(IconLabel(icon, tone, 15), 0, Qt.AlignmentFlag.AlignTop)
        said = Label(words, "caption", wrap=True)
        if tone in ("good", "warn", "bad"):
            said.set_tone(tone)  # type: ignore[arg-type]
        said.setAlignment(Qt.AlignmentFlag.AlignTop)
        line.addWidget(said, 1)
        self.add(line, 1)
        self.setAccessibleDescription(f"{goal_title(project.goal)}. {words}")
        if project.missing:
            self.set_disabled_reason(tr("The folder {folder} is no longer there.", folder=project.folder))


def _curve(project: RecentProject) -> Sparkline:
    shown = Sparkline(height=88)
    best = min(range(len(project.validation)), key=project.validation.__getitem__) if project.validation else None
    curves = [(project.train, "train"), (project.validation, "valid")]
    shown.set_series([curve for curve in curves if curve[0]], best=best, fill=True)
    return shown


class _NoCurve(QWidget):
    """The place of the curve before there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(88)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        box(painter, self.rect(), 6, t.sunken)
        paint_icon(painter, QRectF(self.width() / 2 - 11, 33, 22, 22), "chart-line", t.control)
