"""The Data page: bringing files in, what columns are for, cleaning, splitting, and seeing what will be learnt."""

from __future__ import annotations

from studio.ui.pages.data.page import DataPage

__all__ = ["DataPage"]
