"""Opening what a run made: the base model, and the training laid onto it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from studio.core.device import Device
from studio.core.problem import StudioError
from studio.engine.devices import find_device, set_threads
from studio.engine.final import read_final
from studio.engine.job import Job
from studio.engine.models import load_base
from studio.engine.precision import Precision, choose_precision
from studio.plugins import methods


@dataclass(frozen=True)
class Opened:
    """A model in memory, ready to answer or to be measured."""

    model: Any
    device: Device
    precision: Precision


def open_base(job: Job) -> Opened:
    """The base model as the run's method wants it loaded."""
    settings = job.config.train
    device = find_device("auto" if settings.device == "auto" else settings.device)
    set_threads(settings.threads)
    precision = choose_precision(settings.precision, device, job.model.hidden)
    method = methods()[job.config.method.id]
    options = {"dtype": precision.frozen, **method.load_options(method.settings(job.config.method.settings))}
    return Opened(load_base(job.model, device=device, wanted=job.wanted, **options), device, precision)


def with_training(job: Job, opened: Opened) -> Opened:
    """The same model with the run's final weights on it (the base model object is used up)."""
    final = job.folder / "final"
    if read_final(final) is None:
        raise no_final(job.folder.name)
    model = methods()[job.config.method.id].load(opened.model, final)
    return replace(opened, model=model.to(opened.device.kind).eval())


def open_tuned(job: Job) -> Opened:
    """The tuned model."""
    return with_training(job, open_base(job))


def open_tuned_exact(job: Job) -> Any:
    """The tuned model in float32 on the processor, never quantized: what exports are held against."""
    return with_training(job, Opened(open_untouched(job), find_device("cpu"), Precision("fp32", "cpu"))).model


def open_untouched(job: Job) -> Any:
    """The base model in float32 on the processor, with a new head where the run has one."""
    return load_base(job.model, device=find_device("cpu"), dtype=torch.float32, wanted=job.wanted)


def open_merged(job: Job) -> Any:
    """The same with the training folded in, as a plain transformers model."""
    return methods()[job.config.method.id].merge(open_tuned_exact(job)).eval()


def no_final(run: str) -> StudioError:
    """The error for a run that has no final weights, or damaged ones."""
    return StudioError(
        "no-final-weights",
        f"The run {run} has no finished model yet, or its files were changed.",
        data="Its save points and your data are unchanged.",
        remedy="Resume the run and let it finish, or choose another run.",
    )
