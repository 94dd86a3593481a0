"""The bars at the window's top and bottom."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from studio.ui.icons import STATE_ICONS
from studio.ui.theme import HEIGHT_BOTTOM, HEIGHT_TOP, PAGE_MARGIN, SPACE_8, SPACE_12, SPACE_16, tokens
from studio.ui.widgets.buttons import Button, IconButton, LinkButton, PrimaryButton
from studio.ui.widgets.labels import ElidedLabel, IconLabel
from studio.ui.widgets.meters import Meter, RunPill
from studio.ui.widgets.paint import antialiased, box, plain_tooltip
from studio.ui.widgets.switches import Chip, Segmented
from studio.ui.wording import shortened, tr


class _Logo(QWidget):
    """Three bars, the middle one coloured: layers, one of which is tuned."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(22, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        for y, x, width, colour in ((1, 3, 16, t.control), (8, 0, 22, t.accent), (15, 3, 16, t.control)):
            box(painter, QRectF(x, y, width, 4.5), 2, colour)


class TopBar(QFrame):
    """Project menu, run pill, meters, Offline, Simple/Expert, settings."""

    run_clicked = Signal()
    offline_clicked = Signal()
    level_changed = Signal(str)
    settings_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setFixedHeight(HEIGHT_TOP)
        self.project = _ProjectName()
        self.pill = RunPill()
        self.pill.clicked.connect(self.run_clicked)
        self.pill.hide()
        self._meters: dict[str, Meter] = {}
        self._meter_column = QVBoxLayout()
        self._meter_column.setSpacing(0)
        self._meter_column.addStretch(1)
        self._meter_column.addStretch(1)
        self.offline = Chip("", interactive=True)
        self.offline.clicked.connect(self.offline_clicked)
        self.level = Segmented([("simple", tr("Simple")), ("expert", tr("Expert"))], name=tr("How much is shown"))
        self.level.changed.connect(self.level_changed)
        self.settings = IconButton("gear-six", tr("Preferences"))
        self.settings.clicked.connect(self.settings_clicked)
        self._lay_out()
        self.set_offline(True)

    def _lay_out(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE_16 + 4, 0, SPACE_8 + 2, 1)
        line.setSpacing(SPACE_12)
        line.addWidget(_Logo())
        line.addSpacing(-8)
        line.addWidget(self.project)
        line.addStretch(1)
        line.addWidget(self.pill)
        line.addSpacing(4)
        line.addLayout(self._meter_column)
        for widget in (self.offline, self.level, self.settings):
            line.addWidget(widget)

    def set_project(self, name: str, menu: QMenu | None = None) -> None:
        """The project's name; with a menu it is a button with a caret."""
        self.project.show_name(name, menu)

    def set_run(self, words: str = "", share: float = 0.0, state: str = "running") -> None:
        """Show a run in the pill; empty words hide it."""
        self.pill.setVisible(bool(words))
        if words:
            self.pill.show_run(words, share, state)

    def set_meter(self, name: str, share: float | None, words: str = "") -> None:
        """Show how full something is; a share of None takes the meter away (nothing was measured)."""
        meter = self._meters.get(name)
        if share is None:
            if meter is not None:
                del self._meters[name]
                self._meter_column.removeWidget(meter)
                meter.deleteLater()
            return
        if meter is None:
            meter = self._meters[name] = Meter(name)
            # Between the two stretches, so that the meters stay together in the middle.
            self._meter_column.insertWidget(self._meter_column.count() - 1, meter)
        meter.set_share(share, words)

    def set_offline(self, offline: bool) -> None:
        """The badge: nothing leaves this computer, or a connection is open."""
        if offline:
            self.offline.set(tr("Offline"), "wifi-slash", "neutral")
            plain_tooltip(self.offline, tr("Nothing leaves this computer. Open the network ledger."))
        else:
            self.offline.set(tr("Online"), "wifi-high", "warn")
            plain_tooltip(self.offline, tr("A connection that you asked for is open. Open the network ledger."))

    def set_level(self, level: str) -> None:
        """Show "simple" or "expert", without emitting."""
        self.level.set_current(level)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.rail)
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), t.border)


class _ProjectName(Button):
    """The project's name as a menu button."""

    def __init__(self) -> None:
        super().__init__("", kind="menu")

    def show_name(self, name: str, menu: QMenu | None) -> None:
        """Show a name; long ones are shortened, the whole stands in the tooltip."""
        self.setText(shortened(name, 40))
        self.set_tooltip(name if len(name) > 40 else "")
        if menu is not None:
            self.setMenu(menu)
        self.set_icon("", "caret-down" if menu is not None else "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if menu is not None else Qt.FocusPolicy.NoFocus)


class BottomBar(QFrame):
    """The one most important problem with its fix at the left; Back and the page's primary button at the right."""

    back_clicked = Signal()
    next_clicked = Signal()
    link_clicked = Signal()
    more_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT_BOTTOM)
        self._icon = IconLabel("info", "second", 17)
        self._words = ElidedLabel("", "body")
        self._link = LinkButton("")
        self._more = LinkButton("", small=True, quiet=True)
        self.back = Button(tr("Back"))
        self.next = PrimaryButton("")
        self._message = ("", "info", "", "")
        self._reason = ""
        line = QHBoxLayout(self)
        line.setContentsMargins(PAGE_MARGIN, 0, PAGE_MARGIN, 0)
        line.setSpacing(SPACE_8)
        line.addWidget(self._icon)
        line.addSpacing(2)
        line.addWidget(self._words)
        line.addWidget(self._link)
        line.addWidget(self._more)
        line.addStretch(1)
        line.addWidget(self.back)
        line.addWidget(self.next)
        self.back.clicked.connect(self.back_clicked)
        self.next.clicked.connect(self.next_clicked)
        self._link.clicked.connect(self.link_clicked)
        self._more.clicked.connect(self.more_clicked)
        self._show()

    def set_message(self, text: str = "", kind: str = "info", *, link: str = "", more: str = "") -> None:
        """The most important problem or remark: `kind` is info, good, warn or bad; `more` is "and 3 more"."""
        self._message = (text, kind, link, more)
        self._show()

    def set_next(self, text: str, enabled: bool = True, reason: str = "") -> None:
        """The primary button; where it is disabled its reason stands at the left. An empty text hides it."""
        self.next.setText(text)
        self.next.setVisible(bool(text))
        self.next.set_disabled_reason("" if enabled else reason or text)
        self._reason = "" if enabled else reason
        self._show()

    def set_back(self, enabled: bool = True, text: str = "") -> None:
        """Show Back, or hide it on the first page."""
        self.back.setText(text or tr("Back"))
        self.back.setVisible(enabled)

    def message(self) -> str:
        """The sentence that stands at the left now."""
        return self._words.text()

    def _show(self) -> None:
        text, kind, link, more = self._message
        if self._reason and kind not in ("bad", "warn"):
            text, kind, link, more = self._reason, "info", "", ""
        icon, tone = STATE_ICONS[kind]
        self._icon.set_icon(icon, tone)
        self._icon.setVisible(bool(text))
        self._words.setText(text)
        for button, word in ((self._link, link), (self._more, more)):
            button.setText(word)
            button.setVisible(bool(word))
        self.setAccessibleName(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.canvas)
        painter.fillRect(QRectF(0, 0, self.width(), 1), t.border)
