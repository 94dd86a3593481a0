"""Reading the studio's own source, for the tests that hold its rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUDIO = ROOT / "studio"


def modules(folder: Path = STUDIO) -> Iterator[tuple[str, ast.Module]]:
    """Every module below a folder: its path as a person would write it, and its syntax tree."""
    for path in sorted(folder.rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a piece of source imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def imports_on_loading(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """As `imports`, but only what runs when the module is loaded: not in functions, not for the type checker."""
    yield from (found for node in _run_on_loading(tree.body) for found in imports(node))


def _run_on_loading(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _run_on_loading(node.orelse)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from _run_on_loading(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _run_on_loading(handler.body)


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call and the dotted name that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def top(name: str) -> str:
    """The package that a dotted name belongs to."""
    return name.partition(".")[0]
