"""Choosing how conversations are written, by command line: by name, from a file, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.core.config import RunConfig
from studio.services import projects
from studio.services.wizard import Wizard
from tests.cli.conftest import QUICK, Studio
from tests.data.calls import TOOLS, TURNS
from tests.data.making import jsonl
from tests.ui.window.making import write_model

OWN = "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token if m.role == 'assistant' }}\n{% endfor %}"


def config_of(folder: Path) -> RunConfig:
    project = projects.open_project(folder, write=False)
    config = Wizard.of(project).config
    project.close()
    return config


def learnt(template: dict) -> str:
    return "".join(text for text, state in template["example"] if state == "learnt")


def test_preparing_tells_the_template_and_shows_a_row_in_it(studio: Studio, project: Path, tmp_path: Path) -> None:
    own = studio("prepare", project, "--model", "decoder", "--json").done["template"]
    assert (own["kind"], own["in_words"], own["lost"], own["ends"]) == ("model", 0, 0, True)
    assert learnt(own).endswith("<|end|>") and "<|assistant|>" not in learnt(own)
    said = studio("prepare", project, "--template", "chatml")
    assert "Conversations are written with the template chatml." in said.out
    assert config_of(project).model.template == "chatml"
    (tmp_path / "mine.jinja").write_text(OWN)
    mine = studio("prepare", project, "--template", tmp_path / "mine.jinja", "--json").done["template"]
    assert mine["kind"] == "own"
    assert "".join(text for text, _ in mine["example"]).startswith("user: ")
    assert config_of(project).model.template == OWN
    again = studio("prepare", project, "--template", "own", "--json").done["template"]
    assert again["example"] == own["example"]
    assert config_of(project).model.template == ""


def test_another_model_comes_with_its_own_template_and_the_same_keeps_the_chosen_one(
    studio: Studio, project: Path, tmp_path: Path
) -> None:
    assert studio("prepare", project, "--model", "decoder", "--template", "alpaca").code == 0
    assert studio("prepare", project, "--model", "decoder").code == 0
    assert config_of(project).model.template == "alpaca"
    assert studio("prepare", project, "--model", write_model(tmp_path / "other")).code == 0
    assert config_of(project).model.template == ""


def test_a_template_that_can_t_be_used_is_told(studio: Studio, project: Path, tmp_path: Path) -> None:
    unknown = studio("prepare", project, "--model", "decoder", "--template", "chat-ml", "--json").refused()
    assert unknown["id"] == "unknown-template" and "chatml" in unknown["remedy"]
    (tmp_path / "deaf.jinja").write_text("{% for m in messages if m.role == 'user' %}{{ m.content }}\n{% endfor %}")
    deaf = studio("prepare", project, "--model", "decoder", "--template", tmp_path / "deaf.jinja", "--json").refused()
    assert deaf["id"] == "bad-own-template" and "the answer is missing" in deaf["happened"]
    assert config_of(project).model.template == ""


def test_rows_with_tools_are_counted_where_the_template_can_not_show_them(studio: Studio, tmp_path: Path) -> None:
    rows = [{"messages": [{**TURNS[1], "content": f"When? {n}"}, *TURNS[2:]], "tools": TOOLS} for n in range(30)]
    studio("new", tmp_path / "p")
    studio("import", tmp_path / "p", jsonl(tmp_path / "calls.jsonl", rows))
    said = studio("prepare", tmp_path / "p", "--model", "decoder", "--json").done["template"]
    assert said["in_words"] == 30
    said = studio("prepare", tmp_path / "p", "--template", "chatml", "--json").done["template"]
    assert said["in_words"] == 0
    assert '<tool_call>\n{"name": "opening_hours"' in learnt(said)


@pytest.mark.slow
def test_a_run_is_trained_in_the_template_that_it_is_given(studio: Studio, project: Path, tmp_path: Path) -> None:
    how = ("--model", "decoder", "--template", "alpaca", "--steps", "2", *QUICK)
    run = studio("train", project, *how, "--json").done
    kept = json.loads((Path(run["folder"]) / "run.json").read_bytes())
    assert kept["model"]["template"] == "alpaca"
    assert studio("export", project, run["run"], "--to", "merged", "--out", tmp_path / "out").code == 0
    assert "### Instruction:" in (tmp_path / "out" / "chat_template.jinja").read_text("utf-8")
