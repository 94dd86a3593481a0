"""The engine trains with every method that ships, keeps what was learnt, and answers with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studio import plugins
from studio.core.events import Sampled, Stepped, Stop
from studio.core.model_folder import read_model
from tests.tiny import Recorder, build_project, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.usefixtures("real_plugins")]
SETTINGS = {"vera": {"rank": 32}, "oft": {"block": 8}, "miss": {"rank": 8}, "fourierft": {"count": 200}}
METHODS = [
    "lora", "qlora", "adapters", "layers", "head", "adalora", "vera", "loha", "lokr", "oft", "boft", "hra", "miss",
    "fourierft", "ia3", "norms", "tokens", "prompt-tuning", "p-tuning", "prefix-tuning",
]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_project(tmp_path_factory.mktemp("project"))


@pytest.mark.parametrize("id", METHODS)
def test_a_run_learns_and_its_model_says_the_same_when_opened(id: str, project: Path) -> None:
    from studio.engine.jobs import find_job
    from studio.engine.tuned import open_tuned

    method = plugins.methods()[id]
    model = read_model(project / "model")
    settings = {"method_tokens": "0-40"} if id == "tokens" else {}
    settings |= {f"method_{name}": value for name, value in SETTINGS.get(id, {}).items()}
    config = config_for(project / "model", id, epochs=3, learning_rate=method.learning_rate(model) * 3, **settings)
    voice = Recorder()
    result = train_in(project, config, id, voice)
    losses = voice.losses()
    assert sum(losses[-4:]) < sum(losses[:4]), losses
    assert result["validation"]["loss"] < result["base_validation"]["loss"]
    opened = open_tuned(find_job(project, project / "runs" / id, config))
    assert not opened.model.training


def test_every_method_that_ships_is_tried_here() -> None:
    assert set(METHODS) | {"full", "last-layers", "bitfit"} == {method.id for method in plugins.methods()}


@pytest.mark.parametrize("id", ["prompt-tuning", "p-tuning", "prefix-tuning"])
def test_words_are_marked_where_they_stand_behind_a_prompt_that_was_learnt(id: str, tmp_path: Path) -> None:
    from tests.objectives.learning import Case, config_of, learn, write_rows

    project = write_rows(tmp_path, "mark")
    voice = Recorder()
    learn(project, config_of(Case("mark", "decoder"), id, samples=["bread and milk"]), "run", voice)
    said = {event.text for event in voice.of(Sampled)}
    assert said
    assert all(re.sub(r"\[|: thing\]", "", text) == "bread and milk" for text in said)


REMEMBERING = [
    ("adalora", {}),
    ("p-tuning", {}),
    ("qlora", {}),
    ("adapters", {}),
    ("lora", {"method_start": "pissa", "method_second_rate": 4}),
]


@pytest.mark.parametrize(("id", "settings"), REMEMBERING, ids=[id for id, _ in REMEMBERING])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    id: str, settings: dict[str, object], project: Path
) -> None:
    config = config_for(project / "model", id, epochs=2, **settings)
    whole = Recorder()
    result = train_in(project, config, f"{id}-whole", whole)
    first = Recorder()

    def stop(event: object) -> None:
        if len(first.losses()) == 5 and isinstance(event, Stepped):
            first.asked.append(Stop())

    first.on_say = stop
    train_in(project, config, f"{id}-parts", first)
    second = Recorder()
    resumed = train_in(project, config, f"{id}-parts", second)
    assert len(first.losses()) == 5
    assert [*first.losses(), *second.losses()] == whole.losses()
    assert resumed["weights"]["sha256"] == result["weights"]["sha256"]
