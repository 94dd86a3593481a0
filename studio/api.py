"""The one module a plugin imports.

A plugin is a class of one of the six kinds below: Reader, Cleaner, Objective, Method, Metric, Exporter. It
describes itself (id, title, summary, explanation), declares its settings as a pydantic model, and does one thing.
The plugins that ship with the studio use this same door.
Torch is imported inside functions only, because the window describes plugins and must stay small.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    TypeVar,
)

from studio.core import anatomy, modules
from studio.core.device import Device
from studio.core.model_info import Architecture, ModelInfo
from studio.core.problem import Problem, StudioError
from studio.core.settings import SettingField, Settings, fields_of, setting

if TYPE_CHECKING:
    import numpy as np
    import torch

__all__ = [
    "Aside",
    "Batch",
    "Cleaner",
    "Column",
    "Device",
    "Dropped",
    "Encoder",
    "Example",
    "Exporter",
    "Head",
    "Joining",
    "Kept",
    "LayerState",
    "Message",
    "Method",
    "Metric",
    "ModelInfo",
    "NoSettings",
    "Objective",
    "Picture",
    "Plugin",
    "Prediction",
    "Problem",
    "ReadOptions",
    "Reader",
    "Record",
    "Role",
    "Row",
    "Scorer",
    "SettingField",
    "Settings",
    "Sniffed",
    "StudioError",
    "Text",
    "Token",
    "Trained",
    "Vocabulary",
    "anatomy",
    "fields_of",
    "modules",
    "setting",
]  # fmt: skip


class NoSettings(Settings):
    """For a plugin that has nothing to choose."""


S = TypeVar("S", bound=Settings)


class Plugin(ABC, Generic[S]):
    """What every plugin has. `summary` is one line for a card, `explanation` a paragraph for Explain."""

    id: ClassVar[str]
    title: ClassVar[str]
    term: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    explanation: ClassVar[str] = ""
    order: ClassVar[int] = 100
    Settings: ClassVar[type[Settings]] = NoSettings

    def settings(self, values: Mapping[str, Any]) -> S:
        """The plugin's settings from a RunConfig's choice; raises pydantic.ValidationError."""
        return self.Settings.model_validate(dict(values))  # type: ignore[return-value]

    @classmethod
    def form(cls) -> tuple[SettingField, ...]:
        """The rows of this plugin's form."""
        return fields_of(cls.Settings.model_json_schema())


# ---------------------------------------------------------------------------------------------- reading and cleaning

Row = Mapping[str, str]
"""One row: column name to text. Nested values are JSON text; a missing value is an empty string."""


class Record(NamedTuple):
    """One row as read. `origin` says where in the file: "line 12", "record 3", "Sheet1 row 9"."""

    origin: str
    row: dict[str, str]


class Aside(NamedTuple):
    """A part of the file that is not a row. Kept aside with its line number (counted from 1) and the reason."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class ReadOptions:
    """How to read: what was found out, changeable by the person. Empty means find out."""

    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None


@dataclass(frozen=True)
class Sniffed:
    """What a reader found out about a file from its beginning."""

    format: str
    encoding: str
    delimiter: str = ""
    header: bool = True
    columns: tuple[str, ...] = ()


class Reader(Plugin[S]):
    """Reads one family of files, streaming, in flat memory."""

    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        """Encoding, delimiter and columns from the file's beginning. Raises StudioError when it can't be read."""

    @abstractmethod
    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        """Every row, in order; what can't be read as a row comes as Aside. Rows + asides account for the file."""


class Role(NamedTuple):
    """What a column can be for an objective. `required` roles must be filled before training."""

    id: str
    title: str
    required: bool = False
    learnt: bool = False


class Column(NamedTuple):
    """A column with its guessed role ("" = kept, not used) and the reason in a sentence."""

    name: str
    role: str
    reason: str


class Kept(NamedTuple):
    """A row that stays, perhaps changed."""

    row: dict[str, str]


class Dropped(NamedTuple):
    """A row that a step leaves out, with the reason in a few words."""

    reason: str


class Cleaner(Plugin[S]):
    """A step of the recipe."""

    @abstractmethod
    def clean(self, rows: Iterable[dict[str, str]], roles: Mapping[str, str], settings: S) -> Iterator[Kept | Dropped]:
        """One answer per row, in order and streaming. `roles` maps column to role."""


# ------------------------------------------------------------------------------------------------- what is learnt


class Message(NamedTuple):
    """One turn of a conversation; role is system, user, assistant or tool. Before all turns a message of the role
    `tools` may stand: what the model may call, as a list of JSON schemas in `extra["tools"]`, its `content` the same as
    text. `extra` holds what else belongs to a turn by the names that chat templates use: `tool_calls`, `name`, …"""

    role: str
    content: str
    extra: Mapping[str, Any] = {}


class Token(NamedTuple):
    """One token for the preview: its text as written, and what becomes of it."""

    text: str
    state: Literal["learnt", "read", "cut"]


@dataclass(frozen=True)
class Example:
    """A row as tokens. `learn[i]` tells whether token i is taught (is a target of the loss). `cut` holds the tokens
    that did not fit, with their own `cut_learn`; `spans[i]` are (start, end) in `text`, the rendered row.
    `words[i]` numbers the word that token i is a piece of (-1: none).

    What is taught beside tokens: `labels` names what the whole row is (several where several may hold), `value` is a
    number to be guessed, `tags[i]` names what token i is ("" = not taught). `other` is a second text that belongs to
    this one: what it should become (encoder-decoder), or the answer that is not as good.
    """

    ids: tuple[int, ...]
    learn: tuple[bool, ...]
    text: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    cut: tuple[int, ...] = ()
    cut_learn: tuple[bool, ...] = ()
    cut_spans: tuple[tuple[int, int], ...] = ()
    words: tuple[int, ...] = ()
    labels: tuple[str, ...] | None = None
    value: float | None = None
    tags: tuple[str, ...] = ()
    other: Example | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def learnt(self) -> int:
        """How much is taught: tokens, tags, or one for a label or a value. The first token of a text is never
        predicted and so never taught."""
        if not self.ids:
            return 0
        if self.labels is not None or self.value is not None:
            return 1
        if self.tags:
            return sum(1 for tag in self.tags if tag)
        return sum(self.learn[1:]) + (self.other.learnt if self.other else 0)


class Encoder(Protocol):
    """Turns text into tokens with the model's own tokenizer and chat template. Handed in; needs no torch."""

    max_length: int

    @property
    def talks(self) -> bool:
        """Whether the model brings a chat template of its own."""
        ...

    def conversation(self, messages: Sequence[Message], learn: Literal["answers", "last", "all"]) -> Example:
        """A conversation rendered through the chat template; the chosen turns are taught, end token included."""
        ...

    def text(self, text: str) -> Example:
        """Plain text between the model's own begin and end tokens, all of it taught but these (a decoder's end token
        is taught too)."""
        ...

    def passages(self, text: str) -> list[Example]:
        """A text of any length as passages that fit the model, none of it lost. All of it is taught."""
        ...

    def reading(self, text: str) -> Example:
        """Text that is only read, between the model's own begin and end tokens."""
        ...

    def pieces(self, words: Sequence[str]) -> Example:
        """Words, written with a space between, that are only read; `words` tells whose piece each token is."""
        ...

    def transformed(self, source: str, target: str) -> Example:
        """A source that is read and, as `other`, the target that it should become, for an encoder-decoder."""
        ...


@dataclass
class Batch:
    """Examples of one micro-batch, laid out for a model, on its device.

    ids: (rows, length) token ids · positions: (rows, length), restarting at 0 in each packed example ·
    segments: (rows, length), which text a token belongs to (-1 = padding) · targets: (rows, length), what is taught
    at this place, else -100: the next token for a decoder, the hidden token for an encoder, the number of a tag.
    Texts are numbered as the examples are; where an example has a worse answer too, its text is numbered `examples`
    higher. labels: (examples, names) 1.0 where a name holds, or (examples, 1) values. `other` holds what the texts
    should become, for an encoder-decoder. `numbers` are the examples' own, by which the engine finds what it has
    computed of them before. `mask`, (rows, 1, length, length), tells which places see which, where positions alone do
    not. `smoothing` is the share of certainty that is left to all names or tokens alike, while
    learning. `units` is how many things the loss is summed over.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    segments: torch.Tensor
    targets: torch.Tensor
    units: int
    tokens: int
    examples: int
    labels: torch.Tensor | None = None
    other: Batch | None = None
    names: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    smoothing: float = 0.0
    mask: torch.Tensor | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> int:
        """How many texts there are: one for each example, two where answers are compared."""
        return int(self.segments.max()) + 1

    def per_text(self, values: torch.Tensor) -> torch.Tensor:
        """Sums of one value per taught token, shape (texts,), in the order of the examples."""
        taught = self.other or self
        owners = taught.segments[taught.targets != -100]
        return values.new_zeros(taught.texts).index_add(0, owners, values)


class Scorer(Protocol):
    """How the engine runs models: memory-saving, and the same for all kinds of them."""

    def losses(self, model: Any, batch: Batch) -> torch.Tensor:
        """Negative log-likelihood in nats of each taught token, float32, shape (taught tokens,), differentiable."""
        ...

    def outputs(self, model: Any, batch: Batch) -> torch.Tensor:
        """What a head other than the language model's gives, float32: (texts, names) for a head of labels or of a
        score, (taught tokens, names) for a head of tags. Differentiable."""
        ...

    def before(self, model: Any, batch: Batch) -> torch.Tensor:
        """`losses` of the model as it was before training, without a gradient."""
        ...

    def distance(self, model: Any, batch: Batch) -> torch.Tensor:
        """Nats by which the model misses what it said before training, over the whole vocabulary, summed over the
        taught tokens; a differentiable scalar."""
        ...


Head = Literal["language", "labels", "tags", "score"]
"""What a model gives: words, a label for the whole text, a tag for each token, or one number."""


class Text(NamedTuple):
    """One example's tokens as arrays of one length: ids, which of them may be taught, and whose word's piece each is
    (-1: none)."""

    ids: np.ndarray
    learn: np.ndarray
    words: np.ndarray


class Vocabulary(NamedTuple):
    """What hiding words needs to know of a tokenizer: how many tokens there are, and which one stands for a gap."""

    size: int
    gap: int


class Objective(Plugin[S]):
    """What is learnt: which columns it needs, how a row becomes tokens, and the loss.

    `head` is what the model must give for it. The loss is averaged over taught tokens, or over examples where `counts`
    says so. `exchanges`: before each step its texts are read with each other's endings; see `look_ahead`. `metrics` are
    the ids of the metrics by which its models are judged. `pace` is how many times a method's usual step size suits it.
    """

    architectures: ClassVar[frozenset[Architecture]]
    roles: ClassVar[tuple[Role, ...]]
    head: ClassVar[Head] = "language"
    counts: ClassVar[Literal["tokens", "examples"]] = "tokens"
    hides: ClassVar[bool] = False
    exchanges: ClassVar[bool] = False
    metrics: ClassVar[tuple[str, ...]] = ("likelihood",)
    pace: ClassVar[float] = 1.0

    @property
    def converses(self) -> bool:
        """Whether its texts are conversations, written through the model's chat template."""
        asks = any(role.id in ("prompt", "messages") for role in self.roles)
        return asks and "decoder" in self.architectures

    def check(self, roles: Mapping[str, str]) -> Iterable[Problem]:
        """What is missing in the columns' roles (column to role) before anything can be learnt."""
        for role in self.roles:
            if role.required and role.id not in roles.values():
                yield Problem(
                    id=f"role-missing-{role.id}",
                    step="data",
                    sentence=f"No column is marked as “{role.title}”.",
                    remedy="Choose it above the column in the table.",
                )

    @abstractmethod
    def encode(self, row: Row, encoder: Encoder, settings: S) -> Example:
        """A prepared row (role to text) as tokens. Deterministic."""

    def examples(self, row: Row, encoder: Encoder, settings: S) -> Sequence[Example]:
        """A prepared row as one or several examples."""
        return (self.encode(row, encoder, settings),)

    def together(self, rows: Sequence[Row], settings: S) -> Sequence[Row]:
        """All rows of a split before they are encoded, where one must know something of the others."""
        return rows

    def compares(self, settings: S) -> bool:
        """Whether the loss compares with the model as it was before training (`Scorer.before`)."""
        return False

    def names(self, row: Row, settings: S) -> Iterable[str]:
        """The labels or tags that a row holds. The engine collects them, and the head has one output for each."""
        return ()

    def hide(
        self, text: Text, chance: np.random.Generator, vocabulary: Vocabulary, settings: S
    ) -> tuple[np.ndarray, np.ndarray]:
        """For an objective that `hides`: the tokens with some of them hidden, and which these are (both shaped as
        `text.ids`). The model is to guess what stood there. `chance` follows from seed, epoch and example alone."""
        raise NotImplementedError

    def look_ahead(
        self, model: Any, batches: Iterable[Batch], scorer: Scorer, settings: S
    ) -> Mapping[str, float | torch.Tensor]:
        """For an objective that `exchanges`: what all of a step's losses need, found without a gradient and put into
        `Batch.extra` of each of its batches. `batches` hold the step's texts, each up to what is taught and from there
        with what the text before it teaches. In measuring, all measured examples are one step."""
        return {}

    @abstractmethod
    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: S) -> torch.Tensor:
        """The loss summed over the batch's units: a scalar. The engine divides by the units of the whole step."""

    def predict(self, model: Any, batch: Batch, scorer: Scorer, settings: S) -> list[Prediction]:
        """What the model does with each example, in order, for measuring. Runs without a gradient."""
        losses = scorer.losses(model, batch).double()
        sums, counts = batch.per_text(losses), batch.per_text(losses.new_ones(len(losses)))
        return [Prediction(loss, int(units)) for loss, units in zip(sums.tolist(), counts.tolist(), strict=True)]

    @abstractmethod
    def prompt(self, row: Row, settings: S) -> list[Message]:
        """What the model is asked in this row, for sample answers."""


# ---------------------------------------------------------------------------------------- how the weights change

LayerState = Literal["frozen", "trained", "lora", "quantized", "adapter"]


Joining = Literal["linear", "ties", "dare"]
"""How several runs become one: their changes added up, or first thinned out so that they get less into each other's
way (TIES: Yadav et al., 2023; DARE: Yu et al., 2024)."""


class Picture(NamedTuple):
    """How a card draws the method, from input (first) to output (last) layer."""

    layers: tuple[LayerState, ...]
    head: bool = False
    embedding: bool = False
    prompt: bool = False


class Method(Plugin[S]):
    """How the weights change. What a model is made of tell `anatomy` (from its facts) and `modules` (once loaded);
    parts that the objective put on anew (`modules.new_head`) always train and are always saved.

    `goes_on`, `stacks` and `joins` say whether `go_on`, `stack` and `join` can do anything with what it saved.
    """

    goes_on: ClassVar[bool] = False
    stacks: ClassVar[bool] = False
    joins: ClassVar[bool] = False

    def check(self, model: ModelInfo, settings: S) -> Iterable[Problem]:
        """What speaks against this method on this model; found before training."""
        return ()

    def load_options(self, settings: S) -> dict[str, Any]:
        """Extra arguments for loading the base model, e.g. quantization."""
        return {}

    @abstractmethod
    def attach(self, model: Any, settings: S) -> Any:
        """Freeze what stays and add what trains; returns the model to train."""

    def rates(self, model: Any, settings: S) -> Mapping[str, float]:
        """Weights of the attached model, by name, whose step size is so many times the usual one."""
        return {}

    def after_step(self, model: Any, step: int, steps: int) -> None:
        """Called after step `step` (from 1) of `steps`, when the weights have moved and still have their gradients."""

    def memory(self, model: Any) -> Mapping[str, torch.Tensor]:
        """What the method itself must remember from step to step, kept with each save point."""
        return {}

    def recall(self, model: Any, memory: Mapping[str, torch.Tensor]) -> None:
        """Go on with what `memory` told at a save point, on a model attached anew."""

    @abstractmethod
    def trainable(self, model: ModelInfo, settings: S) -> int:
        """How many weights train, from the facts alone; with those that the objective puts on anew."""

    def compressed(self, model: ModelInfo, settings: S) -> tuple[int, float]:
        """How many of the base model's weights are held compressed while it trains, and in how many bytes each."""
        return 0, 0.0

    @abstractmethod
    def learning_rate(self, model: ModelInfo) -> float:
        """A step size that usually works with this method on a model of this size."""

    @abstractmethod
    def picture(self, model: ModelInfo, settings: S) -> Picture:
        """What trains and what stays, for the card."""

    @abstractmethod
    def save(self, model: Any, folder: Path) -> None:
        """Write what was trained (safetensors and JSON) so that `load` gives the same model."""

    @abstractmethod
    def load(self, model: Any, folder: Path) -> Any:
        """Put what `save` wrote onto a freshly loaded base model, for use without training."""

    @abstractmethod
    def merge(self, model: Any) -> Any:
        """A plain transformers model with the change folded in."""

    def go_on(self, model: Any, folder: Path, settings: S) -> Any:
        """As `attach`, but beginning with what an earlier run saved. Raises StudioError where that can't be."""
        raise _cannot(self, "go on from an earlier run", "Start a run from the base model.")

    def stack(self, model: Any, folder: Path, settings: S) -> Any:
        """As `attach`, but above what an earlier run saved, which stays as it is; `save` then writes both as one. A
        frozen weight that bears the attribute `exact` is left in its number format. Raises StudioError where that can't
        be."""
        raise _cannot(self, "stand above what an earlier run learnt", "Start a run from the base model.")

    def recognise(self, adapter: Mapping[str, Any]) -> dict[str, Any] | None:
        """The settings that saved additions were made with, from peft's description of them (adapter_config.json); None
        where they are not of this method."""
        return None

    def join(self, model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
        """Write what several runs saved, each with its share, as one, so that `load` gives it; `model` is a base model
        that may be used up. Raises StudioError where that can't be."""
        raise _cannot(self, "be joined with others of its kind", "Share the runs one by one.")


def _cannot(method: Method[Any], what: str, remedy: str) -> StudioError:
    return StudioError(
        "method-cannot",
        f"What was trained with {method.term or method.title} can't {what}.",
        data="The runs and their files are unchanged.",
        remedy=remedy,
    )


# ------------------------------------------------------------------------------------------------ whether it helped


class Prediction(NamedTuple):
    """What a model did with one test example: `loss` summed over `units` (nats per taught token for a language
    model). For labels and tags, their names as they are and as the model gives them; else numbers by name."""

    loss: float
    units: int
    expected: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    numbers: Mapping[str, float] = {}


class Metric(Plugin[S]):
    """Named numbers that say how good predictions are. Those named in `lower_is_better` are better when small."""

    lower_is_better: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def score(self, predictions: Sequence[Prediction], settings: S) -> dict[str, float]:
        """One or several named numbers over all predictions (at least one)."""


# -------------------------------------------------------------------------------------------------- taking it away


@dataclass(frozen=True)
class Trained:
    """A finished run as an exporter sees it. `card` is the model card to put beside the weights, `template` the
    chat template the model was trained with, `untouched` loads the model it was made from,
    in float32 (None where no model can be loaded, as in the window)."""

    run: str
    base: ModelInfo
    method: str
    final: Path
    card: str
    template: str = ""
    untouched: Callable[[], Any] | None = None


class Exporter(Plugin[S]):
    """Takes the tuned model away in some form."""

    def check(self, trained: Trained, settings: S) -> Iterable[Problem]:
        """What speaks against this export."""
        return ()

    def size(self, trained: Trained, settings: S) -> int | None:
        """About how many bytes the export will take; None where that can't be said beforehand."""
        return None

    @abstractmethod
    def export(self, trained: Trained, merged: Any, folder: Path, settings: S) -> None:
        """Write the export into an empty folder. `merged` loads the merged model when called."""

    @abstractmethod
    def reload(self, trained: Trained, folder: Path) -> Any:
        """Load the export back as a plain model, for comparison with the trained one."""
