"""The template that a run was trained with goes with it: into answers, measurements and every export."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from studio.api import Message
from studio.core.config import RunConfig, edit
from studio.data.shipped_templates import named
from studio.data.templates import ModelEncoder
from studio.engine.examples import read_split
from studio.engine.generate import EXACT
from studio.engine.jobs import find_job
from studio.engine.tuned import open_tuned_exact
from studio.evaluation.before_after import compare_before_after
from studio.export.take_away import Wish, take_away
from tests.tiny import TEMPLATE, build_project, config_for, train_in

OWN = (
    "{% for message in messages %}{{ message.role + ' : ' + message.content }}"
    "{% if message.role == 'assistant' %} {{ eos_token }}{% endif %} {% endfor %}"
    "{% if add_generation_prompt %}assistant :{% endif %}"
)
ASKED = [Message("user", "when does the tower open on monday")]


def config(project: Path, template: str) -> RunConfig:
    return edit(config_for(project / "model", epochs=1), {"model.template": template})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run in a template of one's own, and one in a template that ships."""
    project = build_project(tmp_path_factory.mktemp("project"))
    for name, template in (("own", OWN), ("shipped", "alpaca")):
        (project / "runs" / name).mkdir(parents=True)
        train_in(project, config(project, template), name)
    return project


@pytest.mark.parametrize("exporter", ["adapter", "merged"])
@pytest.mark.parametrize(("run", "template"), [("own", OWN), ("shipped", "alpaca")])
def test_an_export_writes_conversations_as_the_training_did(
    run: str, template: str, exporter: str, trained: Path, tmp_path: Path
) -> None:
    job = find_job(trained, trained / "runs" / run, config(trained, template))
    out = tmp_path / "out"
    assert take_away(job, Wish(exporter, out, {}))["check"]["ok"]
    source = OWN if run == "own" else named("alpaca").source
    assert (out / "chat_template.jinja").read_text("utf-8") == source
    assert TEMPLATE not in (out / "tokenizer_config.json").read_text("utf-8")
    theirs: Any = AutoTokenizer.from_pretrained(out)
    messages = [message._asdict() for message in ASKED]
    prompt = theirs.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False)
    assert tuple(prompt) == job.speaker.generation_prompt(ASKED)


def test_answers_and_measurements_are_in_the_template_of_the_run(trained: Path) -> None:
    job = find_job(trained, trained / "runs" / "own", config(trained, OWN))
    theirs: Any = AutoTokenizer.from_pretrained(trained / "model")
    theirs.chat_template = OWN
    model = open_tuned_exact(job)
    losses: list[float] = []
    for row in read_split(job.prepared, "test"):
        asked = {"role": "user", "content": row["prompt"]}
        text = theirs.apply_chat_template([asked], add_generation_prompt=True, tokenize=False)
        question, whole = (
            theirs(each, add_special_tokens=False)["input_ids"] for each in (text, text + f" {row['answer']} </s>")
        )
        assert list(job.voice(model, EXACT).prompt([Message("user", row["prompt"])])) == question
        with torch.no_grad():
            shares = torch.log_softmax(model(input_ids=torch.tensor([whole])).logits[0].float(), -1)
        losses += [-float(shares[place - 1, whole[place]]) for place in range(len(question), len(whole))]
    after = compare_before_after(job, "test")["after"]["loss"]
    assert after == pytest.approx(sum(losses) / len(losses), rel=1e-4)


def test_a_run_keeps_its_template_whatever_becomes_of_the_model_s_folder(trained: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(trained, tmp_path / "project"))
    (project / "runs" / "plain").mkdir()
    train_in(project, config(project, ""), "plain")
    (project / "model" / "chat_template.jinja").write_text(OWN)
    for name, template, source in (("plain", "", TEMPLATE), ("own", OWN, OWN)):
        job = find_job(project, project / "runs" / name, config(project, template))
        assert job.template == source
        speaker = job.speaker
        assert isinstance(speaker, ModelEncoder)
        assert speaker.template.source == source
    fresh = find_job(project, project / "runs" / "new", config(project, ""))
    assert fresh.template == OWN


def test_a_model_that_learns_no_conversations_is_given_no_template(trained: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(trained, tmp_path / "project"))
    settings = project / "model" / "tokenizer_config.json"
    (project / "model" / "chat_template.jinja").unlink(missing_ok=True)
    values = json.loads(settings.read_text("utf-8"))
    values.pop("chat_template", None)
    settings.write_text(json.dumps(values), "utf-8")
    talks, reads = (edit(config(project, ""), {"objective.id": id}) for id in ("instruct", "documents"))
    assert find_job(project, project / "runs" / "a", talks).template
    assert find_job(project, project / "runs" / "b", reads).template == ""
