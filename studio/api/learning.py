"""What is learnt: rows become examples, and what a model gives for them a loss. Objective."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol

from studio.api.measuring import Prediction
from studio.api.plugin import Plugin, S
from studio.api.reading import Role, Row
from studio.core.model_info import Architecture
from studio.core.problem import Problem

if TYPE_CHECKING:
    import numpy as np
    import torch


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
