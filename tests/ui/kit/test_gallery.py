"""Every sheet of the gallery opens in both themes and both directions; Qt's warnings fail it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from studio.ui.theme import apply_theme
from tests.ui.kit.gallery import SHEETS, render


@pytest.mark.parametrize("name", list(SHEETS))
def test_a_sheet_is_drawn_light_and_dark_and_mirrored(show, app, name, tmp_path):
    try:
        render(app, name, tmp_path / "light.png")
        apply_theme(app, "dark")
        render(app, name, tmp_path / "dark.png", (1024, 640))
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        render(app, name, tmp_path / "mirrored.png")
    finally:
        apply_theme(app, "light")
    assert (tmp_path / "light.png").read_bytes() != (tmp_path / "mirrored.png").read_bytes()
