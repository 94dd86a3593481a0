"""What a worker says (events, past tense) and what it is told (commands, imperative).

Both are lines of JSON in append-only files. An event carries its number `n` in the file, so that copying events
into the database twice changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Event(BaseModel):
    """One line of events.jsonl. `n` counts from 0 within the file; `time` is seconds since 1970."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")

    n: int = -1
    time: float = 0.0


class Started(Event):
    """The worker runs. pid and its start time identify the process; a resumed run has several of these.

    A training says it twice: at once, and again when it knows its number of steps. After it, steps beyond `step`
    that an earlier worker told already are told again with the same values: of two rows for the same (step, name)
    the later one counts.
    """

    event: Literal["started"] = "started"
    pid: int
    process_started: float
    task: str
    step: int = 0
    steps: int = 0
    device: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)


class Progressed(Event):
    """How far long work is: `done` of `total` (0 when unknown), in words; `seconds_left` None until known."""

    event: Literal["progressed"] = "progressed"
    done: float
    total: float = 0.0
    words: str = ""
    seconds_left: float | None = None


class Stepped(Event):
    """One training step was taken. Metrics: loss (nats per learnt token), learning_rate, gradient_norm,
    tokens_per_second, memory_bytes, seconds_left, epoch."""

    event: Literal["stepped"] = "stepped"
    step: int
    metrics: dict[str, float | None]


class Evaluated(Event):
    """A split was measured at a step."""

    event: Literal["evaluated"] = "evaluated"
    step: int
    split: str = "validation"
    metrics: dict[str, float | None]
    best: bool = False


class Sampled(Event):
    """The model answered. `text` is the whole answer so far; `done` tells whether it is complete."""

    event: Literal["sampled"] = "sampled"
    step: int = 0
    prompt: str
    text: str
    who: str = ""
    ask: str = ""
    done: bool = True


class CheckpointSaved(Event):
    """A save point is whole and checked on the disk."""

    event: Literal["checkpoint-saved"] = "checkpoint-saved"
    step: int
    path: str
    best: bool = False


class Warned(Event):
    """Something the person should know; the work goes on."""

    event: Literal["warned"] = "warned"
    id: str
    sentence: str
    remedy: str = ""


class Paused(Event):
    """The worker waits for Resume, keeping everything in memory."""

    event: Literal["paused"] = "paused"
    step: int


class Resumed(Event):
    """The worker goes on after a pause."""

    event: Literal["resumed"] = "resumed"
    step: int


class Finished(Event):
    """The work is done; `result` is what it made. reason: completed | early-stop | stopped."""

    event: Literal["finished"] = "finished"
    reason: Literal["completed", "early-stop", "stopped"] = "completed"
    step: int = 0
    result: dict[str, Any] = Field(default_factory=dict)


class Failed(Event):
    """The work ended without its result. The three parts a person reads; `detail` is for the log and a report,
    `fix` a partial RunConfig by dotted name that does what the remedy says. `bug` tells our fault from the world's."""

    event: Literal["failed"] = "failed"
    id: str
    happened: str
    data: str
    remedy: str
    detail: str = ""
    step: int = 0
    fix: dict[str, Any] = Field(default_factory=dict)
    bug: bool = False


AnyEvent = Annotated[
    Started
    | Progressed
    | Stepped
    | Evaluated
    | Sampled
    | CheckpointSaved
    | Warned
    | Paused
    | Resumed
    | Finished
    | Failed,
    Field(discriminator="event"),
]
EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


class Command(BaseModel):
    """One line of commands.jsonl. `n` counts from 0 within the file."""

    model_config = ConfigDict(frozen=True)

    n: int = -1
    time: float = 0.0


class Stop(Command):
    """End within a step, keeping the best weights."""

    command: Literal["stop"] = "stop"


class Pause(Command):
    """Wait within a step."""

    command: Literal["pause"] = "pause"


class Resume(Command):
    """Go on after a pause."""

    command: Literal["resume"] = "resume"


class SaveCheckpoint(Command):
    """Make a save point now."""

    command: Literal["save-checkpoint"] = "save-checkpoint"


class EvaluateNow(Command):
    """Measure validation now."""

    command: Literal["evaluate-now"] = "evaluate-now"


class SampleNow(Command):
    """Answer this prompt (empty: the run's own questions) with the weights as they are. `who` picks the base or
    the tuned model in the playground; `ask` comes back in the Sampled events."""

    command: Literal["sample-now"] = "sample-now"
    prompt: str = ""
    who: str = ""
    ask: str = ""
    history: tuple[dict[str, str], ...] = ()


class Interrupt(Command):
    """Break off the answer being written; the worker stays."""

    command: Literal["interrupt"] = "interrupt"


AnyCommand = Annotated[
    Stop | Pause | Resume | SaveCheckpoint | EvaluateNow | SampleNow | Interrupt,
    Field(discriminator="command"),
]
COMMAND: TypeAdapter[AnyCommand] = TypeAdapter(AnyCommand)
