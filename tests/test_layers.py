"""The walls that an import linter can't see: which packages a layer may use, and what a process really loads."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from tests.source import ROOT, STUDIO, imports, imports_on_loading, modules, top

ENGINE = {"torch", "transformers", "peft", "accelerate", "bitsandbytes", "safetensors"}
QT = {"PySide6", "shiboken6", "pyqtgraph", "qtawesome"}
WINDOW_PROCESS = ("ui", "cli", "services", "store", "data", "api", "core", "builtin")


def beyond_pydantic(tree: ast.Module) -> list[str]:
    """What `core` imports that it may not: anything but the standard library, pydantic and itself."""
    return [name for _, name in imports(tree) if not _is_core_s(name)]


def _is_core_s(name: str) -> bool:
    return top(name) in sys.stdlib_module_names | {"pydantic"} or name.startswith(("studio.core.", "studio.core"))


def beyond_api(tree: ast.Module) -> list[str]:
    """What `builtin` imports of the studio that is neither `studio.api` nor its own."""
    own = [name for _, name in imports(tree) if top(name) == "studio"]
    return [name for name in own if not name.startswith(("studio.api", "studio.builtin"))]


def engine_on_loading(tree: ast.Module) -> list[str]:
    """Packages of the engine that a module imports as soon as it is loaded."""
    return [name for _, name in imports_on_loading(tree) if top(name) in ENGINE]


def test_core_knows_nothing_but_pydantic_and_the_standard_library() -> None:
    assert {path: found for path, tree in modules(STUDIO / "core") if (found := beyond_pydantic(tree))} == {}
    assert beyond_pydantic(ast.parse("def f():\n    import numpy")) == ["numpy"]
    assert beyond_pydantic(ast.parse("from studio.api import Method")) == ["studio.api.Method"]


def test_built_in_plugins_come_through_the_same_door_as_anybodys() -> None:
    assert {path: found for path, tree in modules(STUDIO / "builtin") if (found := beyond_api(tree))} == {}
    assert beyond_api(ast.parse("from studio.core.problem import Problem")) == ["studio.core.problem.Problem"]
    assert beyond_api(ast.parse("from studio.api import Problem\nimport orjson")) == []


def test_no_module_of_the_window_s_process_loads_the_engine_when_it_is_imported() -> None:
    for part in WINDOW_PROCESS:
        for path, tree in modules(STUDIO / part):
            assert engine_on_loading(tree) == [], path
    assert engine_on_loading(ast.parse("class A:\n    import torch.nn")) == ["torch.nn"]
    assert engine_on_loading(ast.parse("try:\n    import peft\nexcept ImportError:\n    pass")) == ["peft"]
    assert engine_on_loading(ast.parse("def f():\n    import torch")) == []


def loaded_by(*packages: str) -> dict[str, list[str]]:
    """Import every module of these packages in a fresh interpreter; which foreign packages are loaded then."""
    script = (
        "import importlib, json, pkgutil, sys\n"
        "for name in sys.argv[1:]:\n"
        "    package = importlib.import_module(name)\n"
        "    for found in pkgutil.walk_packages(getattr(package, '__path__', []), name + '.'):\n"
        "        if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
        "print(json.dumps({'studio': [n for n in sys.modules if n.startswith('studio')],\n"
        "                  'foreign': sorted({n.partition('.')[0] for n in sys.modules})}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *packages], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_whole_window_loads_without_the_engine() -> None:
    loaded = loaded_by("studio.ui", "studio.cli", "studio.services", "studio.worker.client")
    assert "studio.ui.application" in loaded["studio"] and "PySide6" in loaded["foreign"]
    assert ENGINE.isdisjoint(loaded["foreign"])


def test_the_command_line_loads_without_qt() -> None:
    loaded = loaded_by("studio.cli", "studio.services", "studio.store", "studio.data")
    assert "studio.cli.main" in loaded["studio"]
    assert (ENGINE | QT).isdisjoint(loaded["foreign"])


@pytest.mark.engine
def test_the_engine_loads_without_qt() -> None:
    loaded = loaded_by("studio.engine", "studio.evaluation", "studio.export", "studio.worker")
    assert "studio.engine.train" in loaded["studio"]
    assert QT.isdisjoint(loaded["foreign"])


def test_a_loaded_engine_would_be_seen() -> None:
    assert "sqlite3" in loaded_by("sqlite3")["foreign"]
