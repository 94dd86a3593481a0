"""Which cards there are, and whether the engine can use them. A script stands where the driver's tool does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from studio.services import cards, doctor

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the driver's tool is played by a script")
TOLD = "NVIDIA RTX 4000, 20475, 20000, 535.183.01, 8.9"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The driver's tool, as far as we ask it."""
    script = tmp_path / "nvidia-smi"
    script.write_text(f"#!{sys.executable}\nprint({TOLD!r})\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return script


def engine_for(monkeypatch: pytest.MonkeyPatch, cuda: str | None) -> None:
    monkeypatch.setattr(cards, "engines_cuda", lambda: cuda)


def problems_here() -> set[str]:
    return {problem.id for problem in doctor.examine().problems}


@pytest.mark.parametrize(
    ("cuda", "kinds", "told"),
    [
        ("12.8", ["cuda", "cpu"], set()),
        (None, ["cuda", "cpu"], set()),
        ("13.0", ["cpu"], {"driver-too-old"}),
        ("", ["cpu"], {"engine-without-cards"}),
    ],
)
def test_a_card_is_counted_on_only_where_the_engine_can_use_it(
    cuda: str | None, kinds: list[str], told: set[str], tool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_for(monkeypatch, cuda)
    assert [device.kind for device in doctor.devices()] == kinds
    assert problems_here() & {"driver-too-old", "engine-without-cards"} == told


@pytest.mark.parametrize("broken", ["print('')", "print('no devices were found')", "raise SystemExit(9)"])
def test_a_tool_that_finds_nothing_means_no_card(broken: str, tool: Path) -> None:
    tool.write_text(f"#!{sys.executable}\n{broken}\n")
    assert cards.cards() == []


@pytest.mark.engine
def test_the_engine_s_own_file_tells_what_it_was_made_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('never to be loaded here')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert cards.engines_cuda() is None
    for line, told in (("cuda: Optional[str] = None", ""), ("cuda: Optional[str] = '12.8'", "12.8")):
        (package / "version.py").write_text(f"__all__ = ['cuda']\n{line}\nhip: Optional[str] = None\n")
        assert cards.engines_cuda() == told
