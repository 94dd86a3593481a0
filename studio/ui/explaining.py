"""When the Explain panel is there and what it says: what the page has in hand, or the page itself when asked."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from studio.ui.pages.teaching import page_explanation
from studio.ui.remembered import Remembered
from studio.ui.widgets.explain import ExplainPanel, Explanation

# These pages need their width: the panel comes when it is asked for and goes away wholly.
WIDE = ("home", "data", "model")


class Explaining(QObject):
    """Keeps the panel in step with the page that is shown."""

    def __init__(self, panel: ExplainPanel, remembered: Remembered) -> None:
        super().__init__(panel)
        self._panel, self._remembered = panel, remembered
        self._page = "home"
        self._said: dict[str, Explanation | None] = {}
        self._asked = False
        panel.set_collapsed(not remembered.value.explain_open)
        panel.collapsed_changed.connect(self._collapsed)

    def forget(self) -> None:
        """Another project: nothing is in hand any more."""
        self._said = {}

    def show_page(self, page: str) -> None:
        """Another page is shown."""
        self._page, self._asked = page, False
        if page in WIDE:
            self._said[page] = None
        else:
            self._panel.set_collapsed(not self._remembered.value.explain_open)
        self._show()

    def take(self, page: str, explanation: Any) -> None:
        """A page says what is in hand."""
        self._said[page] = explanation
        if page == self._page:
            if explanation is not None and page in WIDE:
                self._open()
            self._show()

    def toggle(self) -> None:
        """Show the explanation, or take it away."""
        if self._now() is None:
            self._asked = True
            self._open()
        elif self._page in WIDE or self._asked:
            self._leave()
        else:
            self._panel.set_collapsed(not self._panel.collapsed())
        self._show()

    def _open(self) -> None:
        self._panel.blockSignals(True)
        self._panel.set_collapsed(False)
        self._panel.blockSignals(False)

    def _leave(self) -> None:
        self._asked = False
        self._said[self._page] = None

    def _now(self) -> Explanation | None:
        return self._said.get(self._page) or (page_explanation(self._page) if self._asked else None)

    def _show(self) -> None:
        shown = self._now()
        self._panel.setVisible(shown is not None)
        if shown is not None:
            self._panel.explain(shown)

    def _collapsed(self, collapsed: bool) -> None:
        if collapsed and (self._page in WIDE or self._asked):
            self._leave()
            self._show()
        else:
            self._remembered.change(explain_open=not collapsed)
