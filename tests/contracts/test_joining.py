"""A run goes on from another, and several become one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.api import StudioError
from studio.plugins import methods
from tests.contracts.making import make_model

pytestmark = pytest.mark.engine
GOING_ON = [("full", {}), ("last-layers", {"layers": 1, "head": True}), ("layers", {}), ("lora", {"rank": 4}),
            ("lora", {"rank": 4, "start": "pissa"}), ("adapters", {"width": 4})]  # fmt: skip
JOINED = [
    ("full", {}),
    ("last-layers", {"layers": 1, "head": True}),
    ("lora", {"rank": 4}),
    ("lora", {"rank": 4, "rslora": True}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "llama", "llama")


def base(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(
        str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True
    ).eval()


def logits(model: Any) -> Any:
    import torch

    with torch.no_grad():
        return model.eval()(input_ids=torch.arange(3, 15)[None]).logits


def train(model: Any, seed: int) -> None:
    """A few steps on a text of its own."""
    import torch

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=0.1)
    ids = torch.randint(3, 40, (1, 12), generator=torch.Generator().manual_seed(seed))
    for _ in range(4):
        optimizer.zero_grad()
        model.train()(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()


def run(method: Any, settings: Any, folder: Path, kept: Path, seed: int) -> Any:
    import torch

    torch.manual_seed(seed)
    model = method.attach(base(folder), settings)
    train(model, seed)
    kept.mkdir()
    method.save(model, kept)
    return logits(model)


@pytest.mark.parametrize(("id", "settings"), GOING_ON, ids=str)
def test_a_run_begins_where_another_ended(id: str, settings: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    import torch

    method = methods()[id]
    chosen = method.settings(settings)
    ended = run(method, chosen, folder, tmp_path / "first", 1)
    model = method.go_on(base(folder), tmp_path / "first", chosen)
    torch.testing.assert_close(logits(model), ended, rtol=1e-5, atol=1e-5)
    train(model, 2)
    assert not torch.allclose(logits(model), ended)
    (tmp_path / "second").mkdir()
    method.save(model, tmp_path / "second")
    again = method.load(base(folder), tmp_path / "second")
    torch.testing.assert_close(logits(again), logits(model), rtol=1e-5, atol=1e-5)


def test_what_would_be_lost_is_refused(folder: Path, tmp_path: Path) -> None:
    method = methods()["last-layers"]
    run(method, method.settings({"layers": 2}), folder, tmp_path / "first", 1)
    with pytest.raises(StudioError, match="would stay as they are"):
        method.go_on(base(folder), tmp_path / "first", method.settings({"layers": 1}))


@pytest.mark.parametrize(
    ("id", "beneath", "above", "words"),
    [
        ("lora", {"rank": 2, "dora": True}, {"rank": 2}, "separate length"),
        ("lora", {"rank": 2}, {"rank": 2, "dora": True}, "separate length"),
        ("adapters", {"width": 4}, {"width": 4}, "can't stand above"),
        ("full", {}, {}, "can't stand above"),
    ],
)
def test_what_can_t_stand_above_another_is_refused(
    id: str, beneath: dict[str, Any], above: dict[str, Any], words: str, folder: Path, tmp_path: Path
) -> None:
    method = methods()[id]
    run(method, method.settings(beneath), folder, tmp_path / "first", 1)
    with pytest.raises(StudioError, match=words):
        method.stack(base(folder), tmp_path / "first", method.settings(above))


def test_additions_in_other_places_and_of_other_strength_are_added_up_exactly(folder: Path, tmp_path: Path) -> None:
    import torch

    method = methods()["lora"]
    run(method, method.settings({"rank": 3, "alpha": 5, "rslora": True}), folder, tmp_path / "first", 1)
    above = method.settings({"rank": 4, "target": "attention", "start": "pissa"})
    model = method.stack(base(folder), tmp_path / "first", above)
    train(model, 2)
    (tmp_path / "both").mkdir()
    method.save(model, tmp_path / "both")
    again = method.load(base(folder), tmp_path / "both")
    torch.testing.assert_close(logits(again), logits(model), rtol=1e-4, atol=1e-5)
    # And so on: what is both may be beneath a third.
    third = method.stack(base(folder), tmp_path / "both", method.settings({"rank": 2}))
    torch.testing.assert_close(logits(third), logits(again), rtol=1e-4, atol=1e-5)


def joined(method: Any, folder: Path, parts: dict[Path, float], way: Any, kept: Path) -> Any:
    kept.mkdir()
    method.join(base(folder), parts, way, kept)
    assert not list(kept.glob("*/")), "nothing but files"
    return method.load(base(folder), kept)


@pytest.mark.parametrize(("id", "settings"), JOINED, ids=str)
def test_one_run_with_its_whole_share_is_itself(
    id: str, settings: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    import torch

    method = methods()[id]
    ended = run(method, method.settings(settings), folder, tmp_path / "a", 1)
    run(method, method.settings(settings), folder, tmp_path / "b", 2)
    same = joined(method, folder, {tmp_path / "a": 1.0, tmp_path / "b": 0.0}, "linear", tmp_path / "same")
    torch.testing.assert_close(logits(same), ended, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("id", "settings"), JOINED, ids=str)
def test_changes_add_up_by_their_shares(id: str, settings: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    import torch

    method = methods()[id]
    for name, seed in (("a", 1), ("b", 2)):
        run(method, method.settings(settings), folder, tmp_path / name, seed)
    parts = {tmp_path / "a": 0.7, tmp_path / "b": 0.5}
    whole = method.merge(joined(method, folder, parts, "linear", tmp_path / "sum"))
    start = dict(base(folder).named_parameters())
    merged = {part: dict(method.merge(method.load(base(folder), part)).named_parameters()) for part in parts}
    for name, weight in whole.named_parameters():
        change = sum(share * (merged[part][name] - start[name]) for part, share in parts.items())
        torch.testing.assert_close(weight, start[name] + change, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("way", ["ties", "dare"])
@pytest.mark.parametrize(("id", "settings"), JOINED, ids=str)
def test_thinned_out_it_is_between_the_two_and_the_same_each_time(
    way: str, id: str, settings: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    import torch

    method = methods()[id]
    for name, seed in (("a", 1), ("b", 2)):
        run(method, method.settings(settings), folder, tmp_path / name, seed)
    parts = {tmp_path / "a": 0.5, tmp_path / "b": 0.5}
    once = logits(joined(method, folder, parts, way, tmp_path / "once"))
    twice = logits(joined(method, folder, parts, way, tmp_path / "twice"))
    assert torch.equal(once, twice)
    assert torch.isfinite(once).all() and not torch.allclose(once, logits(base(folder)))


@pytest.mark.parametrize(
    ("id", "settings", "words"),
    [("lora", {"rank": 2, "dora": True}, "separate length"), ("adapters", {"width": 4}, "can't be joined")],
)
def test_what_can_t_be_joined_is_refused(
    id: str, settings: dict[str, Any], words: str, folder: Path, tmp_path: Path
) -> None:
    method = methods()[id]
    for name, seed in (("a", 1), ("b", 2)):
        run(method, method.settings(settings), folder, tmp_path / name, seed)
    (tmp_path / "sum").mkdir()
    with pytest.raises(StudioError, match=words):
        method.join(base(folder), {tmp_path / "a": 1.0, tmp_path / "b": 1.0}, "linear", tmp_path / "sum")
