"""The Evaluate page: whether training helped, in numbers and in talk."""

from __future__ import annotations

from studio.ui.pages.evaluate.page import EvaluatePage

__all__ = ["EvaluatePage"]
