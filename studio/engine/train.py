"""The loop. One run, from its first (or next) step to its final weights."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, Literal

import torch

from studio.core.events import (
    AnyCommand,
    CheckpointSaved,
    Evaluated,
    EvaluateNow,
    Sampled,
    SampleNow,
    SaveCheckpoint,
    Stepped,
    Warned,
)
from studio.core.schedule import learning_rate_at, steps_per_epoch
from studio.engine.beginning import let_go
from studio.engine.blame import blame
from studio.engine.checkpoints import Checkpoints
from studio.engine.control import Control, StopAsked
from studio.engine.devices import memory_used
from studio.engine.failures import EXPLODED, diverged
from studio.engine.final import put_together_again, write_final
from studio.engine.gradients import Taken, gradients
from studio.engine.group import leave, together
from studio.engine.live import Live, Shared
from studio.engine.measure import measure, perplexity, scores
from studio.engine.memory import is_out_of_memory, save_activations
from studio.engine.optimizers import set_learning_rate
from studio.engine.parts import Parts, Question
from studio.engine.shortage import make_room

ANSWER_TOKENS = 64


def train(parts: Parts, live: Live) -> dict[str, Any]:
    """Train to the end, or until told to stop, or until validation no longer improves; then keep the best weights.

    `parts.progress` says where to begin. Returns what the run made; see `write_final`. Raises StudioError when the
    loss is no longer a number or one example does not fit the memory.
    """
    run = Run(parts, live)
    with together() if parts.group.size > 1 else nullcontext():
        try:
            reason = run.to_the_end()
        except StopAsked:
            reason = "stopped"
            run.save()
        parts = put_together_again(parts)
    leave()
    if not parts.group.leads:
        return {}
    run.warn_of_no_gain()
    result = write_final(parts, run.checkpoints, reason)
    for kept in (parts.prefix, parts.references):
        if kept and reason != "stopped":
            kept.remove()
    if reason != "stopped":
        let_go(parts.job)
    return result


class Run:
    """A run under way: the parts, the voice, the save points, and the person's wishes."""

    def __init__(self, parts: Parts, live: Live) -> None:
        self.parts = parts
        self.live = live if parts.group.size == 1 else Shared(live, parts.group.told)
        self.checkpoints = Checkpoints(parts.job.folder / "checkpoints")
        self.control = Control(self.live, self.save)
        self.control.step = parts.progress.step
        self.saved = self._state()
        self.began, self.first_step = time.perf_counter(), parts.progress.step
        self.largest = 1
        if parts.progress.saves_activations:
            save_activations(parts.model)

    def to_the_end(self) -> Literal["completed", "early-stop"]:
        """Step, check and save until there is no step left or no hope. Every pass begins with what may be due at
        this step, so that a resumed run does what the interrupted one did not get to."""
        while True:
            self.listen_together()
            self.check_when_due()
            self.save_when_due()
            if self.parts.progress.step >= self.parts.steps:
                return "completed"
            if self.has_stopped_improving():
                return "early-stop"
            self.step()
            self.answer_wishes()

    def listen_together(self) -> None:
        """Several processes hear the person between steps only, all at once, and all do what is asked for. Raises
        StopAsked in each."""
        if self.parts.group.size > 1:
            self.control.listen()

    def listen(self) -> None:
        """Hear what is asked for in the middle of a step, unless others would wait for this process meanwhile."""
        if self.parts.group.size == 1:
            self.control.listen()

    # ------------------------------------------------------------------------------------------- one step

    def step(self) -> None:
        """Learn from one batch: gradients of its portions, clip, move the weights, tell."""
        parts, progress = self.parts, self.parts.progress
        began = time.perf_counter()
        number = progress.step + 1
        learning_rate = learning_rate_at(number, parts.steps, parts.settings)
        set_learning_rate(parts.optimizer, learning_rate)
        taken = self._gradients()
        parts.scaler.unscale(parts.optimizer)
        norm = self._clip(parts.settings.clip or math.inf)
        overflowed = parts.scaler.overflowed()
        if not self._makes_sense(taken.loss) or not (overflowed or math.isfinite(norm)):
            raise diverged(number, self.saved[0], parts.settings.learning_rate, blame(parts, progress.step))
        if not overflowed:
            self._move(number)
        seconds = time.perf_counter() - began
        progress.took(taken.loss, taken.tokens, seconds)
        self.control.step = progress.step
        self.live.say(Stepped(step=number, metrics=self._metrics(taken, learning_rate, norm, seconds)))

    def _clip(self, most: float) -> float:
        weights = list(self.parts.weights.values())
        if self.parts.shards:
            return self.parts.shards.clip(weights, most)
        return float(torch.nn.utils.clip_grad_norm_(weights, most))

    def _makes_sense(self, loss: float) -> bool:
        return math.isfinite(loss) and not (self.parts.gives_words and loss > EXPLODED)

    def _move(self, number: int) -> None:
        """Move the weights, and let follow what follows them."""
        parts = self.parts
        parts.anchor.pull(parts.optimizer)
        parts.optimizer.step()
        parts.method.after_step(parts.model, number, parts.steps)
        parts.average.follow(number)

    def _gradients(self) -> Taken:
        """Sum the gradient of the step's mean loss, in smaller portions when they do not fit."""
        while True:
            try:
                return gradients(self.parts, self._begin_portion)
            except Exception as error:  # out of memory comes as several kinds; all others go on up
                # Where a model is spread, others are in the midst of the same pass and can't begin anew.
                if self.parts.shards or not is_out_of_memory(error):
                    raise
            make_room(self.parts, self.largest, self.live)

    def _begin_portion(self, examples: int) -> None:
        self.listen()
        self.largest = examples

    def _metrics(self, taken: Taken, learning_rate: float, norm: float, seconds: float) -> dict[str, float | None]:
        parts, progress = self.parts, self.parts.progress
        pace = (time.perf_counter() - self.began) / (progress.step - self.first_step)
        return {
            "loss": taken.loss,
            "perplexity": perplexity(taken.loss) if parts.gives_words else None,
            "learning_rate": learning_rate,
            "gradient_norm": norm,
            "tokens_per_second": taken.tokens / seconds,
            "memory_bytes": float(memory_used(parts.device)),
            "seconds_left": pace * (parts.steps - progress.step),
            "epoch": progress.step / steps_per_epoch(len(parts.train), parts.settings),
            **({} if taken.distance is None else {"kl": taken.distance}),
        }

    # --------------------------------------------------------------------------------------- checks and saves

    def check_when_due(self) -> None:
        """At its interval, at the beginning and at the end: measure, note whether it is the best, ask."""
        progress = self.parts.progress
        if progress.checked_step == progress.step or not self._due(self.parts.check_every):
            return
        found = self.measure()
        best = found is not None and progress.note(found["loss"] or 0.0)
        # Noted and done in one breath: a save point made while the model answers must not be checked again.
        progress.checked_step = progress.step
        if found is not None:
            self.tell_validation(found, best)
        for question in self.parts.questions:
            self.ask(question)

    def _due(self, every: int) -> bool:
        step = self.parts.progress.step
        return step % every == 0 or step >= self.parts.steps

    def measure(self) -> dict[str, float | None] | None:
        """The objective's scores on the validation examples, each process measuring its share; None when there are
        none. Changes nothing."""
        parts = self.parts
        if not len(parts.validation):
            return None
        how = parts.measuring._replace(group=parts.group)
        with parts.average.shown():
            found = scores(parts.objective, measure(parts.model, parts.validation, how, self.listen))
        if found["loss"] is None:
            raise diverged(parts.progress.step, self.saved[0], parts.settings.learning_rate)
        return found

    def tell_validation(self, found: dict[str, float | None], best: bool) -> None:
        """Say how validation went at this step."""
        self.live.say(Evaluated(step=self.parts.progress.step, metrics=found, best=best))

    def has_stopped_improving(self) -> bool:
        """Whether validation brought nothing for as many checks as the person has patience."""
        patience = self.parts.settings.patience
        return 0 < patience <= self.parts.progress.gainless

    def warn_of_no_gain(self) -> None:
        """Say so when no check was better than the model the run started from."""
        progress = self.parts.progress
        if progress.best_loss is None or progress.base_loss is None or progress.best_loss < progress.base_loss:
            return
        self.live.say(
            Warned(
                id="no-gain",
                sentence="On the validation examples the tuned model is no better than the one you started from.",
                remedy="Look at the examples in the Data step, or choose a smaller step size.",
            )
        )

    def save_when_due(self) -> None:
        """Save at the interval, at the end, and whenever these weights are the best so far."""
        progress = self.parts.progress
        if self._due(self.parts.settings.save_every or self.parts.check_every) or progress.best_step == progress.step:
            self.save()

    def save(self) -> None:
        """Make a save point of the state after the last whole step, unless there is one. The leader writes it."""
        progress, leads = self.parts.progress, self.parts.group.leads
        if progress.step == 0 or self.saved == self._state():
            return
        with self.parts.average.set_aside():
            self.checkpoints.save(self.parts.training, self.live.sync, writes=leads)
        self.saved = self._state()
        if leads:
            self.checkpoints.thin_out(self.parts.settings.keep, progress.best_step)
        self.tell_saved()

    def tell_saved(self) -> None:
        """Say that the present state is saved."""
        progress = self.parts.progress
        place = self.checkpoints.path(progress.step).relative_to(self.parts.job.folder).as_posix()
        self.live.say(CheckpointSaved(step=progress.step, path=place, best=progress.best_step == progress.step))

    def _state(self) -> tuple[int, int]:
        return self.parts.progress.step, self.parts.progress.checked_step

    # ------------------------------------------------------------------------------------------------ wishes

    def answer_wishes(self) -> None:
        """Do what was asked for during the step."""
        self.listen()
        for wish in self.control.take_wanted():
            self._answer_wish(wish)

    def _answer_wish(self, wish: AnyCommand) -> None:
        if isinstance(wish, EvaluateNow):
            self._evaluate_now()
        elif isinstance(wish, SaveCheckpoint) and self.saved == self._state():
            self.tell_saved()
        elif isinstance(wish, SaveCheckpoint):
            self.save()
        elif isinstance(wish, SampleNow) and wish.prompt:
            self.ask(self.parts.question(wish.prompt), wish.ask)
        elif isinstance(wish, SampleNow):
            for question in self.parts.questions:
                self.ask(question, wish.ask)

    def _evaluate_now(self) -> None:
        """Measure outside the plan: told, but without a say in what is best, so that the run stays the same."""
        found = self.measure()
        if found is not None:
            self.tell_validation(found, best=False)

    def ask(self, question: Question, ask: str = "") -> None:
        """Let the model answer with the weights as they are. Where each process holds all of it, one is enough."""
        voice, shards = self.parts.voice, self.parts.shards
        if not self.parts.group.leads and not shards:
            return
        if not voice.can_ask(question.messages):
            self.live.say(Warned(id="question-refused", sentence="The model's chat template refuses this question."))
            return
        with self.parts.average.shown():
            answers = self._heard(voice.answer(question.messages, most=ANSWER_TOKENS))
            text = shards.answer(answers) if shards else deque(answers, maxlen=1).pop()
        self.live.say(Sampled(step=self.parts.progress.step, prompt=question.text, text=text, who="tuned", ask=ask))

    def _heard(self, answers: Iterator[str]) -> Iterator[str]:
        """An answer as it grows, with an ear for the person."""
        for longer in answers:
            self.listen()
            yield longer
