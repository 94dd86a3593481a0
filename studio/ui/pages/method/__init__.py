"""The Method page: how much of the model may change, and what each way costs on this computer."""

from __future__ import annotations

from studio.ui.pages.method.page import MethodPage

__all__ = ["MethodPage"]
