"""Everything a training needs, put together in the order in which one thing needs another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from studio.api import Message, Method, Objective, Scorer, Settings
from studio.core.demands import refuse_unmet
from studio.core.device import Device
from studio.core.schedule import check_interval, steps_per_epoch, total_steps
from studio.core.train_settings import TrainSettings
from studio.data.excerpts import beginning, with_gap
from studio.engine.attention import keep_apart
from studio.engine.averages import Average
from studio.engine.batches import Layout, Portions
from studio.engine.beginning import beginning_of, begun, take_along
from studio.engine.checkpoints import AVERAGE, METHOD, SCALE, Memory, Progress, Training
from studio.engine.devices import find_device, set_threads
from studio.engine.examples import Examples, encode_rows, read_split
from studio.engine.failures import nothing_to_learn
from studio.engine.fused import fuse
from studio.engine.generate import EXACT
from studio.engine.group import ALONE, Group, here, join
from studio.engine.hiding import for_measuring, hidden
from studio.engine.job import Job
from studio.engine.measure import Measuring, at_once
from studio.engine.memory import must_save_activations, tokens_at_once
from studio.engine.models import count, load_base, trainable
from studio.engine.optimizers import choose_optimizer
from studio.engine.packing import packing_is_exact
from studio.engine.precision import Precision, Scaler, choose_precision
from studio.engine.prefix import Prefix, choose_prefix
from studio.engine.references import References, keep_references
from studio.engine.regularisers import Anchor, no_words, set_dropout
from studio.engine.replay import beside, can_replay, general_texts, no_replay
from studio.engine.scorers import choose_scorer, plain_model
from studio.engine.sharding import Shards, must_spread
from studio.engine.sharing import sharing_is_exact
from studio.engine.voice import TEXT, Voice
from studio.plugins import methods

LEAST_CHECKED, MOST_CHECKED = 64, 300
QUESTIONS = 2
LONGEST_SHARED = 8192
LOOKING_BACK = 1
"""What tells the chance of looking back from other chances of a step."""


@dataclass(frozen=True)
class Question:
    """What the model is asked at each check: as a person reads it, and as messages."""

    text: str
    messages: tuple[Message, ...]


@dataclass
class Parts:
    """A training put together. `progress` moves; the rest stays as it is."""

    job: Job
    device: Device
    precision: Precision
    train: Examples
    validation: Examples
    questions: tuple[Question, ...]
    method: Method[Settings]
    objective: Objective[Settings]
    model: Any
    scorer: Scorer
    weights: dict[str, torch.nn.Parameter]
    optimizer: torch.optim.Optimizer
    packing: bool
    progress: Progress
    general: Examples | None = None
    anchor: Anchor = field(default_factory=lambda: Anchor(None, {}))
    average: Average = field(default_factory=lambda: Average({}))
    scaler: Scaler = field(default_factory=lambda: Scaler(EXACT))
    group: Group = ALONE
    prefix: Prefix | None = None
    references: References | None = None
    shares: bool = False
    shards: Shards | None = None

    @property
    def settings(self) -> TrainSettings:
        return self.job.config.train

    @property
    def steps(self) -> int:
        return total_steps(len(self.train), self.settings)

    @property
    def check_every(self) -> int:
        return check_interval(self.steps, self.settings)

    @property
    def portions(self) -> Portions:
        """At most so much at once."""
        return Portions(self.progress.portion_tokens, self.progress.portion_examples, self.packing)

    @property
    def run(self) -> Callable[[Callable[[], Any]], Any]:
        """Does something with the model while its weights are together."""
        return self.shards.run if self.shards else at_once

    @property
    def layout(self) -> Layout:
        return replace(self.job.layout(self.device.kind, self.packing), shares=self.shares)

    @property
    def gives_words(self) -> bool:
        """Whether the loss is that of a language model, so that e to it is a perplexity."""
        return "likelihood" in self.objective.metrics

    @property
    def voice(self) -> Voice:
        return self.job.voice(self.model, self.precision)

    def question(self, text: str) -> Question:
        """A question of the person's own: to go on from, or to fill gaps in, where examples are plain texts."""
        reads = any(question.messages[-1].role == TEXT for question in self.questions)
        return Question(text, (Message(TEXT if reads else "user", text),))

    @property
    def measuring(self) -> Measuring:
        return Measuring(
            objective=self.objective,
            choices=self.job.choices,
            scorer=self.scorer,
            layout=self.layout,
            portions=self.portions,
            precision=self.precision,
            longest=self.job.speaker.max_length,
            run=self.run,
            even=self.shards is not None,
        )

    def drawn(self, indices: Sequence[int] | np.ndarray, step: int) -> Examples:
        """The examples of a step (counted from 0), with words hidden where the objective wants that, and general texts
        after them where they are wanted."""
        epoch = step // steps_per_epoch(len(self.train), self.settings)
        drawn = hidden(self.train, indices, self.job, (self.settings.seed, epoch))
        if self.general is None:
            return drawn
        return drawn.joined(self.general.take(beside(len(self.general), step, self.settings)))

    @property
    def smoothing(self) -> float:
        """The share of certainty left to wrong answers, where one of several answers is taught: not where the
        likelihoods of whole texts are compared."""
        plain = self.objective.head in ("labels", "tags") or self.objective.counts == "tokens"
        return self.settings.smoothing if plain else 0.0

    def looks_back(self, step: int) -> bool:
        """Whether a step (counted from 0) holds on to what the model said before training."""
        if not self.settings.kl:
            return False
        chance = np.random.default_rng([self.settings.seed, step, LOOKING_BACK])
        return bool(chance.random() < self.settings.kl_share)

    @property
    def training(self) -> Training:
        memories = {
            METHOD: Memory(partial(self.method.memory, self.model), partial(self.method.recall, self.model)),
            AVERAGE: Memory(self.average.tell, self.average.recall),
            SCALE: Memory(self.scaler.tell, self.scaler.recall),
        }
        return Training(self.weights, self.optimizer, self.progress, memories)

    def facts(self) -> dict[str, Any]:
        """What a person may want to know of how it is done here."""
        return {
            "precision": self.precision.name,
            "threads": self.progress.threads,
            "packing": self.packing,
            "trainable": count(self.weights),
            "train_examples": len(self.train),
            "checked_examples": len(self.validation),
            "check_every": self.check_every,
            "tokens_at_once": self.progress.portion_tokens,
            "saves_activations": self.progress.saves_activations,
            "processes": self.group.size,
            "sharded": self.shards is not None,
            "prefix_cache_bytes": self.prefix.bytes if self.prefix else 0,
        }


def put_together(job: Job, threads: int = 0, tell: Callable[[str, int, int], None] = lambda *_: None) -> Parts:
    """Examples first, so that a data problem shows before a large model is loaded; then the model, what is attached
    to it, and last the optimizer, which needs the weights in their final place."""
    config = job.config
    settings = config.train
    device = find_device(settings.device)
    refuse_unmet(settings, device)
    if settings.kl and job.objective.head != "language":
        raise no_words()
    if settings.replay and not can_replay(job.objective, job.model.architecture):
        raise no_replay()
    group = join(device.kind)
    threads = set_threads(threads or settings.threads or (device.cores // here(group.size) if group.size > 1 else 0))
    precision = choose_precision(settings.precision, device, job.model.hidden)
    train, validation, asked = _examples(job, tell)

    if group.leads:
        take_along(job)
    tell("Loading the model", 0, 0)
    method = methods()[config.method.id]
    chosen = method.settings(config.method.settings)
    spreads = must_spread(job, group, device, precision)
    # A model that is spread may be too large for any one device.
    place = find_device("cpu") if spreads else device
    model = attached(job, method, precision, place, settings)
    fuse(model)
    sharers = group.size if spreads else 1
    saves = must_save_activations(job.model, model, settings, device, int(train.costs.max()), sharers)
    fits, portion = group.least(not saves, tokens_at_once(job.model, device, saves))
    shards = Shards(model, group, device.kind) if spreads else None
    run = shards.run if shards else at_once
    weights = trainable(model)
    packing = settings.packing and run(partial(can_pack, job, model, precision))
    if packing:
        run(partial(keep_apart, plain_model(model), precision))
    validation = _checked(validation, check_interval(total_steps(len(train), settings), settings), settings)
    copy = copy_of_before(job, model, precision, place, looks_back=settings.kl > 0, as_begun=True)
    if copy is not None and shards:
        copy = shards.spread_frozen(copy)
    scorer = run(partial(choose_scorer, model, job.model.architecture, precision, copy))
    prefix = None if shards else _prefix(job, model, (train, validation), group)
    general = general_texts(job.speaker) if settings.replay else None
    references = None if shards else _references(job, (train, validation), group)
    if prefix is not None or references is not None or settings.noise:
        train, validation = _numbered(train, 0), _numbered(validation, len(train))
        general = general and _numbered(general, len(train) + len(validation))
    return Parts(
        job=job,
        device=device,
        precision=precision,
        train=train,
        validation=validation,
        questions=questions_of(job.voice(model, precision), settings.samples, asked),
        method=method,
        objective=job.objective,
        model=model,
        scorer=replace(scorer, prefix=prefix, references=references),
        weights=weights,
        optimizer=choose_optimizer(model, weights, settings, dict(method.rates(model, chosen))),
        packing=packing,
        progress=Progress(
            portion_tokens=portion,
            portion_examples=settings.micro_batch,
            saves_activations=not fits,
            threads=threads,
            seed=settings.seed,
        ),
        general=general,
        anchor=Anchor(model, weights, settings.anchor),
        average=Average(weights, settings.average),
        scaler=Scaler(precision),
        group=group,
        prefix=prefix,
        references=references,
        shares=packing and run(partial(_can_share, job, model, train, precision)),
        shards=shards,
    )


def _prefix(job: Job, model: Any, examples: tuple[Examples, Examples], group: Group) -> Prefix | None:
    """What frozen layers make of the texts, kept on disk, where each is read more than once and nothing but the text
    decides about it."""
    settings = job.config.train
    once = total_steps(len(examples[0]), settings) <= steps_per_epoch(len(examples[0]), settings)
    words = job.objective.head == "language" and job.model.architecture == "decoder"
    if (
        once
        or not words
        or not settings.prefix_cache
        or settings.noise
        or settings.kl
        or settings.replay
        or job.objective.compares(job.choices)
    ):
        return None
    return choose_prefix(model, examples, job.folder / "cache" / f"prefix-{group.rank}", settings.prefix_cache)


def _references(job: Job, examples: tuple[Examples, Examples], group: Group) -> References | None:
    """What the model says of the texts before training, kept on disk, where the objective compares with it."""
    if not job.objective.compares(job.choices):
        return None
    return keep_references(job.folder / "cache" / f"before-{group.rank}", examples)


def _numbered(examples: Examples, first: int) -> Examples:
    return replace(examples, numbers=np.arange(first, first + len(examples)))


def attached(job: Job, method: Method[Settings], precision: Precision, device: Device, settings: TrainSettings) -> Any:
    """The base model with what trains: trained weights in float32, frozen ones in the format of the device."""
    chosen = method.settings(job.config.method.settings)
    options = {"dtype": precision.frozen, **method.load_options(chosen)}
    base = load_base(job.model, device=device, wanted=job.wanted, **options)
    if settings.dropout >= 0.0:
        set_dropout(base, settings.dropout)
    torch.manual_seed(settings.seed)
    model = begun(job, method, base, chosen)
    for weight in model.parameters():
        if weight.is_floating_point() and not getattr(weight, "exact", False):
            weight.data = weight.data.to(torch.float32 if weight.requires_grad else precision.frozen)
    model.config.use_cache = False
    return model.to(device.kind)


def can_pack(job: Job, model: Any, precision: Precision) -> bool:
    """Whether several texts may share a row: words of a decoder, where the model keeps them apart."""
    words = job.objective.head == "language" and job.model.architecture == "decoder"
    return words and packing_is_exact(model, job.model.vocabulary, precision)


def _can_share(job: Job, model: Any, examples: Examples, precision: Precision) -> bool:
    """Whether two answers to a question may stand beside each other. Noise on words is each text's own; and who sees
    whom takes memory with the square of the length."""
    compared = examples.other is not None and job.model.architecture == "decoder"
    if not compared or int(examples.costs.max()) > LONGEST_SHARED:
        return False
    return not job.config.train.noise and sharing_is_exact(model, job.model.vocabulary, precision)


def copy_of_before(
    job: Job, model: Any, precision: Precision, device: Device, *, looks_back: bool = False, as_begun: bool = False
) -> Any:
    """The model as it was, where the objective compares with it or the training looks back at it, and it can't be had
    by switching additions off. `as_begun`: with what the run goes on from; else as its makers left it."""
    went_on = as_begun and job.begins is not None
    if not (looks_back or job.objective.compares(job.choices)) or (hasattr(model, "disable_adapter") and not went_on):
        return None
    method, options = methods()[job.config.method.id], {}
    if went_on:
        options = method.load_options(method.settings(job.config.method.settings))
    base = load_base(job.model, device=device, wanted=job.wanted, **{**options, "dtype": precision.frozen})
    return (method.load(base, beginning_of(job)) if went_on else base).requires_grad_(False)


def _examples(job: Job, tell: Callable[[str, int, int], None]) -> tuple[Examples, Examples, list[list[Message]]]:
    objective, chosen = job.objective, job.choices
    rows = {split: read_split(job.prepared, split) for split in ("train", "validation")}

    def encoded(split: str) -> Examples:
        def counted(done: int, total: int) -> None:
            tell("Reading the examples", done, total)

        return encode_rows(rows[split], objective, job.speaker, chosen, job.names, counted).teaching()

    train = encoded("train")
    if not len(train):
        raise nothing_to_learn()
    asked = [objective.prompt(row, chosen) for row in (rows["validation"] or rows["train"])[:QUESTIONS]]
    return train, for_measuring(encoded("validation"), job), asked


def questions_of(voice: Voice, own: Sequence[str], from_data: Sequence[list[Message]]) -> tuple[Question, ...]:
    """The person's own questions, or else the first ones of the validation examples; none that the model's template
    refuses."""
    asked = [[Message("user", text)] for text in own] or [messages for messages in from_data if messages]
    return tuple(question_of(voice, messages) for messages in asked if voice.can_ask(messages))


def question_of(voice: Voice, messages: Sequence[Message]) -> Question:
    """A question as it is shown: of a plain text only the beginning, with a gap where the model fills gaps."""
    *before, last = messages
    if last.role != TEXT:
        return Question(last.content, tuple(messages))
    text = beginning(last.content) if voice.writes else with_gap(last.content)
    return Question(text, (*before, last if voice.writes else Message(TEXT, text)))


def _checked(validation: Examples, every: int, settings: TrainSettings) -> Examples:
    """The examples measured at each check: so many that checks take about as long as the steps between them at
    most; always the same ones."""
    most = max(LEAST_CHECKED, min(MOST_CHECKED, every * settings.batch_size))
    return validation.take(range(min(most, len(validation))))
