"""What stands in the way is found before training, each with its step and a remedy that works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.api import Column
from studio.core.config import RunConfig, edit
from studio.core.model_folder import read_model
from studio.services import doctor, gathering
from studio.services.facts import Dataset, Facts, PrepareReport, TemplateNote
from studio.services.problems import STEPS, problems
from studio.services.projects import Project
from studio.services.rail import rail
from tests.services.making import write_model

ROLES = {"question": "prompt", "reply": "answer"}


def dataset(aside: int = 0) -> Dataset:
    columns = tuple(Column(name, "", "") for name in ("question", "reply"))
    read: dict[str, Any] = {"rows_read": 100 + aside, "rows_kept": 100, "rows_aside": aside}
    return Dataset(hash="d", file="a.csv", format="csv", encoding="utf-8", columns=columns, path=Path("d"), **read)


def report(**values: object) -> PrepareReport:
    usual = {"train": 80, "validation": 10, "test": 10, "rows": 100, "leaks": 0, "steps": ()}
    return PrepareReport.model_validate({"hash": "h", "path": Path("h"), **usual, **values})


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    model = str(write_model(tmp_path / "model"))
    return edit(RunConfig(), {"data.roles": ROLES, "model.path": model, "train.max_length": 32})


@pytest.fixture
def facts(config: RunConfig, project: Project) -> Facts:
    gathered = gathering.gather(project, config, doctor.devices())
    return gathered.model_copy(update={"datasets": (dataset(),), "report": report()})


def ids(config: RunConfig, facts: Facts) -> dict[str, str]:
    return {problem.id: problem.severity for problem in problems(config, facts)}


def test_a_project_with_data_a_model_and_usual_settings_can_start(config: RunConfig, facts: Facts) -> None:
    assert "blocks" not in ids(config, facts).values()
    assert next(step for step in rail(config, facts) if step.id == "train").state == "ready"


@pytest.mark.parametrize(
    ("changes", "id"),
    [
        ({"train.optimizer": "adamw-8bit", "train.device": "cpu"}, "optimizer-needs-card"),
        ({"train.precision": "fp16", "train.device": "cpu"}, "fp16-needs-card"),
        ({"train.anchor": 0.1}, "anchor-needs-own-weights"),
        ({"train.kl": 0.1, "objective.id": "sort"}, "kl-needs-words"),
        ({"train.replay": 0.1, "objective.id": "sort"}, "replay-needs-words"),
        ({"train.processes": 2, "train.sharding": "full", "train.optimizer": "adafactor"}, "cannot-spread"),
        ({"train.processes": 2, "train.sharding": "full", "method.id": "qlora"}, "cannot-spread"),
    ],
)
def test_settings_that_can_t_work_here_are_found_with_a_remedy(
    changes: dict[str, Any], id: str, config: RunConfig, facts: Facts
) -> None:
    processor = next(device for device in doctor.devices() if device.kind == "cpu")
    here = facts.model_copy(update={"device": processor})
    changed = edit(config, changes)
    (found,) = [problem for problem in problems(changed, here) if problem.id == id]
    assert (found.step, found.severity) == ("settings", "blocks")
    assert id not in ids(edit(changed, found.fix or {}), here)


def test_each_process_needs_a_graphics_card(config: RunConfig, facts: Facts) -> None:
    card = doctor.processor().model_copy(update={"kind": "cuda"})
    here = facts.model_copy(update={"device": card, "devices": (card, card)})
    assert "too-few-cards" not in ids(edit(config, {"train.processes": 2}), here)
    three = edit(config, {"train.processes": 3})
    (found,) = [problem for problem in problems(three, here) if problem.id == "too-few-cards"]
    assert edit(three, found.fix or {}).train.processes == 2


def test_an_empty_project_lacks_data_and_a_model(project: Project) -> None:
    config = RunConfig()
    found = ids(config, gathering.gather(project, config, doctor.devices()))
    assert found["no-data"] == found["no-model"] == "blocks"


def test_a_missing_role_blocks_the_data_step(config: RunConfig, facts: Facts) -> None:
    without = edit(config, {"data.roles": {"question": "prompt"}})
    assert ids(without, facts)["role-missing-answer"] == "blocks"
    assert next(step for step in rail(without, facts) if step.id == "data").state == "attention"


def test_every_fix_does_away_with_its_problem(config: RunConfig, facts: Facts) -> None:
    wrong = edit(config, {"train.max_length": 512, "train.learning_rate": 0.9, "train.batch_size": 500})
    found = [problem for problem in problems(wrong, facts) if problem.fix]
    assert {problem.id for problem in found} >= {"too-long-for-model", "rate-high", "batch-too-large"}
    for problem in found:
        assert problem.id not in ids(edit(wrong, problem.fix or {}), facts)


def test_data_that_misleads_is_said_but_does_not_block(config: RunConfig, facts: Facts) -> None:
    poor = report(train=12, leaks=3, teach_nothing=2)
    found = ids(config, facts.model_copy(update={"report": poor, "datasets": (dataset(aside=4),)}))
    assert found["few-examples"] == found["leaks"] == found["teach-nothing"] == "warns"
    assert found["rows-aside"] == "advises"
    assert "blocks" not in found.values()


def test_nothing_left_blocks(config: RunConfig, facts: Facts) -> None:
    assert ids(config, facts.model_copy(update={"report": report(train=0)}))["nothing-left"] == "blocks"


def test_a_method_that_is_not_installed_offers_one_that_is(config: RunConfig, facts: Facts) -> None:
    strange = edit(config, {"method.id": "not-here"})
    missing = next(problem for problem in problems(strange, facts) if problem.id == "method-missing")
    assert "method-missing" not in ids(edit(strange, missing.fix or {}), facts)


def test_a_model_that_can_not_be_used_stands_in_the_way_with_its_reason(
    config: RunConfig, facts: Facts, project: Project
) -> None:
    (Path(config.model.path) / "tokenizer.json").unlink()
    gathered = gathering.gather(project, config, doctor.devices())
    assert ids(config, gathered)["tokenizer-missing"] == "blocks"


def test_a_reader_of_texts_can_not_learn_to_answer(config: RunConfig, facts: Facts) -> None:
    model = read_model(Path(config.model.path)).model_copy(update={"architecture": "encoder"})
    assert ids(config, facts.model_copy(update={"model": model}))["wrong-architecture"] == "blocks"


def test_problems_come_in_the_order_of_the_steps_blocking_ones_first(config: RunConfig, facts: Facts) -> None:
    wrong = edit(config, {"train.max_length": 512, "train.learning_rate": 0.9, "data.roles": {}})
    order = [(list(dict(STEPS)).index(one.step), one.severity != "blocks") for one in problems(wrong, facts)]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("classes", "found"),
    [
        (None, {}),
        ({"good": 40, "bad": 40}, {}),
        ({"good": 80}, {"one-class": "blocks"}),
        ({str(number): 1 for number in range(60)}, {"many-classes": "warns"}),
        ({"good": 78, "bad": 2}, {"rare-classes": "warns"}),
    ],
)
def test_classes_that_can_not_be_learnt_well_are_told(
    config: RunConfig, facts: Facts, classes: dict[str, int] | None, found: dict[str, str]
) -> None:
    counted = facts.model_copy(update={"report": report(classes=classes)})
    told = ids(config, counted)
    assert {id: told[id] for id in told if "class" in id} == found


@pytest.mark.parametrize(
    ("note", "id"),
    [
        (TemplateNote(in_words=7), "template-without-tools"),
        (TemplateNote(lost=1), "template-loses"),
        (TemplateNote(ends=False), "template-without-end"),
    ],
)
def test_what_the_chat_template_can_t_do_is_told_with_how_many_examples(
    note: TemplateNote, id: str, config: RunConfig, facts: Facts
) -> None:
    assert facts.model is not None
    counted = {"model": facts.model.fingerprint, "max_length": config.train.max_length, "template": note}
    told = facts.model_copy(update={"report": report(**counted)})
    (found,) = [problem for problem in problems(config, told) if problem.id == id]
    assert (found.step, found.severity) == ("model", "warns")
    assert found.remedy
    if note.in_words:
        assert found.sentence.startswith("7 examples with tools")
        assert edit(config, found.fix or {}).model.template == "chatml"
        # Examples that were counted for another template say nothing of the one that is chosen now.
        assert id not in ids(edit(config, found.fix or {}), told)


def test_a_template_of_one_s_own_that_can_t_be_used_blocks_and_can_be_taken_back(
    config: RunConfig, project: Project
) -> None:
    for template, id in (("{% for m in %}", "bad-own-template"), ("chat-ml", "unknown-template")):
        wrong = edit(config, {"model.template": template})
        (found,) = gathering.gather(project, wrong, doctor.devices()).model_notes
        assert (found.id, found.severity, found.fix) == (id, "blocks", {"model.template": ""})
    good = edit(config, {"model.template": "chatml"})
    assert gathering.gather(project, good, doctor.devices()).model_notes == ()


def test_a_tokenizer_that_does_not_fit_is_told_at_once(config: RunConfig, project: Project) -> None:
    words = {"model": {"vocab": {f"word{n}": n for n in range(40)}}}
    (Path(config.model.path) / "tokenizer.json").write_text(json.dumps(words))
    facts = gathering.gather(project, config, doctor.devices())
    assert ids(config, facts)["tokenizer-too-large"] == "blocks"
