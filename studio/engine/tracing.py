"""What a run will need, found by taking one of its steps without numbers: from config.json alone, on any computer.

The model is put together with all its layers and what the method attaches, so weights, gradients and what the optimizer
remembers are counted, not guessed. The step itself, the very one that training takes, is then run with hollow tensors
through the first and the last of equal layers, and once more with another one between. What a layer more costs at each
place of the step is the difference; that times the layers left out is added, and the most of all places is the peak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from studio.api import Method, Settings
from studio.core.config import RunConfig
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.train_settings import TrainSettings
from studio.engine.averages import Average
from studio.engine.checkpoints import Progress
from studio.engine.examples import Examples
from studio.engine.fused import fuse
from studio.engine.job import Job
from studio.engine.live import Silent
from studio.engine.memory import must_save_activations, tokens_at_once
from studio.engine.models import trainable
from studio.engine.optimizers import choose_optimizer
from studio.engine.parts import LONGEST_SHARED, Parts
from studio.engine.precision import Precision, Scaler, choose_precision
from studio.engine.regularisers import Anchor, set_dropout
from studio.engine.scorers import ChunkedScorer, PlainScorer, plain_model, puts_a_prompt_before
from studio.engine.tracing_examples import Blank, Shape, examples_like, names_for
from studio.engine.tracing_heap import Heap, apart, can_be_asked
from studio.engine.tracing_model import ENOUGH, Alike, alike_in, emptied, keeps_texts_apart, outline, reduced
from studio.engine.tracing_tally import Peak, Place, Tally, Work, know_bitsandbytes
from studio.engine.train import Run
from studio.plugins import methods

SEVERAL = 4
"""Layers of each kind that are enough for the allocator to settle into its usual disorder."""
PORTIONS = 2
"""Portions of a step that are traced: from the second on, gradients are there already."""
ON_THE_CARD = {"adamw-8bit": (2.0 + 2 * 4 / 256, 4096), "adamw-paged": (0.0, 0)}
"""What bitsandbytes remembers: bytes for each weight, in blocks of 256 with a factor each, of tables with at least so
many weights (others take 8). Paged memory is none of torch's."""


class Traced(NamedTuple):
    """What a run needs, in bytes: its weights (with copies of them), what the optimizer remembers, and at the moment of
    the peak, the gradients, all else that is computed, and what the allocator leaves unused. `work` is that of a
    token."""

    weights: int
    optimizer: int
    gradients: int
    activations: int
    holes: int
    work: Work
    tokens: int
    portion_tokens: int
    saves_activations: bool
    trainable: int

    @property
    def peak(self) -> int:
        """The most at once, without the program itself."""
        return self.weights + self.optimizer + self.gradients + self.activations + self.holes


@dataclass(frozen=True)
class Hollow:
    """A run put together without numbers."""

    job: Job
    mode: FakeTensorMode
    device: Device
    precision: Precision
    method: Method[Settings]
    model: Any
    copy: Any
    train: Examples
    saves: bool

    @property
    def settings(self) -> TrainSettings:
        return self.job.config.train


def trace(config: RunConfig, info: ModelInfo, device: Device, shape: Shape) -> Traced:
    """What a run on this device needs whose heaviest batch is so large. Only `config.json` of the model is read."""
    hollow = hollow_run(config, info, device, shape)
    runs = alike_in(hollow.model)
    least = [min(ENOUGH, run.count) for run in runs]
    holes = _holes(hollow, runs)
    base = _stepped(hollow, runs, least)
    more = [
        (_stepped(hollow, runs, [*least[:place], ENOUGH + 1, *least[place + 1 :]]), run.count - ENOUGH)
        for place, run in enumerate(runs)
        if run.count > ENOUGH
    ]
    return _whole(hollow, base, more, holes())


def _holes(hollow: Hollow, runs: Sequence[Alike]) -> Callable[[], float]:
    """What the allocator leaves unused, as a share of what is computed and remembered; found meanwhile."""
    if hollow.device.kind != "cpu" or not can_be_asked():
        return lambda: 0.0

    def asked() -> dict[str, Any]:
        heap = Heap()
        step = _stepped(hollow, runs, [min(SEVERAL, run.count) for run in runs], heap)
        alive = max(peak.bytes for peak in step.peaks.values()) - step.weights
        return {"share": heap.most / alive - 1.0}

    wait = apart(asked)

    def share() -> float:
        found = wait()
        return max(0.0, found["share"]) if found else 0.0

    return share


# ---------------------------------------------------------------------------------------------------- put together


def hollow_run(config: RunConfig, info: ModelInfo, device: Device, shape: Shape) -> Hollow:
    """As `put_together`, without numbers."""
    settings = config.train
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    longest = min(settings.max_length, info.context)
    speaker = Blank(max(8, info.vocabulary), longest, shape.taught, shape.apart)
    job = Job(config=config, model=info, prepared=Path(), folder=Path(), speaker=speaker)
    job = replace(job, names=names_for(job.objective, shape.names))
    precision = choose_precision(settings.precision, device, info.hidden)
    method = methods()[config.method.id]
    model = _attached(job, method, precision, device, mode)
    copy = None
    if (settings.kl or job.objective.compares(job.choices)) and not hasattr(model, "disable_adapter"):
        was = outline(info, dtype=precision.frozen, wanted=job.wanted).requires_grad_(False)
        copy = emptied(was, mode, device.kind)
    fitting = shape._replace(lengths=tuple(min(length, longest) for length in shape.lengths))
    train = examples_like(fitting, job.objective, job.choices, speaker, job.names)
    saves = must_save_activations(info, model, settings, device, int(train.costs.max()))
    return Hollow(job, mode, device, precision, method, model, copy, train, saves)


def _attached(job: Job, method: Method[Settings], precision: Precision, device: Device, mode: FakeTensorMode) -> Any:
    """As the engine's `attached`: trained weights in float32, frozen ones in the format of the device."""
    chosen, settings = method.settings(job.config.method.settings), job.config.train
    options = {"dtype": precision.frozen, **method.load_options(chosen)}
    base = outline(job.model, wanted=job.wanted, **options)
    if "quantization_config" in options:
        know_bitsandbytes()
    with torch.device("meta"):
        if settings.dropout >= 0.0:
            set_dropout(base, settings.dropout)
        model = method.attach(base, chosen)
        for weight in model.parameters():
            if weight.is_floating_point():
                weight.data = weight.data.to(torch.float32 if weight.requires_grad else precision.frozen)
    model.config.use_cache = False
    fuse(model)
    return emptied(model, mode, device.kind)


def _parts_of(hollow: Hollow) -> Parts:
    """What the loop needs, for the model as it is now."""
    job, model, settings = hollow.job, hollow.model, hollow.settings
    weights = trainable(model)
    packing = settings.packing and _may_pack(hollow)
    progress = Progress(
        portion_tokens=tokens_at_once(job.model, hollow.device, hollow.saves),
        portion_examples=settings.micro_batch,
        saves_activations=hollow.saves,
        seed=settings.seed,
    )
    parts = Parts(
        job=job,
        device=hollow.device,
        precision=hollow.precision,
        train=hollow.train,
        validation=hollow.train.take([]),
        questions=(),
        method=hollow.method,
        objective=job.objective,
        model=model,
        scorer=PlainScorer(job.model.architecture, hollow.copy),
        weights=weights,
        optimizer=_optimizer(hollow, weights),
        packing=packing,
        progress=progress,
        anchor=Anchor(model, weights, settings.anchor),
        average=Average(weights, settings.average),
        scaler=Scaler(hollow.precision),
        shares=packing and _may_share(hollow),
    )
    if _scores_in_chunks(hollow):
        parts.scorer = ChunkedScorer(job.model.architecture, hollow.copy)
    few = [example for portion in list(parts.portions.split(range(len(parts.train)), parts.train.costs))[:PORTIONS]
           for example in portion]  # fmt: skip
    parts.train = parts.train.take(few)
    return parts


def _optimizer(hollow: Hollow, weights: dict[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
    """The optimizer that was asked for; one that remembers nothing where that is counted by hand."""
    if hollow.settings.optimizer in ON_THE_CARD:
        plain = hollow.settings.model_copy(update={"optimizer": "sgd", "momentum": 0.0})
        return choose_optimizer(hollow.model, weights, plain)
    chosen = hollow.method.settings(hollow.job.config.method.settings)
    return choose_optimizer(hollow.model, weights, hollow.settings, dict(hollow.method.rates(hollow.model, chosen)))


def _may_pack(hollow: Hollow) -> bool:
    words = hollow.job.objective.head == "language" and hollow.job.model.architecture == "decoder"
    return words and not puts_a_prompt_before(hollow.model) and keeps_texts_apart(hollow.model)


def _may_share(hollow: Hollow) -> bool:
    config = plain_model(hollow.model).config.get_text_config()
    short = int(hollow.train.costs.max()) <= LONGEST_SHARED
    alone = hollow.settings.noise or getattr(config, "sliding_window", None)
    return hollow.train.other is not None and short and not alone


@torch.no_grad()
def _scores_in_chunks(hollow: Hollow) -> bool:
    """Whether what the head gives is what the model gives, so that the head can be used in chunks."""
    model = plain_model(hollow.model)
    head = model.get_output_embeddings() if hollow.job.objective.head == "language" else None
    if head is None:
        return False
    ids = torch.ones(1, 4, dtype=torch.long, device=hollow.device.kind)
    both = {"decoder_input_ids": ids} if hollow.job.model.architecture == "encoder-decoder" else {}
    given: list[torch.Tensor] = []
    handle = head.register_forward_hook(lambda _part, _inputs, found: given.append(found))
    try:
        with Tally(hollow.mode):
            told = model(input_ids=ids, use_cache=False, **both).logits
    finally:
        handle.remove()
    return len(given) == 1 and given[0].untyped_storage()._cdata == told.untyped_storage()._cdata


# ------------------------------------------------------------------------------------------------------- one step


@dataclass(frozen=True)
class Stepped:
    """A step of a model with some of its layers: what it held all along, and the most at each place beside that."""

    weights: int
    remembered: int
    peaks: Mapping[Place, Peak]
    work: Work
    tokens: int


def _stepped(hollow: Hollow, runs: Sequence[Alike], kept: Sequence[int], heap: Heap | None = None) -> Stepped:
    """A step such as any but the first: what the optimizer remembers is there. A heap is asked for the first one too,
    for that is when what stays takes its places in it."""
    with ExitStack() as stack:
        layers = stack.enter_context(reduced(hollow.model, runs, kept))
        if hollow.copy is not None:
            same = alike_in(hollow.copy)
            stack.enter_context(reduced(hollow.copy, same, [min(run.count, max(kept)) for run in same]))
        parts = _parts_of(hollow)
        tally = stack.enter_context(Tally(hollow.mode, heap))
        weights = tally.know(held_by(hollow.model, hollow.copy))
        run = Run(parts, Silent())
        if heap is None:
            _remember(parts)
        else:
            run.step()
        parts.optimizer.zero_grad(set_to_none=True)
        remembered = tally.live - weights
        tally.begin_anew()
        stack.enter_context(_watched(tally, parts, layers, runs, kept))
        before = parts.progress.tokens
        run.step()
        parts.optimizer.zero_grad(set_to_none=True)
        tokens = parts.progress.tokens - before
        return Stepped(weights, remembered, dict(tally.peaks), _sum(tally.work.values()), tokens)


def _remember(parts: Parts) -> None:
    """Let the optimizer remember what it will from the first step on."""
    for weight in parts.weights.values():
        weight.grad = torch.zeros_like(weight)
    parts.optimizer.step()


@contextmanager
def _watched(
    tally: Tally, parts: Parts, layers: Sequence[tuple[Any, str]], runs: Sequence[Alike], kept: Sequence[int]
) -> Iterator[None]:
    """Tell the tally where in the step it is, and what is a gradient."""
    of_run = [place for place, count in enumerate(kept) for _ in range(count)]
    handles = [parts.optimizer.register_step_pre_hook(lambda *_: tally.enter_place(("optimizer",)))]
    for (layer, role), run in zip(layers, of_run, strict=True):
        handles.append(layer.register_forward_pre_hook(_begins(tally, run, role)))
        handles.append(layer.register_forward_hook(_ends(tally, run, role)))
    for weight in parts.weights.values():
        handles.append(weight.register_post_accumulate_grad_hook(tally.is_gradient))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _begins(tally: Tally, run: int, role: str) -> Callable[..., None]:
    def begins(*_: Any) -> None:
        again = torch._C._current_graph_task_id() != -1
        tally.enter_place(("again" if again else "forward", run, role))

    return begins


def _ends(tally: Tally, run: int, role: str) -> Callable[..., None]:
    def ends(_layer: Any, _inputs: Any, found: Any) -> None:
        states = found if isinstance(found, torch.Tensor) else found[0]
        if states.requires_grad:
            states.register_hook(lambda _: tally.enter_place(("backward", run, role)))
        tally.enter_place(("after", run, role))

    return ends


def held_by(*models: Any) -> Iterator[torch.Tensor | None]:
    """Every tensor that models hold: weights, tables, and what belongs to compressed ones."""
    for model in models:
        if model is None:
            continue
        yield from model.parameters()
        yield from model.buffers()
        for weight in model.parameters():
            state = getattr(weight, "quant_state", None)
            for each in (state, getattr(state, "state2", None)):
                yield from (getattr(each, name, None) for name in ("absmax", "code", "offset"))
            yield getattr(weight, "SCB", None)


# ------------------------------------------------------------------------------------------------------ the whole


def _whole(hollow: Hollow, base: Stepped, more: Sequence[tuple[Stepped, int]], holes: float) -> Traced:
    """From a step of few layers, and of one layer more of each kind with how many were left out, to that of all."""

    def scaled(value: Callable[[Stepped], int]) -> int:
        return value(base) + sum((value(step) - value(base)) * times for step, times in more)

    def at(place: Place) -> Callable[[Stepped], int]:
        return lambda step: step.peaks[place].bytes - step.weights - step.remembered

    worst = max(base.peaks, key=lambda place: scaled(at(place)))
    gradients = scaled(lambda step: step.peaks[worst].gradients)
    flops, moved = scaled(lambda step: step.work.flops), scaled(lambda step: step.work.moved)
    remembered = scaled(lambda step: step.remembered) + _beside(hollow)
    return Traced(
        weights=bytes_of(held_by(hollow.model, hollow.copy)),
        optimizer=remembered,
        gradients=gradients,
        activations=scaled(at(worst)) - gradients,
        holes=round(holes * (remembered + scaled(at(worst)))),
        work=Work(flops // base.tokens, moved // base.tokens),
        tokens=base.tokens,
        portion_tokens=tokens_at_once(hollow.job.model, hollow.device, hollow.saves),
        saves_activations=hollow.saves,
        trainable=sum(weight.numel() for weight in trainable(hollow.model).values()),
    )


def _beside(hollow: Hollow) -> int:
    """What an optimizer of bitsandbytes remembers."""
    if hollow.settings.optimizer not in ON_THE_CARD:
        return 0
    each, least = ON_THE_CARD[hollow.settings.optimizer]
    counts = (weight.numel() for weight in trainable(hollow.model).values())
    return round(sum(count * (each if count >= least else 8) for count in counts))


def bytes_of(tensors: Iterator[torch.Tensor | None]) -> int:
    """The memory that tensors take, shared memory once."""
    storages = {
        tensor.untyped_storage()._cdata: tensor.untyped_storage().nbytes() for tensor in tensors if tensor is not None
    }
    return sum(storages.values())


def _sum(works: Any) -> Work:
    works = list(works)
    return Work(sum(work.flops for work in works), sum(work.moved for work in works))
