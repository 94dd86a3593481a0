"""The Settings page: a preset, or every setting by itself."""

from __future__ import annotations

from studio.ui.pages.settings.page import SettingsPage

__all__ = ["SettingsPage"]
