"""The Train page: starting, watching, steering and looking back at runs."""

from __future__ import annotations

from studio.ui.pages.train.page import TrainPage

__all__ = ["TrainPage"]
