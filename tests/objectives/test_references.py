"""What the model said before training is looked up from the second time on, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.events import Stepped, Stop
from studio.engine.batches import lay_out
from studio.engine.jobs import find_job
from studio.engine.parts import put_together
from studio.engine.references import References
from studio.engine.scorers import PlainScorer
from tests.objectives.preferring import learning, of, run
from tests.tiny import Recorder

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.usefixtures("unasked")]
TWICE: dict[str, Any] = {"steps": 12, "evaluate_every": 3}


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts the model as it was is asked about, pass by pass."""
    found: list[int] = []
    of_batch = References.of

    def counted(self: References, batch: Any, compute: Any) -> torch.Tensor:
        def noted() -> torch.Tensor:
            found.append(batch.texts)
            return compute()

        return of_batch(self, batch, noted)

    monkeypatch.setattr(References, "of", counted)
    return found


@pytest.mark.parametrize(("objective", "method"), [("prefer", "lora"), ("prefer", "full"), ("liked", "lora")])
def test_a_run_that_looks_up_is_the_run_that_computes(
    project: Path, objective: str, method: str, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{objective}-{method}"
    found, folder, _ = run(project, f"kept-{name}", objective, method=method, **TWICE)
    texts = 2 if objective == "prefer" else 1
    assert sum(looks) == texts * (48 + 16)
    assert not (folder / "cache" / "before-0").exists()
    monkeypatch.setattr("studio.engine.parts.keep_references", lambda *_: None)
    computed, _, _ = run(project, f"computed-{name}", objective, method=method, **TWICE)
    torch.testing.assert_close(torch.tensor(found), torch.tensor(computed), rtol=1e-5, atol=1e-6)


def test_a_stopped_run_finds_again_what_it_kept(project: Path, looks: list[int]) -> None:
    expected, _, whole = run(project, "one-go", "prefer", **TWICE)
    looks.clear()
    voice, later = Recorder(), Recorder()

    def stop(event: Any) -> None:
        if isinstance(event, Stepped) and event.step == 8:
            voice.asked.append(Stop())

    voice.on_say = stop
    run(project, "two-goes", "prefer", voice=voice, **TWICE)
    seen = sum(looks)
    _, _, result = run(project, "two-goes", "prefer", voice=later, **TWICE)
    assert sum(looks) == seen == 2 * (48 + 16)
    assert voice.losses() + later.losses() == expected
    assert result["weights"]["sha256"] == whole["weights"]["sha256"]


def test_what_was_damaged_on_disk_is_computed_again(project: Path, looks: list[int]) -> None:
    config = learning(project / "model", "prefer")
    folder = of(project, "prefer")

    def before(places: list[int]) -> torch.Tensor:
        parts = put_together(find_job(folder, folder / "runs" / "damaged", config))
        batch = lay_out(parts.train, places, parts.layout)
        assert batch.numbers == tuple(places)
        found = parts.scorer.before(parts.model, batch)
        with parts.model.disable_adapter(), torch.no_grad():
            expected = PlainScorer().losses(parts.model, batch)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
        return found

    before([0, 1, 2])
    before([2, 0])
    assert len(looks) == 1
    file = folder / "runs" / "damaged" / "cache" / "before-0" / "losses.bin"
    content = bytearray(file.read_bytes())
    content[0] ^= 0xFF
    file.write_bytes(content)
    before([2, 1])
    assert len(looks) == 1
    before([1, 0])
    assert len(looks) == 2


def test_a_disk_without_room_only_costs_time(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio.engine.references._file", full)
    losses, _, _ = run(project, "full-disk", "prefer", steps=2)
    assert len(losses) == 2
