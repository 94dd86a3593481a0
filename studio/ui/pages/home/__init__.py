"""Home: recent projects, goals to start from, the sample, and how this computer does."""

from __future__ import annotations

from studio.ui.pages.home.page import HomePage

__all__ = ["HomePage"]
