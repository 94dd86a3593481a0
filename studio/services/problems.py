"""What stands in the way of training: pure functions of the config and the facts."""

from __future__ import annotations

from collections.abc import Iterator

from studio.core.config import RunConfig
from studio.core.demands import unmet, unspreadable
from studio.core.problem import Problem
from studio.services import goals
from studio.services.advice import method_of, objective_of
from studio.services.begin_problems import begin_problems
from studio.services.class_problems import class_problems
from studio.services.facts import Facts, PrepareReport
from studio.services.template_problems import template_problems

FEW = 20
LITTLE = 20_000
"""Tokens below which there is too little to read."""
STEPS = (
    ("data", "Data"),
    ("model", "Model"),
    ("method", "Method"),
    ("settings", "Settings"),
    ("train", "Train"),
    ("evaluate", "Evaluate"),
    ("share", "Share"),
)


def problems(config: RunConfig, facts: Facts) -> tuple[Problem, ...]:
    """Everything that speaks against training as it stands, in the order of the steps; blocking ones first."""
    found = [*_data(config, facts), *_model(config, facts), *_method(config, facts), *_settings(config, facts)]
    found += begin_problems(config, facts)
    order = [id for id, _ in STEPS]
    rank = {"blocks": 0, "warns": 1, "advises": 2}
    return tuple(sorted(found, key=lambda problem: (order.index(problem.step), rank[problem.severity])))


def _data(config: RunConfig, facts: Facts) -> Iterator[Problem]:
    if not facts.datasets:
        yield Problem(
            id="no-data", step="data", sentence="There are no examples yet.", remedy="Bring in a file to begin."
        )
        return
    columns = {column.name for dataset in facts.datasets for column in dataset.columns}
    roles = {name: role for name, role in config.data.roles.items() if role and name in columns}
    yield from objective_of(config).check(roles)
    report = facts.report
    if report is None:
        return
    if not report.train:
        yield Problem(
            id="nothing-left",
            step="data",
            sentence="No example is left to train on after cleaning.",
            remedy="Switch off a step of the recipe or bring in more rows.",
        )
    elif config.goal == "read":
        yield from _little_to_read(report)
    elif report.train < FEW:
        yield Problem(
            id="few-examples",
            step="data",
            severity="warns",
            sentence=f"Only {report.train:,} examples are left to train on; a few hundred usually show an effect.",
            remedy="Bring in more rows if you have them.",
        )
    yield from _data_warnings(config, facts)


def _little_to_read(report: PrepareReport) -> Iterator[Problem]:
    """Texts to be read differ in length, so their tokens count and not their number."""
    if report.tokens_learnt is not None and report.tokens_learnt < LITTLE:
        yield Problem(
            id="few-examples",
            step="data",
            severity="warns",
            sentence=f"There are only {report.tokens_learnt:,} tokens to read; a thin book has fifty thousand.",
            remedy="Bring in more texts if you have them.",
        )


def _data_warnings(config: RunConfig, facts: Facts) -> Iterator[Problem]:
    report = facts.report
    assert report is not None
    yield from class_problems(report)
    if report.leaks:
        yield Problem(
            id="leaks",
            step="data",
            severity="warns",
            sentence=f"{report.leaks:,} test examples also stand in training; the verdict would flatter.",
            remedy="Let the studio split the data, or remove them.",
        )
    if report.teach_nothing:
        yield Problem(
            id="teach-nothing",
            step="data",
            severity="warns",
            sentence=f"{report.teach_nothing:,} examples teach nothing: {_why_nothing(config)}.",
            remedy="See what it learns shows them.",
        )
    if report.tokens_cut and report.longest and report.max_length == config.train.max_length:
        room = facts.model.context if facts.model else report.longest
        longer = min(64 * -(-report.longest // 64), room)
        fix = {"train.max_length": longer} if longer > config.train.max_length else None
        yield Problem(
            id="cut-off",
            step="data",
            severity="advises",
            sentence=f"Long examples lose {report.tokens_cut:,} tokens at the end.",
            remedy=f"Keep up to {longer:,} tokens" if fix else "",
            fix=fix,
        )
    if aside := sum(dataset.rows_aside for dataset in facts.datasets):
        yield Problem(
            id="rows-aside",
            step="data",
            severity="advises",
            sentence="1 row could not be read." if aside == 1 else f"{aside:,} rows could not be read.",
            remedy="See what was set aside, with line numbers and reasons.",
        )


_WHY_NOTHING = {
    "sort": "they have no class",
    "value": "their cell holds no number",
    "mark": "their words and marks do not belong together",
    "prefer": "their two answers are alike, or lie beyond the limit",
    "judge": "their two answers are alike, or lie beyond the limit",
    "liked": "it can't be told whether they were liked, or their answers lie beyond the limit",
    "transform": "there is nothing that they should become",
    "documents": "they are empty",
    "hidden-words": "they are empty",
}


def _why_nothing(config: RunConfig) -> str:
    return _WHY_NOTHING.get(config.objective.id, "no part of their answer is learnt")


def _model(config: RunConfig, facts: Facts) -> Iterator[Problem]:
    if facts.model_problem:
        yield facts.model_problem
    elif facts.model is None:
        yield Problem(id="no-model", step="model", sentence="No model is chosen yet.", remedy="Choose one.")
    elif facts.model.architecture not in (objective := objective_of(config)).architectures:
        needed = goals.needed(config)
        yield Problem(
            id="wrong-architecture",
            step="model",
            sentence=f"{facts.model.name} can't learn this: “{objective.title}” needs a model that {needed}.",
            remedy="Choose another model.",
        )
    yield from facts.model_notes
    if not (facts.model and facts.report and objective_of(config).converses):
        return
    if facts.report.counted_for(facts.model, config):
        yield from template_problems(facts.report.template, facts.model.name)


def _method(config: RunConfig, facts: Facts) -> Iterator[Problem]:
    method = method_of(config)
    if method is None:
        yield Problem(
            id="method-missing",
            step="method",
            sentence=f"The method {config.method.id} is not installed here.",
            remedy="Use LoRA instead",
            fix={"method.id": "lora"},
        )
        return
    if facts.model:
        yield from method.check(facts.model, method.settings(config.method.settings))
    if facts.estimate and not facts.estimate.fits:
        card = next((card for card in facts.cards if card.id == config.method.id), None)
        fix = card.fixes[0] if card and card.fixes else None
        yield Problem(
            id="does-not-fit",
            step="method",
            severity="warns",
            sentence=f"{method.title} needs more memory than this computer has.",
            remedy=fix.sentence if fix else "Choose a smaller model.",
            fix=fix.changes if fix else None,
        )


def _settings(config: RunConfig, facts: Facts) -> Iterator[Problem]:
    train = config.train
    if facts.device:
        yield from unmet(train, facts.device)
    yield from _without_effect(config, facts)
    yield from _among_processes(config, facts)
    if facts.model and train.max_length > facts.model.context:
        yield Problem(
            id="too-long-for-model",
            step="settings",
            field="train.max_length",
            sentence=f"This model reads at most {facts.model.context:,} tokens.",
            remedy=f"Set to {facts.model.context:,}",
            fix={"train.max_length": facts.model.context},
        )
    rate = facts.recommended.get("train.learning_rate")
    if rate and train.learning_rate >= 2 * rate[0]:
        times = "twice" if train.learning_rate < 3 * rate[0] else f"{train.learning_rate / rate[0]:.0f} times"
        yield Problem(
            id="rate-high",
            step="settings",
            severity="warns",
            field="train.learning_rate",
            sentence=f"Step size is {times} the recommended value.",
            remedy=f"Set to {rate[0]:g}",
            fix={"train.learning_rate": rate[0]},
        )
    if facts.report and facts.report.train and train.batch_size > facts.report.train:
        yield Problem(
            id="batch-too-large",
            step="settings",
            severity="warns",
            field="train.batch_size",
            sentence=f"There are only {facts.report.train:,} examples to train on.",
            remedy="Set to 8",
            fix={"train.batch_size": min(8, facts.report.train)},
        )


def _among_processes(config: RunConfig, facts: Facts) -> Iterator[Problem]:
    """What several processes ask for: a card for each, and what can be shared where they share the model."""
    train = config.train
    if train.processes < 2:
        return
    cards = sum(device.kind == "cuda" for device in facts.devices)
    if facts.device and facts.device.kind == "cuda" and train.processes > cards:
        yield Problem(
            id="too-few-cards",
            step="settings",
            field="train.processes",
            sentence=f"Each process needs a graphics card of its own, and this computer has {cards}.",
            remedy=f"Set to {cards}",
            fix={"train.processes": cards},
        )
    if train.sharding != "full":
        return
    reasons = list(unspreadable(train))
    method = method_of(config)
    if method and facts.model and method.compressed(facts.model, method.settings(config.method.settings))[0]:
        reasons.append("A model that is held compressed can't be shared among processes")
    for reason in reasons[:1]:
        yield Problem(
            id="cannot-spread",
            step="settings",
            field="train.sharding",
            sentence=f"{reason}.",
            remedy="Let each process hold all of it",
            fix={"train.sharding": "none"},
        )


def _without_effect(config: RunConfig, facts: Facts) -> Iterator[Problem]:
    """What keeps from forgetting works only where there is something to hold on to."""
    if config.train.kl and objective_of(config).head != "language":
        yield Problem(
            id="kl-needs-words",
            step="settings",
            field="train.kl",
            sentence="Holding on to what the model said before works where it chooses words.",
            remedy="Set to 0",
            fix={"train.kl": 0.0},
        )
    objective = objective_of(config)
    if config.train.replay and (objective.head, objective.counts, objective.hides) != ("language", "tokens", False):
        yield Problem(
            id="replay-needs-words",
            step="settings",
            field="train.replay",
            sentence="General texts can be read beside examples that teach words one after the other.",
            remedy="Set to 0",
            fix={"train.replay": 0.0},
        )
    method = method_of(config)
    if config.train.anchor and method and facts.model:
        picture = method.picture(facts.model, method.settings(config.method.settings))
        if picture.prompt or not {"lora", "adapter", "quantized"}.isdisjoint(picture.layers):
            yield Problem(
                id="anchor-needs-own-weights",
                step="settings",
                field="train.anchor",
                sentence="Here only additions train, and they have no start to be pulled to.",
                remedy="Set to 0",
                fix={"train.anchor": 0.0},
            )
