"""What keeps a training from forgetting and from learning by heart does exactly what its formula says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from studio.api import Batch
from studio.core.config import RunConfig
from studio.core.events import Evaluated, Stepped, Stop
from studio.core.model_folder import read_model
from studio.core.problem import StudioError
from studio.core.train_settings import TrainSettings
from studio.engine import distances, losses
from studio.engine.batches import Layout, lay_out
from studio.engine.devices import find_device
from studio.engine.distances import Said, distance
from studio.engine.examples import Examples
from studio.engine.jobs import find_job
from studio.engine.losses import head_losses
from studio.engine.measure import mean_loss, measure
from studio.engine.models import load_base, trainable
from studio.engine.optimizers import choose_optimizer, set_learning_rate
from studio.engine.parts import put_together
from studio.engine.regularisers import Anchor, noise_on_words, set_dropout
from studio.engine.replay import beside, general_texts
from studio.engine.scorers import ChunkedScorer, PlainScorer
from studio.engine.tuned import open_tuned
from studio.plugins import methods
from tests.contracts.making import make_model
from tests.engine.test_losses import batch_of
from tests.tiny import Recorder, build_model, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def model_of(folder: Path) -> Any:
    return load_base(read_model(folder), dtype=torch.float32, device=find_device("cpu"))


def curve(project: Path, name: str, method: str = "lora", **settings: object) -> list[float]:
    voice = Recorder()
    train_in(project, config_for(project / "model", method, **settings), name, voice)
    return voice.losses()


def stopped_and_resumed(project: Path, name: str, method: str = "lora", **settings: object) -> list[float]:
    """The curve of a run that is stopped after step 5 and goes on."""
    config = config_for(project / "model", method, **settings)
    before, after = Recorder(), Recorder()
    before.on_say = lambda event: (
        before.asked.append(Stop()) if isinstance(event, Stepped) and event.step == 5 else None
    )
    train_in(project, config, name, before)
    train_in(project, config, name, after)
    assert len(before.losses()) == 5
    return before.losses() + after.losses()


# ---------------------------------------------------------------------------------------------- label smoothing


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("factors", [torch.full((37,), 0.25), torch.linspace(-1, 2, 37)])
def test_smoothed_losses_in_chunks_are_those_of_torch_in_values_and_gradients(
    bias: bool, factors: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "CHUNK_NUMBERS", 50 * 16)
    torch.manual_seed(1)
    head = nn.Linear(16, 50, bias=bias)
    targets = torch.randint(0, 50, (37,))
    found = []
    for chunked in (True, False):
        hidden = torch.randn(37, 16, generator=torch.Generator().manual_seed(2)).requires_grad_()
        head.zero_grad()
        each = (
            head_losses(head, hidden, targets, 0.1)
            if chunked
            else F.cross_entropy(head(hidden), targets, reduction="none", label_smoothing=0.1)
        )
        (each * factors).sum().backward()
        found.append([each.detach(), hidden.grad, *[weight.grad.clone() for weight in head.parameters()]])  # type: ignore
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_both_scorers_smooth_alike(project: Path) -> None:
    model, batch = model_of(project / "model"), batch_of()
    sharp = ChunkedScorer().losses(model, batch)
    batch.smoothing = 0.2
    smooth = ChunkedScorer().losses(model, batch)
    torch.testing.assert_close(smooth, PlainScorer().losses(model, batch), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(smooth, sharp)


def test_what_is_measured_is_not_smoothed(project: Path) -> None:
    voices = []
    for smoothing in (0.0, 0.3):
        voice = Recorder()
        settings = {"smoothing": smoothing, "steps": 2, "evaluate_every": 9}
        train_in(project, config_for(project / "model", **settings), f"smoothing-{smoothing}", voice)
        voices.append(voice)
    assert voices[0].of(Evaluated)[0].metrics["loss"] == voices[1].of(Evaluated)[0].metrics["loss"]
    assert voices[0].losses()[0] < voices[1].losses()[0]


def test_answers_that_are_compared_are_not_smoothed(project: Path) -> None:
    config = config_for(project / "model", smoothing=0.1)
    job = find_job(project, project / "runs" / "compared", config)
    parts = put_together(job)
    assert parts.smoothing == 0.1
    parts.objective = next(each for each in _objectives() if each.id == "prefer")
    assert parts.smoothing == 0.0
    parts.objective = next(each for each in _objectives() if each.id == "sort")
    assert parts.smoothing == 0.1


def _objectives() -> Any:
    from studio.plugins import objectives

    return objectives()


@pytest.mark.parametrize("several", [False, True])
def test_labels_are_smoothed_as_torch_does(several: bool) -> None:
    from studio.builtin.objectives.sort import SortSettings, _losses

    torch.manual_seed(3)
    outputs, names = torch.randn(6, 4), torch.tensor([0, 1, 2, 3, 1, 1])
    labels = F.one_hot(names, 4).float()
    batch = Batch(*[torch.zeros(1, 1, dtype=torch.long)] * 4, units=6, tokens=6, examples=6, labels=labels)
    batch.smoothing = 0.2
    found = _losses(outputs, batch, SortSettings(several=several))
    expected = (
        F.binary_cross_entropy_with_logits(outputs, labels * 0.8 + 0.1, reduction="none").mean(-1)
        if several
        else F.cross_entropy(outputs, names, reduction="none", label_smoothing=0.2)
    )
    torch.testing.assert_close(found, expected)


# -------------------------------------------------------------------------------------- KL to the untouched model


@pytest.mark.parametrize("bias", [False, True])
def test_the_distance_in_chunks_is_the_plain_one_in_values_and_gradients(
    bias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "CHUNK_NUMBERS", 50 * 16)
    torch.manual_seed(1)
    head, before = nn.Linear(16, 50, bias=bias), nn.Linear(16, 50, bias=bias)
    was = torch.randn(37, 16)
    found = []
    for chunked in (True, False):
        hidden = torch.randn(37, 16, generator=torch.Generator().manual_seed(2)).requires_grad_()
        head.zero_grad()
        if chunked:
            missed = distance(Said(hidden, head), Said(was, before))
        else:
            said = before(was).detach().log_softmax(-1)
            missed = (said.exp() * (said - head(hidden).log_softmax(-1))).sum()
        (0.5 * missed).backward()
        found.append([missed.detach(), hidden.grad, *[weight.grad.clone() for weight in head.parameters()]])  # type: ignore
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    assert all(weight.grad is None for weight in before.parameters())


def test_no_tensor_of_all_logits_ever_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "CHUNK_NUMBERS", 1000 * 16)
    sizes: list[int] = []
    plain = torch.nn.functional.linear

    def seen(*args: torch.Tensor) -> torch.Tensor:
        sizes.append(plain(*args).numel())
        return plain(*args)

    monkeypatch.setattr(distances.F, "linear", seen)
    head, hidden = nn.Linear(8, 1000), torch.randn(200, 8, requires_grad=True)
    distance(Said(hidden, head), Said(torch.randn(200, 8), nn.Linear(8, 1000))).backward()
    assert max(sizes) == 16 * 1000


def attached(folder: Path, kind: str) -> tuple[Any, Any]:
    """(a model with something that trains, moved from where it began, a copy of how it was where that is needed)."""
    from peft import LoraConfig, get_peft_model

    base = model_of(folder)
    if kind == "full":
        model: Any = base.requires_grad_(True)
        copy = model_of(folder)
    else:
        chosen: Any = {
            "lora": {"target_modules": ["q_proj"]},
            "head": {"target_modules": ["lm_head", "q_proj"]},
            "copy": {"target_modules": ["q_proj"], "modules_to_save": ["lm_head"]},
        }[kind]
        model, copy = get_peft_model(base, LoraConfig(r=4, **chosen)), None
    torch.manual_seed(4)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight += 0.1 * torch.randn_like(weight)
    return model.train(), copy


@pytest.mark.parametrize("kind", ["full", "lora", "head", "copy"])
def test_a_model_s_distance_is_that_of_its_full_logits(tmp_path: Path, kind: str) -> None:
    folder = build_model(tmp_path / "untied", tied=False, seed=3)
    batch = batch_of()
    taught = batch.targets != -100
    was = model_of(folder)(input_ids=batch.ids, position_ids=batch.positions, use_cache=False).logits[taught]
    found = []
    for scorer_kind in (ChunkedScorer, PlainScorer, None):
        model, copy = attached(folder, kind)
        if scorer_kind is None:
            plain = model.get_base_model() if kind != "full" else model
            now = plain(input_ids=batch.ids, position_ids=batch.positions, use_cache=False).logits[taught]
            said = was.detach().log_softmax(-1)
            missed = (said.exp() * (said - now.log_softmax(-1))).sum()
        else:
            missed = scorer_kind("decoder", copy).distance(model, batch)
        missed.backward()
        found.append([missed.detach(), *[weight.grad for weight in trainable(model).values()]])
    assert found[0][0] > 0
    for place in (0, 1):
        for ours, theirs in zip(found[place], found[2], strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_that_holds_on_stays_nearer_and_is_one_run_however_it_is_split(project: Path, method: str) -> None:
    settings = {"kl": 10.0, "kl_share": 0.5, "learning_rate": 5e-3, "packing": False}
    voice = Recorder()
    train_in(project, config_for(project / "model", method, **settings), f"held-{method}", voice)
    looked = [event for event in voice.of(Stepped) if "kl" in event.metrics]
    assert 2 <= len(looked) < 10
    split = curve(project, f"held-split-{method}", method, **settings, micro_batch=3)
    torch.testing.assert_close(torch.tensor(split), torch.tensor(voice.losses()), rtol=2e-4, atol=2e-5)
    assert stopped_and_resumed(project, f"held-stopped-{method}", method, **settings) == voice.losses()
    free = Recorder()
    loose = {**settings, "kl": 1e-9}
    train_in(project, config_for(project / "model", method, **loose), f"free-{method}", free)
    last = [event.metrics["kl"] for event in free.of(Stepped) if "kl" in event.metrics]
    assert looked[-1].metrics["kl"] < 0.7 * last[-1]


def test_holding_on_to_words_is_refused_where_there_are_none(project: Path) -> None:
    config = RunConfig.model_validate(
        {**config_for(project / "model", kl=1.0).model_dump(mode="json"), "objective": {"id": "sort"}}
    )
    with pytest.raises(StudioError) as told:
        put_together(find_job(project, project / "runs" / "no-words", config))
    assert told.value.id == "kl-needs-words"


# ----------------------------------------------------------------------------------------------- noise on words


def test_noise_is_even_small_and_follows_from_the_example_alone(project: Path) -> None:
    model = model_of(project / "model").train()
    examples = _numbered_examples()
    table = model.get_input_embeddings()

    def read(indices: list[int], key: tuple[int, int], packing: bool, strength: float = 5.0) -> dict[int, torch.Tensor]:
        batch = lay_out(examples, indices, Layout("cpu", packing=packing))
        with noise_on_words(model, batch, strength, key):
            noisy = table(batch.ids) - table.weight[batch.ids]
        return {number: noisy[batch.segments == text].detach() for text, number in enumerate(batch.numbers)}

    whole = read([0, 1, 2, 3], (1, 7), packing=True)
    for noise in whole.values():
        most = 5.0 / noise.numel() ** 0.5
        assert 0.8 * most < float(noise.abs().max()) <= most * (1 + 1e-5)
    apart = {**read([2], (1, 7), packing=False), **read([3, 0, 1], (1, 7), packing=False)}
    for number in whole:
        torch.testing.assert_close(whole[number], apart[number])
    assert not torch.allclose(whole[0], read([0], (1, 8), packing=False)[0])
    assert not read([0], (1, 7), packing=False, strength=0.0)[0].any()
    model.eval()
    assert not read([0], (1, 7), packing=False)[0].any()


def _numbered_examples() -> Examples:
    from dataclasses import replace

    import numpy as np

    from studio.api import Example

    made = [Example(tuple(range(7, 12 + n)), tuple(place >= 3 for place in range(5 + n))) for n in range(4)]
    return replace(Examples.of(made), numbers=np.arange(4))


def test_a_noisy_run_is_one_run_however_it_is_split(project: Path) -> None:
    quiet = curve(project, "quiet", packing=False)
    noisy = curve(project, "noisy", packing=False, noise=10.0)
    assert noisy != quiet
    packed = curve(project, "noisy-packed", noise=10.0, packing=True)
    split = curve(project, "noisy-split", noise=10.0, packing=False, micro_batch=3)
    for found in (packed, split):
        torch.testing.assert_close(torch.tensor(found), torch.tensor(noisy), rtol=2e-4, atol=2e-5)
    assert stopped_and_resumed(project, "noisy-stopped", packing=False, noise=10.0) == noisy


@pytest.mark.parametrize("method", ["last-layers", "full"])
def test_noise_reaches_every_method(project: Path, method: str) -> None:
    assert curve(project, f"noisy-{method}", method, noise=10.0, steps=3) != curve(
        project, f"quiet-{method}", method, steps=3
    )


# ------------------------------------------------------------------------------------------------------- dropout


@pytest.mark.parametrize("family", ["llama", "bert", "t5", "gpt2"])
def test_dropout_is_set_in_every_place_the_model_has(tmp_path: Path, family: str) -> None:
    model = model_of(make_model(tmp_path / family, family))
    kept = {name: getattr(model.config, name) for name in vars(model.config) if "drop" in name}
    set_dropout(model, 0.5)
    assert {part.p for part in model.modules() if isinstance(part, nn.Dropout)} <= {0.5}
    assert kept == {name: getattr(model.config, name) for name in kept}
    ids = torch.arange(3, 13)[None]
    named = {"decoder_input_ids": ids} if family == "t5" else {}
    model.train()
    assert not torch.equal(model(input_ids=ids, **named).logits, model(input_ids=ids, **named).logits)
    model.eval()
    assert torch.equal(model(input_ids=ids, **named).logits, model(input_ids=ids, **named).logits)


def test_a_run_takes_the_dropout_that_was_chosen(project: Path) -> None:
    usual = curve(project, "dropout-usual", steps=3)
    assert curve(project, "dropout-none", steps=3, dropout=0.0) == usual
    dropped = curve(project, "dropout-half", steps=3, dropout=0.5)
    assert dropped != usual
    assert curve(project, "dropout-again", steps=3, dropout=0.5) == dropped


def test_a_model_without_any_place_for_dropout_is_said_in_words() -> None:
    with pytest.raises(StudioError) as told:
        set_dropout(nn.Sequential(nn.Linear(2, 2)), 0.1)
    assert told.value.id == "no-dropout"


# ------------------------------------------------------------------------------------------------- general texts


def test_general_texts_are_each_read_before_one_is_read_again() -> None:
    settings = TrainSettings(batch_size=6, replay=0.25)
    read = [beside(7, step, settings) for step in range(7)]
    assert [len(each) for each in read] == [2] * 7
    whole = np.concatenate(read)
    assert sorted(whole[:7]) == sorted(whole[7:]) == list(range(7))
    assert not np.array_equal(whole[:7], whole[7:])


def test_a_step_reads_its_own_examples_and_then_the_general_ones(project: Path) -> None:
    job = find_job(project, project / "runs" / "mixed", config_for(project / "model", replay=0.2, noise=1.0))
    parts = put_together(job)
    indices = np.arange(8)
    mixed, own = parts.drawn(indices, 3), parts.train.take(indices)
    assert len(mixed) == 10 and len(set(mixed.numbers.tolist())) == 10  # type: ignore[union-attr]
    assert parts.general is not None
    general = parts.general.take(beside(len(parts.general), 3, parts.settings))
    for place in range(10):
        expected = own.ids[own.part(place)] if place < 8 else general.ids[general.part(place - 8)]
        assert np.array_equal(mixed.ids[mixed.part(place)], expected)
    assert mixed.taught == own.taught + general.taught


def test_a_run_with_general_texts_is_one_run_however_it_is_split_and_forgets_less(project: Path) -> None:
    settings = {"replay": 0.4, "packing": False, "epochs": 4}
    whole = curve(project, "replayed", **settings)
    split = curve(project, "replayed-split", **settings, micro_batch=3)
    torch.testing.assert_close(torch.tensor(split), torch.tensor(whole), rtol=2e-4, atol=2e-5)
    assert stopped_and_resumed(project, "replayed-stopped", **settings) == whole
    curve(project, "unreplayed", packing=False, epochs=4)
    lost = []
    for name in ("replayed", "unreplayed"):
        config = config_for(project / "model", packing=False)
        job = find_job(project, project / "runs" / name, config)
        measuring = put_together(job).measuring
        predictions = measure(open_tuned(job).model, general_texts(job.speaker).take(range(60)), measuring)
        lost.append(mean_loss(predictions) or 0.0)
    assert 0 < lost[0] < lost[1]


def test_general_texts_are_refused_beside_examples_of_another_kind(project: Path) -> None:
    config = RunConfig.model_validate(
        {**config_for(project / "model", replay=0.2).model_dump(mode="json"), "objective": {"id": "prefer"}}
    )
    with pytest.raises(StudioError) as told:
        put_together(find_job(project, project / "runs" / "no-replay", config))
    assert told.value.id == "replay-needs-words"


# --------------------------------------------------------------------------------------------- pull to the start


def test_the_pull_to_the_start_follows_its_formula(project: Path) -> None:
    model = model_of(project / "model").requires_grad_(True)
    weights = trainable(model)
    start = {name: weight.detach().clone() for name, weight in weights.items()}
    anchor = Anchor(model, weights, 0.5)
    settings = TrainSettings(layer_decay=0.5)
    optimizer = choose_optimizer(model, weights, settings)
    set_learning_rate(optimizer, 0.1)
    with torch.no_grad():
        for weight in weights.values():
            weight += 1.0
    anchor.pull(optimizer)
    name = "model.layers.1.mlp.up_proj.weight"
    torch.testing.assert_close(weights[name].detach() - start[name], torch.full_like(start[name], 1 - 0.1 * 0.5 * 0.5))
    name = "model.embed_tokens.weight"
    torch.testing.assert_close(
        weights[name].detach() - start[name], torch.full_like(start[name], 1 - 0.1 * 0.125 * 0.5)
    )


def test_an_anchored_run_stays_nearer_and_goes_on_after_a_stop(project: Path) -> None:
    whole = curve(project, "anchored", "full", anchor=2.0)
    assert stopped_and_resumed(project, "anchored-stopped", "full", anchor=2.0) == whole
    free = curve(project, "unanchored", "full")
    assert whole[0] == free[0]
    assert whole[2:] != free[2:]
    from safetensors.torch import load_file

    start = dict(model_of(project / "model").named_parameters())
    gone = []
    for name in ("anchored", "unanchored"):
        saved = load_file(project / "runs" / name / "checkpoints" / "step-00000010" / "weights.safetensors")
        gone.append(sum(float((saved[each] - start[each]).detach().square().sum()) for each in saved))
    assert gone[0] < gone[1]


def test_parts_put_on_anew_are_pulled_to_zero(tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    folder = make_model(tmp_path / "bert", "bert")
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3)
    method = methods()["full"]
    model = method.attach(model, method.settings({}))
    weights = trainable(model)
    anchor = Anchor(model, weights, 1.0)
    optimizer = choose_optimizer(model, weights, TrainSettings())
    set_learning_rate(optimizer, 1.0)
    before = weights["bert.encoder.layer.0.output.dense.weight"].detach().clone()
    anchor.pull(optimizer)
    assert not weights["classifier.weight"].any()
    assert torch.equal(weights["bert.encoder.layer.0.output.dense.weight"], before)


def test_additions_have_no_start_to_be_pulled_to(project: Path) -> None:
    with pytest.raises(StudioError) as told:
        curve(project, "anchored-lora", anchor=0.1)
    assert told.value.id == "anchor-needs-own-weights"
