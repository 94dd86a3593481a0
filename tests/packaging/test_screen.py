"""The virtual screen that real windows are tested on."""

from __future__ import annotations

import subprocess

import psutil
import pytest
from steps.screen import virtual_screen


@pytest.mark.x11
def test_two_virtual_screens_can_stand_side_by_side_and_nothing_stays() -> None:
    before = {process.pid for process in psutil.process_iter()}
    with virtual_screen() as one, virtual_screen() as other:
        assert one["DISPLAY"] != other["DISPLAY"]
        for variables in (one, other):
            asked = subprocess.run(["xdotool", "getdisplaygeometry"], env=variables, capture_output=True, text=True)
            assert asked.stdout.split() == ["1600", "1200"]
    names = {process.name() for process in psutil.process_iter(["name"]) if process.pid not in before}
    assert names.isdisjoint({"Xvfb", "openbox"})
