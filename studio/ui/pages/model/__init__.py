"""The Model page: what to start from."""

from __future__ import annotations

from studio.ui.pages.model.page import ModelPage

__all__ = ["ModelPage"]
