"""Showing a StudioError on a page: its three parts, with the buttons that do something about it."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.problem import StudioError
from studio.ui.widgets.notices import ErrorCard
from studio.ui.wording import tr


def fill(card: ErrorCard, error: StudioError, buttons: Sequence[tuple[str, str]] = (), title: str = "") -> None:
    """Show an error on a card. Its buttons are quiet ones: the page's own primary button stays the only one."""
    heading = title or tr("That did not work")
    card.show_error(heading, error.happened, error.data, error.remedy, buttons=buttons, primary=False)
