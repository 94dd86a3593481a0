"""Describe every plugin: what it is, its settings, and what methods answer about a model.

Arguments: {"model": folder (optional), "settings": {method id: {name: value}} (optional)}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio import plugins
from studio.core.model_folder import read_model
from studio.plugins.sources import KINDS
from studio.plugins.telling import answers, description
from studio.worker.work import Work


def run(work: Work) -> dict[str, Any]:
    """Every plugin, built in or from outside, a line for each that is broken, and the methods' answers by id."""
    work.started()
    found = [plugin for kind in KINDS for plugin in getattr(plugins, f"{kind}s")()]
    told: dict[str, Any] = {
        "plugins": [description(plugin) for plugin in found],
        "sources": [{"name": each.name, "version": each.version, "where": each.where} for each in plugins.sources()],
        "broken": [{"name": each.name, "sentence": each.sentence} for each in plugins.broken()],
    }
    if work.arguments.get("model"):
        model = read_model(Path(work.arguments["model"]))
        settings: dict[str, dict[str, Any]] = work.arguments.get("settings") or {}
        told["answers"] = {
            method.id: answers(method, model, settings.get(method.id, {})) for method in plugins.methods()
        }
    return told
