"""Plugins are found by id; a name taken twice or missing is told in words."""

from __future__ import annotations

from typing import ClassVar

import pytest

from studio.core.problem import StudioError
from studio.core.registry import Registry


class Thing:
    id: ClassVar[str] = "thing"
    title: ClassVar[str] = "A thing"


def test_a_plugin_is_found_by_its_id() -> None:
    registry = Registry("method", [Thing()])
    assert registry["thing"].title == "A thing"
    assert "thing" in registry
    assert [plugin.id for plugin in registry] == ["thing"]


def test_a_missing_plugin_is_told_with_what_there_is() -> None:
    with pytest.raises(StudioError, match="thing"):
        Registry("method", [Thing()])["other"]


def test_a_second_plugin_of_the_same_name_is_refused() -> None:
    with pytest.raises(StudioError) as error:
        Registry("method", [Thing(), Thing()])
    assert error.value.id == "plugin-id-taken"
