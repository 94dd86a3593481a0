"""The family, one row each: what it is called, what peft calls it, what it needs, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studio.api import ModelInfo, Settings, anatomy

from . import choices, sizes

EVERYWHERE = frozenset({"decoder", "encoder", "encoder-decoder"})


@dataclass(frozen=True)
class Row:
    """One method. `config` names its class in peft, `fields` gives what is put into it besides targets; `counts` says
    how many weights train; `rate` is a step size that works at a billion weights. `transposed` tells whether it knows
    models of GPT-2's kind, `heads` whether it can train an objective's own head beside; `limit` names a setting and how
    large it may be for a product."""

    id: str
    title: str
    term: str
    summary: str
    explanation: str
    source: str
    config: str
    settings: type[Settings]
    fields: Callable[[Any], dict[str, Any]]
    counts: Callable[[ModelInfo, Any], int]
    rate: float
    order: int
    targets: str = "linear"
    architectures: frozenset[str] = EVERYWHERE
    transposed: bool = True
    heads: bool = True
    merges: bool = True
    limit: tuple[str, Callable[[anatomy.Linear], int]] | None = None


TABLE = (
    Row(
        id="adalora",
        title="Shrinking additions",
        term="AdaLoRA",
        summary="Small additions that begin large and shrink where they help least.",
        explanation=(
            "Like small additions, but not all parts of a model need the same room to learn. Each addition begins "
            "larger than it will end. While it trains, the directions that help least are taken away, so that the "
            "room ends up where it is needed. A little slower than small additions of one size."
        ),
        source="Zhang et al., 2023, arXiv:2303.10512",
        config="AdaLoraConfig",
        settings=choices.Shrinking,
        fields=lambda s: (
            {"init_r": s.rank, "target_r": min(s.target_rank, s.rank), "lora_alpha": s.alpha}
            | {"total_step": 1_000_000, "orth_reg_weight": 0.0}
        ),
        counts=sizes.per_linear(lambda line, s: s.rank * (line.inputs + line.outputs + 1)),
        rate=2e-3,
        order=110,
    ),
    Row(
        id="vera",
        title="Tiny additions",
        term="VeRA",
        summary="All layers share directions drawn by chance; only how strongly each is used is learnt.",
        explanation=(
            "Small additions, made much smaller: the directions are drawn by chance once, shared by all layers and "
            "never change. What is learnt is one strength for each direction and each output. The result is a very "
            "small file; good when many versions of a model must be kept."
        ),
        source="Kopiczko et al., 2024, arXiv:2310.11454",
        config="VeraConfig",
        settings=choices.Vectors,
        fields=lambda s: {"r": s.rank, "projection_prng_key": 1, "save_projection": True},
        counts=sizes.per_linear(lambda line, s: s.rank + line.outputs),
        rate=4e-3,
        order=120,
    ),
    Row(
        id="loha",
        title="Additions by multiplying",
        term="LoHa",
        summary="Each addition is two small ones multiplied with each other: richer changes for the same room.",
        explanation=(
            "Two pairs of thin tables make two additions, and these are multiplied number by number. The change can "
            "be richer than a plain small addition of the same size. Training takes more time."
        ),
        source="Hyeon-Woo et al., 2022, arXiv:2108.06098",
        config="LoHaConfig",
        settings=choices.Rank,
        fields=lambda s: {"r": s.rank, "alpha": s.alpha},
        counts=sizes.per_linear(lambda line, s: 2 * s.rank * (line.inputs + line.outputs)),
        rate=1e-3,
        order=130,
        transposed=False,
    ),
    Row(
        id="lokr",
        title="Additions from a pattern",
        term="LoKr",
        summary="A small pattern, repeated over the whole table with changing strength. Very small files.",
        explanation=(
            "Each change is a small block that is repeated all over the table, each time with another strength. That "
            "needs far fewer numbers than a plain small addition, and covers the whole table at once."
        ),
        source="Edalati et al., 2022, arXiv:2212.10650; Yeh et al., 2023, arXiv:2309.14859",
        config="LoKrConfig",
        settings=choices.Rank,
        fields=lambda s: {"r": s.rank, "alpha": s.alpha},
        counts=sizes.per_linear(sizes.kronecker),
        rate=1e-3,
        order=140,
        transposed=False,
    ),
    Row(
        id="oft",
        title="Rotations",
        term="OFT",
        summary="The model's tables are turned, not changed: what it knows keeps its inner order.",
        explanation=(
            "Instead of adding something to a table, its inputs are turned, block by block. Lengths and angles inside "
            "the table stay as they are, so the model keeps more of what it knows. Steady, and a little slower."
        ),
        source="Qiu et al., 2023, arXiv:2306.07280",
        config="OFTConfig",
        settings=choices.Blocks,
        fields=lambda s: {"r": 0, "oft_block_size": s.block, "use_cayley_neumann": False},
        counts=sizes.per_linear(sizes.rotation),
        rate=1e-3,
        order=150,
        transposed=False,
    ),
    Row(
        id="boft",
        title="Small rotations",
        term="BOFT",
        summary="Tables are turned in very small blocks, and each of their outputs gets a length of its own.",
        explanation=(
            "Like rotations, with very small blocks, so that fewer numbers are learnt. Each output of a table also "
            "learns how loud it is. Slow, but it forgets little."
        ),
        source="Liu et al., 2024, arXiv:2311.06243",
        config="BOFTConfig",
        settings=choices.SmallBlocks,
        fields=lambda s: {"boft_block_size": s.block, "boft_n_butterfly_factor": 1},
        counts=sizes.per_linear(sizes.butterfly),
        rate=1e-3,
        order=160,
        transposed=False,
    ),
    Row(
        id="hra",
        title="Mirrors",
        term="HRA",
        summary="A few mirrors before each table turn what goes into it; very few numbers are learnt.",
        explanation=(
            "What goes into a table is reflected in a few mirrors first, and where these mirrors stand is learnt. It "
            "lies between rotations and small additions: it keeps the inner order of the tables and is small."
        ),
        source="Yuan et al., 2024, arXiv:2405.17484",
        config="HRAConfig",
        settings=choices.Reflections,
        fields=lambda s: {"r": s.rank},
        counts=sizes.per_linear(lambda line, s: s.rank * line.inputs),
        rate=1e-3,
        order=170,
        transposed=False,
    ),
    Row(
        id="miss",
        title="Shared pieces",
        term="MiSS",
        summary="One thin piece per table is repeated over all of it. Quick and small.",
        explanation=(
            "A single thin piece is learnt for each table and laid over it again and again. It needs half the numbers "
            "of a small addition of the same size and is quick to compute."
        ),
        source="Kang and Yin, 2024, arXiv:2409.15371",
        config="MissConfig",
        settings=choices.Shards,
        fields=lambda s: {"r": s.rank},
        counts=sizes.per_linear(lambda line, s: s.rank * line.outputs),
        limit=("rank", lambda line: line.inputs),
        rate=2e-4,
        order=180,
        transposed=False,
    ),
    Row(
        id="fourierft",
        title="Waves",
        term="FourierFT",
        summary="Each change is a sum of waves over a table; only their heights are learnt.",
        explanation=(
            "As a picture can be kept as a sum of waves, so can a change of a table. Which waves is drawn by chance, "
            "and only their heights are learnt: about a tenth of the numbers of a small addition."
        ),
        source="Gao et al., 2024, arXiv:2405.03003",
        config="FourierFTConfig",
        settings=choices.Waves,
        fields=lambda s: {"n_frequency": s.count, "random_loc_seed": 1, "scaling": 100.0},
        counts=sizes.per_linear(lambda line, s: s.count),
        limit=("count", lambda line: line.inputs * line.outputs),
        rate=1e-2,
        order=190,
        transposed=False,
    ),
    Row(
        id="ia3",
        title="Louder and quieter",
        term="IA³",
        summary="Nothing is added: the model only learns what to listen to more, and what less.",
        explanation=(
            "Inside each layer some numbers are made louder and others quieter; these factors are all that is learnt. "
            "About one weight in ten thousand. Enough to learn a form or a tone from few examples."
        ),
        source="Liu et al., 2022, arXiv:2205.05638",
        config="IA3Config",
        settings=Settings,
        fields=lambda s: {},
        counts=sizes.scales,
        rate=3e-3,
        order=200,
        targets="scales",
    ),
    Row(
        id="norms",
        title="Balance only",
        term="LN tuning",
        summary="Only the norms train, which keep the numbers inside the model in balance. Very few, very quick.",
        explanation=(
            "Between the steps of a model, norms bring all numbers to a common scale. Only these are trained: a few "
            "thousand weights. It takes little memory and forgets little; enough for a change of form."
        ),
        source="Zhao et al., 2023, arXiv:2312.11420",
        config="LNTuningConfig",
        settings=Settings,
        fields=lambda s: {},
        counts=sizes.norms,
        rate=1e-3,
        order=210,
        targets="norms",
    ),
    Row(
        id="tokens",
        title="Chosen words only",
        term="trainable tokens",
        summary="Only the meaning of a few words changes, for example of special signs. All else stays.",
        explanation=(
            "A model keeps one row of numbers for each word that it knows. Here only the rows of chosen words are "
            "trained. Good for teaching a model its own special signs; too little for anything larger."
        ),
        source="peft's documentation of trainable tokens, 2025",
        config="TrainableTokensConfig",
        settings=choices.Words,
        fields=lambda s: {"token_indices": sizes.numbers(s.tokens)},
        counts=sizes.words,
        rate=3e-3,
        order=230,
        targets="embedding",
        # peft forgets the bias that BERT's choice of words has beside the shared table.
        architectures=frozenset({"decoder", "encoder-decoder"}),
        heads=False,
    ),
)
