"""The Share page: taking the tuned model away."""

from __future__ import annotations

from studio.ui.pages.share.page import SharePage

__all__ = ["SharePage"]
