"""Beginning at the first layer that learns, with what the frozen ones made of each text, gives the same curve."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from studio.core.events import Stepped, Stop
from studio.core.model_folder import read_model
from studio.engine.devices import find_device
from studio.engine.jobs import find_job
from studio.engine.models import load_base
from studio.engine.parts import put_together
from studio.engine.prefix import choose_prefix
from studio.engine.train import train
from tests.objectives.learning import assert_close, assert_identical, learn
from tests.tiny import Recorder, config_for

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
THRICE = {"epochs": 3, "method_layers": 1}


def test_the_curve_is_that_of_a_run_without(project: Path) -> None:
    config = config_for(project / "model", "last-layers", **THRICE)
    ours = learn(project, config, "cached")
    assert not (project / "runs" / "cached" / "cache" / "prefix-0").exists(), "the disk is given back"
    theirs = learn(project, config_for(project / "model", "last-layers", prefix_cache=0.0, **THRICE), "uncached")
    assert_close(ours, theirs, 1e-5)


def test_the_first_layers_run_once_for_each_example(project: Path) -> None:
    config = config_for(project / "model", "last-layers", evaluate_every=1000, **THRICE)
    parts = put_together(find_job(project, project / "runs" / "counted", config))
    assert parts.prefix is not None and parts.prefix.depth == 1
    assert parts.facts()["prefix_cache_bytes"] == parts.prefix.bytes > 0
    parts.questions = ()
    ran = []
    parts.model.model.layers[0].register_forward_pre_hook(lambda *_: ran.append(len(parts.progress.recent)))
    voice = Recorder()
    train(parts, voice)
    steps_of_an_epoch = len(voice.losses()) // 3
    assert len(set(ran) - {len(voice.losses())}) <= steps_of_an_epoch + 1


def test_a_run_that_was_torn_off_goes_on_bit_for_bit(project: Path) -> None:
    config = config_for(project / "model", "last-layers", **THRICE)
    plain = learn(project, config, "whole")
    voice = Recorder()

    def stop(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 9:
            voice.asked.append(Stop())

    voice.on_say = stop
    begun = learn(project, config, "torn", voice)
    states = project / "runs" / "torn" / "cache" / "prefix-0" / "states.bin"
    assert states.is_file()
    gone_on = learn(project, config, "torn")
    assert_identical(gone_on._replace(losses=[*begun.losses, *gone_on.losses], checks=plain.checks), plain)


def test_states_that_were_damaged_are_computed_again(project: Path) -> None:
    config = config_for(project / "model", "last-layers", **THRICE)
    plain = learn(project, config, "sound")
    voice = Recorder()

    def stop(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 9:
            voice.asked.append(Stop())

    voice.on_say = stop
    begun = learn(project, config, "damaged", voice)
    states = project / "runs" / "damaged" / "cache" / "prefix-0" / "states.bin"
    states.write_bytes(b"\x07" * states.stat().st_size)
    gone_on = learn(project, config, "damaged")
    assert_close(gone_on._replace(losses=[*begun.losses, *gone_on.losses], checks=plain.checks), plain)


@pytest.mark.parametrize(("gigabytes", "trained"), [(1e-9, "layers.1"), (1.0, "layers.0"), (1.0, "embed_tokens")])
def test_nothing_is_kept_where_it_does_not_fit_or_brings_nothing(
    project: Path, tmp_path: Path, gigabytes: float, trained: str
) -> None:
    model = load_base(read_model(project / "model"), dtype=torch.float32, device=find_device("cpu"))
    for name, weight in model.named_parameters():
        weight.requires_grad_(trained in name)
    job = find_job(project, project / "runs" / "none", config_for(project / "model", "last-layers"))
    examples = put_together(job).train
    assert choose_prefix(model, (examples, examples), tmp_path / "kept", gigabytes) is None
