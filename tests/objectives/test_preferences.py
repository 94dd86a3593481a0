"""Learning from preferences: the losses are the papers', the reference is the base, and a taste is learnt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.api import Message, Prediction
from studio.builtin.conversations import answered, asked
from studio.builtin.objectives import pair_losses
from studio.builtin.objectives.compared import both_ways
from studio.builtin.objectives.liked import LikedSettings, balance
from studio.builtin.yes_or_no import yes_or_no
from studio.core.events import Evaluated, EvaluateNow, SampleNow, Stepped, Stop
from studio.engine.batches import Layout, lay_out
from studio.engine.examples import Examples
from studio.engine.jobs import find_job
from studio.engine.parts import copy_of_before, put_together
from studio.engine.scorers import ChunkedScorer, PlainScorer
from studio.evaluation.before_after import compare_before_after
from studio.plugins import metrics, objectives
from tests.contracts.making import make_model
from tests.objectives.preferring import judged, learning, pairs, write
from tests.tiny import Recorder, build_model, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
LOSSES = ("dpo", "ipo", "orpo", "simpo")
KINDS = [("prefer", loss) for loss in LOSSES] + [("liked", ""), ("judge", "")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models and prepared examples; `pairs` and `judged` are one project each, with the same models."""
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("preferences")
    for name, made in (("pairs", pairs), ("judged", judged)):
        rows = {"train": made(48, 1), "validation": made(16, 2), "test": made(16, 3)}
        write(home / name / "data" / "prepared.parquet", rows)
    build_model(home / "model", tied=False)
    make_model(home / "encoder", "bert")
    return home


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks anything at the checks: most tests are about losses."""
    monkeypatch.setattr("studio.engine.parts.QUESTIONS", 0)


def of(project: Path, objective: str) -> Path:
    """The project with this objective's examples."""
    return project / ("judged" if objective == "liked" else "pairs")


def run(project: Path, name: str, objective: str, loss: str = "", **settings: Any) -> tuple[list[float], Path, Any]:
    """(losses of all steps, the run's folder, its result)."""
    voice = settings.pop("voice", None) or Recorder()
    own = {"objective_loss": loss} if loss else {}
    settings = {"learning_rate": 3e-3, "steps": 6, **settings}
    config = learning(project / "model", objective, **own, **settings)
    folder = of(project, objective)
    result = train_in(folder, config, name, voice)
    return voice.losses(), folder / "runs" / name, result


# ------------------------------------------------------------------------------------------------ the formulas


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


LOGS = np.array([[-3.0, -4.0], [-8.5, -2.25], [-0.5, -0.75], [-12.0, -30.0]])
BEFORE = np.array([[-3.5, -3.75], [-8.0, -2.5], [-1.5, -0.25], [-11.0, -28.0]])
TOKENS = np.array([[3, 5], [7, 2], [1, 4], [10, 12]])


def made(logs: np.ndarray) -> pair_losses.Pairs:
    better, worse = torch.from_numpy(logs.T)
    return pair_losses.Pairs(better, worse, *torch.from_numpy(TOKENS.T).double())


def test_dpo_is_the_papers_formula() -> None:
    gain = LOGS - BEFORE
    expected = -np.log(sigmoid(0.3 * (gain[:, 0] - gain[:, 1])))
    np.testing.assert_allclose(pair_losses.dpo(made(LOGS).gap, made(BEFORE).gap, 0.3).numpy(), expected, rtol=1e-12)


def test_dpo_with_doubt_mixes_in_the_pair_turned_round() -> None:
    reward = 0.3 * ((LOGS - BEFORE)[:, 0] - (LOGS - BEFORE)[:, 1])
    expected = 0.8 * -np.log(sigmoid(reward)) + 0.2 * -np.log(sigmoid(-reward))
    found = pair_losses.dpo(made(LOGS).gap, made(BEFORE).gap, 0.3, 0.2)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_ipo_is_the_papers_formula_per_token() -> None:
    gain = (LOGS - BEFORE) / TOKENS
    expected = (gain[:, 0] - gain[:, 1] - 1 / (2 * 0.4)) ** 2
    found = pair_losses.ipo(made(LOGS).mean_gap, made(BEFORE).mean_gap, 0.4)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_simpo_is_the_papers_formula() -> None:
    means = LOGS / TOKENS
    expected = -np.log(sigmoid(2.5 * means[:, 0] - 2.5 * means[:, 1] - 1.4))
    np.testing.assert_allclose(pair_losses.simpo(made(LOGS).mean_gap, 2.5, 1.4).numpy(), expected, rtol=1e-12)


def test_orpo_is_the_papers_formula() -> None:
    chance = np.exp(LOGS / TOKENS)
    odds = chance / (1 - chance)
    expected = -np.log(chance[:, 0]) + 0.2 * -np.log(sigmoid(np.log(odds[:, 0] / odds[:, 1])))
    pair = made(LOGS)
    np.testing.assert_allclose(pair_losses.orpo(pair.better_mean, pair.worse_mean, 0.2).numpy(), expected, rtol=1e-12)


def test_orpo_stays_finite_for_an_answer_that_is_certain() -> None:
    sure = torch.tensor([0.0, -1e-12], dtype=torch.float64, requires_grad=True)
    pair_losses.orpo(sure, torch.full_like(sure, -2.0), 0.1).sum().backward()
    assert sure.grad is not None and bool(torch.isfinite(sure.grad).all())


def test_kto_is_the_papers_formula_for_both_kinds() -> None:
    gain, liked = (LOGS - BEFORE)[:, 0], np.array([1.0, -1.0, -1.0, 1.0])
    up, down = 1 - sigmoid(0.2 * (gain - 0.7)), 1 - sigmoid(0.2 * (0.7 - gain))
    found = pair_losses.kto(torch.from_numpy(gain), torch.from_numpy(liked), 0.7, 0.2)
    np.testing.assert_allclose(found.numpy(), np.where(liked > 0, up, down), rtol=1e-12)


def test_the_judges_loss_is_bradley_and_terrys() -> None:
    better, worse = LOGS.T
    expected = np.log(1 + np.exp(worse - better)) + 0.01 * (better + worse) ** 2
    found = pair_losses.bradley_terry(torch.from_numpy(better), torch.from_numpy(worse), 0.01)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_rewards_are_measured_as_in_rpo_with_a_share_of_plain_learning(project: Path) -> None:
    plain, _, _ = run(project, "rpo-0", "prefer", "dpo", steps=1)
    mixed, _, _ = run(project, "rpo-1", "prefer", "dpo", steps=1, objective_likelihood=0.5)
    only, _, _ = run(project, "rpo-2", "prefer", "orpo", steps=1, objective_odds=0.0)
    assert mixed[0] == pytest.approx(plain[0] + 0.5 * only[0], rel=1e-6)


# -------------------------------------------------------------------------------------------------- the reading

TALK = [{"from": "human", "value": "Open today?"}]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Open today?", "chosen": "Yes", "rejected": "No"},
        {
            "messages": json.dumps(TALK),
            "chosen": json.dumps({"from": "gpt", "value": "Yes"}),
            "rejected": json.dumps({"role": "assistant", "content": "No"}),
        },
        {
            "chosen": json.dumps([*TALK, {"from": "gpt", "value": "Yes"}]),
            "rejected": json.dumps([*TALK, {"from": "gpt", "value": "No"}]),
        },
        {"messages": json.dumps([*TALK, {"from": "gpt", "value": "Yes"}]), "chosen": "Yes", "rejected": "No"},
        {
            "chosen": "\n\nHuman: Open today?\n\nAssistant: Yes",
            "rejected": "\n\nHuman: Open today?\n\nAssistant: No",
        },
        {
            "prompt": json.dumps([{"role": "user", "content": "Open today?"}]),
            "chosen": json.dumps([{"role": "assistant", "content": "Yes"}]),
            "rejected": json.dumps([{"role": "assistant", "content": "No"}]),
        },
    ],
    ids=["columns", "turns", "conversations", "answer in the talk", "Human and Assistant", "lists"],
)
def test_pairs_are_understood_however_they_are_written(row: dict[str, str]) -> None:
    question = Message("user", "Open today?")
    assert both_ways(row) == ([question, Message("assistant", "Yes")], [question, Message("assistant", "No")])


def test_the_standing_instruction_goes_before_both() -> None:
    better, worse = both_ways({"prompt": "Hi", "system": "Be kind.", "chosen": "a", "rejected": "b"})
    assert better[0] == worse[0] == Message("system", "Be kind.")


def test_an_answer_that_only_looks_like_json_is_left_alone() -> None:
    for cell in ('{"value": 3}', "[1, 2]", "{not json", '[{"role": "user", "content": "only asked"}]'):
        assert answered(cell).words == cell
    assert asked({"prompt": "[1, 2]"}) == [Message("user", "[1, 2]")]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("true", True), ("0", False), ("1.0", True), (" Yes. ", True), ("👍🏽", True), ("👎", False), ("Nein", False),
     ("SÍ", True), ("いいえ", False), ("-1", False), ("❤️", True), ("maybe", None), ("", None), ("3", None)],
)  # fmt: skip
def test_yes_and_no_are_understood_in_many_forms(cell: str, expected: bool | None) -> None:
    assert yes_or_no(cell) is expected


def test_pairs_without_a_difference_teach_nothing(project: Path) -> None:
    job = find_job(of(project, "prefer"), project / "none", learning(project / "model", "prefer"))
    for name in ("prefer", "judge"):
        objective = objectives()[name]
        same = {"prompt": "is it free", "chosen": "of course", "rejected": "of course"}
        assert objective.encode(same, job.speaker, objective.settings({})).learnt == 0
        assert objective.encode({**same, "rejected": "ask me"}, job.speaker, objective.settings({})).learnt > 0


def test_what_is_neither_liked_nor_disliked_teaches_nothing(project: Path) -> None:
    job = find_job(of(project, "liked"), project / "none", learning(project / "model", "liked"))
    liked = objectives()["liked"]
    settings = liked.settings({})
    row = {"prompt": "is it free", "answer": "of course", "liked": "perhaps"}
    assert liked.encode(row, job.speaker, settings).learnt == 0
    encoded = [liked.encode({**row, "liked": said}, job.speaker, settings) for said in ("perhaps", "no", "yes")]
    kept = Examples.of(encoded, counts="examples").teaching()
    assert kept.labels is not None
    assert kept.labels[:, 0].tolist() == [-1.0, 1.0]


def test_a_conversation_whose_last_answer_was_judged_needs_no_answer_column() -> None:
    liked = objectives()["liked"]
    talk = [*TALK, {"from": "gpt", "value": "Yes"}]
    assert liked.prompt({"messages": json.dumps(talk), "liked": "yes"}, liked.settings({})) == [
        Message("user", "Open today?")
    ]
    assert not [problem for problem in liked.check({"m": "messages", "l": "liked"}) if problem.severity == "blocks"]
    assert [problem.id for problem in liked.check({"m": "messages"})] == ["role-missing-liked"]


def test_the_rarer_kind_of_answer_is_raised() -> None:
    open_ = LikedSettings()
    assert balance(10, 10, open_) == (1.0, 1.0)
    assert balance(12, 10, open_) == (1.0, 1.0)
    assert balance(10, 40, open_) == (1.0, 4.0)
    assert balance(40, 10, open_) == (pytest.approx(3.0), 1.0)
    assert balance(10, 40, LikedSettings(desirable=2.0)) == (1.0, 2.0)
    assert balance(0, 5, open_) == (1.0, 1.0)


# ------------------------------------------------------------------------------------------------- how, not what


def assert_same_curve(ours: list[float], theirs: list[float], relative: float = 1e-5) -> None:
    assert len(ours) == 6
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), rtol=relative, atol=1e-6)


@pytest.mark.parametrize(("objective", "loss"), KINDS)
def test_portions_of_any_size_give_the_same_curve(project: Path, objective: str, loss: str) -> None:
    whole, _, _ = run(project, f"whole-{objective}{loss}", objective, loss, packing=False)
    assert max(whole) - min(whole) > 1e-3
    for portion in (1, 2, 4):
        found, _, _ = run(
            project, f"by-{portion}-{objective}{loss}", objective, loss, packing=False, micro_batch=portion
        )
        assert_same_curve(found, whole)


@pytest.mark.parametrize(("objective", "loss"), KINDS[:-1])
def test_packed_rows_give_the_same_curve(project: Path, objective: str, loss: str) -> None:
    plain, _, _ = run(project, f"rows-{objective}{loss}", objective, loss, packing=False)
    packed, _, _ = run(project, f"packed-{objective}{loss}", objective, loss, packing=True)
    assert_same_curve(packed, plain)


@pytest.mark.parametrize(("objective", "loss"), [("prefer", "dpo"), ("liked", ""), ("judge", "")])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_stopped_run_ends_like_one_that_never_stopped(project: Path, objective: str, loss: str, method: str) -> None:
    how = {"method": method, "learning_rate": 1e-3}
    if method == "lora":
        how["method_dropout"] = 0.1
    expected, _, whole = run(project, f"whole-{method}-{objective}", objective, loss, **how)
    voice = Recorder()

    def stop(event: Any) -> None:
        if isinstance(event, Stepped) and event.step == 3:
            voice.asked.append(Stop())

    voice.on_say = stop
    run(project, f"stopped-{method}-{objective}", objective, loss, voice=voice, **how)
    later = Recorder()
    _, _, result = run(project, f"stopped-{method}-{objective}", objective, loss, voice=later, **how)
    assert voice.losses() + later.losses() == expected
    assert result["weights"]["sha256"] == whole["weights"]["sha256"]


@pytest.mark.parametrize(("objective", "loss"), [("prefer", "dpo"), ("liked", ""), ("judge", "")])
def test_checks_in_between_change_nothing(project: Path, objective: str, loss: str) -> None:
    how = {"method_dropout": 0.1, "evaluate_every": 1000}
    expected, _, quiet = run(project, f"quiet-{objective}", objective, loss, **how)
    voice = Recorder()

    def ask(event: Any) -> None:
        if isinstance(event, Stepped):
            voice.asked += [EvaluateNow(), SampleNow(prompt="is it free on monday")]

    voice.on_say = ask
    _, _, busy = run(project, f"busy-{objective}", objective, loss, voice=voice, **how)
    assert voice.losses() == expected
    assert busy["weights"]["sha256"] == quiet["weights"]["sha256"]


# ---------------------------------------------------------------------------------------------- the model before


@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_reference_is_the_model_as_it_was_also_after_training(project: Path, method: str) -> None:
    settings = {"method_start": "pissa", "method_rank": 4} if method == "lora" else {}
    config = learning(project / "model", "prefer", method, **settings)
    job = find_job(of(project, "prefer"), project / "runs" / "x", config)
    parts = put_together(job)
    batch = lay_out(parts.train, range(6), parts.layout)
    plain = put_together(find_job(of(project, "prefer"), project / "runs" / "y", learning(project / "model", "prefer")))
    base = plain.model.get_base_model()
    with plain.model.disable_adapter(), torch.no_grad():
        expected = PlainScorer().losses(base, lay_out(plain.train, range(6), plain.layout))
    learns = [weight.requires_grad for weight in parts.model.parameters()]
    with torch.no_grad():
        for weight in parts.weights.values():
            weight += 0.05
    torch.testing.assert_close(parts.scorer.before(parts.model, batch), expected, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(parts.scorer.losses(parts.model, batch).detach(), expected, rtol=1e-2)
    assert [weight.requires_grad for weight in parts.model.parameters()] == learns


def test_switching_the_adapter_off_equals_a_frozen_copy(project: Path) -> None:
    config = learning(project / "model", "prefer")
    parts = put_together(find_job(of(project, "prefer"), project / "runs" / "z", config))
    with torch.no_grad():
        for weight in parts.weights.values():
            weight += 0.05
    full = learning(project / "model", "prefer", "full")
    other = put_together(find_job(of(project, "prefer"), project / "runs" / "w", full))
    copy = copy_of_before(other.job, other.model, other.precision, other.device)
    batch = lay_out(parts.train, range(8), parts.layout)
    off = ChunkedScorer().before(parts.model, batch)
    torch.testing.assert_close(off, ChunkedScorer(untrained=copy).before(parts.model, batch), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("objective", "loss", "first"), [("prefer", "dpo", np.log(2)), ("liked", "", None)])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_at_the_first_step_nothing_has_changed_yet(
    project: Path, objective: str, loss: str, first: float | None, method: str
) -> None:
    losses, _, _ = run(project, f"first-{method}-{objective}", objective, loss, method=method, steps=1)
    if first is None:
        job = find_job(of(project, objective), project / "none", learning(project / "model", objective))
        assert put_together(job).train.labels is not None
        assert 0.4 < losses[0] < 2.0
    else:
        assert losses[0] == pytest.approx(first, rel=1e-6)


def test_the_reference_point_comes_from_other_questions_answers_over_the_whole_step(project: Path) -> None:
    config = learning(project / "model", "liked", learning_rate=1e-2)
    parts = put_together(find_job(of(project, "liked"), project / "runs" / "point", config))
    # Answers become likelier, whatever was asked, so that the point is above 0.
    for _ in range(3):
        parts.scorer.losses(parts.model, lay_out(parts.train, range(20), parts.layout)).mean().backward()
        parts.optimizer.step()
    chosen = parts.drawn([3, 5, 8, 13, 21], 0)
    gains = []
    for place in range(5):
        mine, before = chosen.text(place), chosen.text((place - 1) % 5)
        begin, other = int(np.flatnonzero(mine.learn)[0]), int(np.flatnonzero(before.learn)[0])
        ids = np.concatenate([mine.ids[:begin], before.ids[other:]])
        learn = np.concatenate([mine.learn[:begin], before.learn[other:]])
        gains.append(_likelihood(parts.model, ids, learn) - _likelihood_before(parts.model, ids, learn))
    expected = max(0.0, float(np.mean(gains)))
    assert expected > 0
    liked = objectives()["liked"]
    for size in (1, 2, 5):
        exchanged = chosen.exchanged(64)
        batches = [lay_out(exchanged, range(at, min(5, at + size)), parts.layout) for at in range(0, 5, size)]
        with torch.no_grad():
            found = liked.look_ahead(parts.model.eval(), batches, parts.scorer, parts.job.choices)
        assert found["point"] == pytest.approx(expected, rel=1e-4)


@torch.no_grad()
def _likelihood(model: Any, ids: np.ndarray, learn: np.ndarray) -> float:
    logits = model(input_ids=torch.from_numpy(ids.astype(np.int64))[None]).logits[0].double().log_softmax(-1)
    return float(sum(logits[place - 1, ids[place]] for place in np.flatnonzero(learn)))


def _likelihood_before(model: Any, ids: np.ndarray, learn: np.ndarray) -> float:
    with model.disable_adapter():
        return _likelihood(model, ids, learn)


def test_exchanged_texts_are_cut_at_the_longest_allowed() -> None:
    texts = Examples(
        ids=np.arange(7, dtype=np.int32),
        learn=np.array([False, False, True, False, True, True, True]),
        starts=np.array([0, 3, 7]),
        units=np.array([1, 1]),
    )
    found = texts.exchanged(4)
    assert found.ids.tolist() == [0, 1, 4, 5, 3, 2]
    assert found.learn.tolist() == [False, False, True, True, False, True]
    assert found.starts.tolist() == [0, 4, 6]
    batch = lay_out(found, [0, 1], Layout("cpu"))
    assert batch.texts == 2


# ----------------------------------------------------------------------------------------------- what is learnt


@pytest.mark.parametrize(("objective", "loss"), KINDS)
def test_a_taste_is_learnt(project: Path, objective: str, loss: str) -> None:
    voice = Recorder()
    how = {"steps": 60, "learning_rate": 1e-2, "evaluate_every": 30}
    losses, _, _ = run(project, f"taste-{objective}{loss}", objective, loss, voice=voice, **how)
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:3])
    first, *_, last = voice.of(Evaluated)
    assert last.metrics["accuracy"] > 0.9
    assert last.metrics["margin"] > first.metrics["margin"]
    assert first.metrics["perplexity"] is None
    if loss in ("dpo", "ipo"):
        assert first.metrics["reward_accuracy"] == 0.5
        assert last.metrics["reward_accuracy"] > 0.9


def test_an_encoder_can_judge(project: Path) -> None:
    voice = Recorder()
    config = learning(project / "encoder", "judge", "full", learning_rate=3e-3, steps=50, evaluate_every=25)
    train_in(of(project, "judge"), config, "encoder", voice)
    assert voice.of(Evaluated)[-1].metrics["accuracy"] > 0.9


@pytest.mark.parametrize(("objective", "method"), [("prefer", "lora"), ("prefer", "full"), ("liked", "full"),
                                                   ("judge", "lora")])  # fmt: skip
def test_a_run_is_evaluated_against_the_model_it_began_with(project: Path, objective: str, method: str) -> None:
    how: dict[str, Any] = {"steps": 40, "learning_rate": 1e-2 if method == "lora" else 3e-3}
    name = f"judged-{objective}-{method}"
    _, folder, _ = run(project, name, objective, method=method, **how)
    config = learning(project / "model", objective, method, **how)
    told = compare_before_after(find_job(of(project, objective), folder, config), "test")
    assert told["examples"] == 16
    assert told["before"]["perplexity"] is None
    assert told["after"]["loss"] < told["before"]["loss"]
    assert told["after"]["accuracy"] > 0.9
    if objective == "prefer":
        assert told["before"]["margin"] == 0.0
        assert told["before"]["loss"] == pytest.approx(np.log(2), rel=1e-6)


# ---------------------------------------------------------------------------------------------------- the metrics


def test_accuracy_of_pairs_counts_ties_as_half() -> None:
    numbers = [{"right": 1.0, "margin": 2.0}, {"right": 0.5, "margin": 0.0}, {"right": 0.0, "margin": -1.0}]
    found = _score("preferences", [Prediction(0.0, 1, numbers=each) for each in numbers])
    assert found == {"accuracy": 0.5, "margin": pytest.approx(1 / 3)}


def test_accuracy_of_likings_is_the_area_under_the_curve() -> None:
    chance = np.random.default_rng(5)
    rewards, liked = chance.integers(0, 6, 40).astype(float), chance.random(40) < 0.4
    up, down = rewards[liked], rewards[~liked]
    pairs_won = (up[:, None] > down).mean() + 0.5 * (up[:, None] == down).mean()
    found = _score(
        "likings",
        [Prediction(0.0, 1, numbers={"reward": r, "liked": float(y)}) for r, y in zip(rewards, liked, strict=True)],
    )
    assert found["accuracy"] == pytest.approx(pairs_won)
    assert found["margin"] == pytest.approx(up.mean() - down.mean())


def _score(name: str, predictions: list[Prediction]) -> dict[str, float]:
    metric = metrics()[name]
    score: Callable[..., dict[str, float]] = metric.score
    return score(predictions, metric.settings({}))
