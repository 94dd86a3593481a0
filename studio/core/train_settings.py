"""What a person may choose about how training goes, whatever the method and the objective: one field per setting."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from studio.core.settings import Settings, setting


class TrainSettings(Settings):
    """How training goes, whatever the method."""

    @field_validator("checkpointing", mode="before")
    @classmethod
    def _as_it_was_once(cls, value: object) -> object:
        """Projects kept yes or no before the studio could choose."""
        return ("on" if value else "auto") if isinstance(value, bool) else value

    epochs: float = setting(
        3.0,
        "Times through the data",
        term="epochs",
        help="How often the model reads each example.",
        too_low="It stops before it has your style.",
        too_high="It learns examples by heart instead of the idea behind them.",
        minimum=0.01,
        maximum=1000,
        level="basic",
        good=(1, 5),
    )
    learning_rate: float = setting(
        2e-4,
        "Step size",
        term="learning rate",
        help="How far each step moves what the model knows.",
        too_low="It learns slowly and may stop before it has your style.",
        too_high="It forgets good habits; the curve jumps and may not come back.",
        minimum=1e-8,
        maximum=1.0,
        level="basic",
        logarithmic=True,
    )
    batch_size: int = setting(
        8,
        "Examples at a time",
        term="batch size",
        help="How many examples one step learns from. More is steadier.",
        too_low="Steps become jumpy.",
        too_high="Fewer, larger steps; small data sets then learn too little.",
        minimum=1,
        maximum=4096,
        level="basic",
        good=(4, 32),
    )
    max_length: int = setting(
        512,
        "Longest example",
        term="sequence length",
        help="What is longer is cut off at the end.",
        too_low="Long answers are cut off and the model learns to stop too early.",
        too_high="Needs more memory than your examples use.",
        minimum=8,
        maximum=131072,
        unit="tokens",
        level="basic",
    )
    steps: int = setting(
        0,
        "Steps at most",
        term="max steps",
        help="Ends the run after so many steps; 0 goes by times through the data.",
        minimum=0,
        maximum=10_000_000,
    )
    micro_batch: int = setting(
        0,
        "Examples in memory at once",
        term="micro batch size",
        help="Splits a step into portions that fit the memory; the result is the same. 0 chooses by itself.",
        too_low="Slower.",
        too_high="May not fit the memory.",
        minimum=0,
        maximum=4096,
    )
    optimizer: Literal["adamw", "adamw-8bit", "adamw-paged", "adafactor", "lion", "muon", "sgd"] = setting(
        "adamw",
        "How steps are made",
        term="optimizer",
        help="What a step makes of what the batch teaches. AdamW suits nearly always; others need less memory, and "
        "often another step size.",
        choices=(
            ("adamw", "AdamW"),
            ("adamw-8bit", "AdamW with a smaller memory, on a graphics card"),
            ("adamw-paged", "AdamW whose memory makes room, on a graphics card"),
            ("adafactor", "Adafactor, with hardly any memory of its own"),
            ("lion", "Lion, with half the memory; take a fifth of the step size"),
            ("muon", "Muon for the layers' tables, AdamW for the rest"),
            ("sgd", "Plain steps with momentum (SGD); take a far larger step size"),
        ),
    )
    momentum: float = setting(
        0.9,
        "How much of earlier steps goes on",
        term="momentum",
        help="For plain steps (SGD): the share of the last step's direction that the next one keeps.",
        too_low="Steps follow every whim of their batch.",
        too_high="It shoots past what it was after.",
        minimum=0.0,
        maximum=0.999,
        good=(0.8, 0.95),
    )
    layer_decay: float = setting(
        1.0,
        "Smaller steps towards the input",
        term="layer-wise learning rate decay",
        help="Each layer's step size is so many times that of the layer after it. 1 moves all alike; below 1, what the "
        "first layers know stays longer.",
        too_low="The first layers hardly learn.",
        minimum=0.1,
        maximum=1.0,
        good=(0.8, 1.0),
    )
    schedule: Literal["cosine", "linear", "constant", "wsd", "restarts"] = setting(
        "cosine",
        "Course of the step size",
        term="schedule",
        help="How the step size changes during the run.",
        choices=(
            ("cosine", "Falls in a curve"),
            ("linear", "Falls in a line"),
            ("constant", "Stays"),
            ("wsd", "Stays, and falls at the end (WSD)"),
            ("restarts", "Falls in a curve, several times"),
        ),
    )
    cooldown: float = setting(
        0.2,
        "How much of the run falls at the end",
        term="cooldown share",
        help="For a step size that stays and falls at the end: the share of the run in which it falls.",
        too_low="The last steps still shake the model.",
        too_high="Like falling from the beginning.",
        minimum=0.01,
        maximum=1.0,
        good=(0.1, 0.3),
    )
    cycles: int = setting(
        3,
        "How often it starts again",
        term="restarts",
        help="For a step size that falls several times: how often it does so in the run.",
        too_high="Hardly anything settles before it is shaken again.",
        minimum=1,
        maximum=100,
        good=(2, 5),
    )
    warmup: float = setting(
        0.05,
        "Gentle start",
        term="warm-up share",
        help="The share of the run during which the step size rises from zero.",
        too_low="The first steps may shake the model.",
        too_high="Little time is left to learn.",
        minimum=0.0,
        maximum=0.9,
        good=(0.02, 0.1),
    )
    weight_decay: float = setting(
        0.0,
        "Pull toward zero",
        term="weight decay",
        help="Keeps weights small. Rarely needed for short runs.",
        minimum=0.0,
        maximum=1.0,
    )
    average: float = setting(
        0.0,
        "Average over the steps",
        term="EMA of weights",
        help="Measures and keeps a running average of the weights instead of the last ones: how much of it stays at "
        "each step. 0 takes the weights as they are.",
        too_low="Nearly the weights of the last step.",
        too_high="It lags behind what was learnt.",
        minimum=0.0,
        maximum=0.99999,
        good=(0.9, 0.999),
    )
    clip: float = setting(
        1.0,
        "Largest jump allowed",
        term="gradient clipping",
        help="Limits how far one unusual example can pull the model. 0 switches it off.",
        minimum=0.0,
        maximum=1000.0,
    )
    replay: float = setting(
        0.0,
        "Share of general texts",
        term="replay",
        help="Reads general English texts beside your examples, so that it forgets less: their share of each step. "
        "They ship with the studio.",
        too_low="It may forget more than it needs to.",
        too_high="It learns the general texts instead of yours, and takes longer.",
        minimum=0.0,
        maximum=0.9,
        good=(0.05, 0.3),
    )
    kl: float = setting(
        0.0,
        "Hold on to what it said before",
        term="KL to the base model",
        help="Pulls the choice of each word towards what the untouched model would choose. 0 lets it go. On a part of "
        "the batches only; the untouched model must be computed for them too.",
        too_low="It may forget more than it needs to.",
        too_high="It hardly learns.",
        minimum=0.0,
        maximum=100.0,
        good=(0.05, 1.0),
    )
    kl_share: float = setting(
        0.25,
        "On how many batches",
        term="share of batches with KL",
        help="For holding on to what it said before: the share of the steps that look back.",
        too_high="Steps take longer.",
        minimum=0.01,
        maximum=1.0,
        good=(0.1, 0.5),
    )
    anchor: float = setting(
        0.0,
        "Pull towards the start",
        term="L2-SP",
        help="Pulls the model's own weights back to where they began. 0 leaves them free. For methods that train the "
        "model itself.",
        too_low="It may forget more than it needs to.",
        too_high="It hardly learns.",
        minimum=0.0,
        maximum=10.0,
        good=(0.01, 0.3),
    )
    noise: float = setting(
        0.0,
        "Noise on what is read",
        term="NEFTune",
        help="Blurs each word a little while it learns, so that it learns less by heart. 0 switches it "
        "off; 5 is usual.",
        too_high="It can't read its examples any more.",
        minimum=0.0,
        maximum=100.0,
        good=(3, 15),
    )
    smoothing: float = setting(
        0.0,
        "How sure it may become",
        term="label smoothing",
        help="Leaves a share of certainty to everything but the right answer, which helps where some examples are "
        "wrong. 0 wants full certainty.",
        too_high="It stays undecided.",
        minimum=0.0,
        maximum=0.5,
        good=(0.01, 0.1),
    )
    dropout: float = setting(
        -1.0,
        "Gaps while it learns",
        term="dropout",
        help="Leaves out a share of what goes through the model, in the places its makers provided. −1 leaves the "
        "model as it is.",
        too_high="Too little gets through to learn from.",
        minimum=-1.0,
        maximum=0.9,
    )
    precision: Literal["auto", "bf16", "fp16", "fp32"] = setting(
        "auto",
        "Number format",
        term="precision",
        help="bf16 is faster and smaller where the computer has it, fp16 on older graphics cards; fp32 is exact.",
        choices=(
            ("auto", "Choose for this computer"),
            ("bf16", "bf16"),
            ("fp16", "fp16, on a graphics card"),
            ("fp32", "fp32"),
        ),
    )
    checkpointing: Literal["auto", "on", "off"] = setting(
        "auto",
        "Save memory, take longer",
        term="activation checkpointing",
        help="Computes parts twice instead of remembering them: about a third less memory, a quarter slower.",
        choices=(("auto", "When it does not fit otherwise"), ("on", "Always"), ("off", "Never")),
    )
    packing: bool = setting(
        True,
        "Pack short examples together",
        term="packing",
        help="Fills each row of the batch with several examples that do not see each other. Faster, same result.",
    )
    prefix_cache: float = setting(
        4.0,
        "Room on disk for computed layers",
        term="frozen prefix cache",
        help="Where only the last layers train, what the others make of your texts is computed once and kept during "
        "the run. Faster from the second time through the data on, with the same result. 0 switches it off.",
        minimum=0.0,
        maximum=10_000.0,
        unit="GB",
    )
    evaluate_every: int = setting(
        0,
        "Steps between checks",
        term="evaluation interval",
        help="How often validation is measured. 0 makes about twenty checks in the run.",
        minimum=0,
        maximum=1_000_000,
    )
    patience: int = setting(
        4,
        "Checks without gain before stopping",
        term="early stopping patience",
        help="Stops when validation has not improved for so many checks, and keeps the best. 0 never stops early.",
        minimum=0,
        maximum=1000,
    )
    save_every: int = setting(
        0,
        "Steps between save points",
        term="checkpoint interval",
        help="How much work a power cut can cost. 0 saves at each check.",
        minimum=0,
        maximum=1_000_000,
    )
    keep: int = setting(
        2,
        "Save points kept",
        help="Older ones are removed; the best one always stays.",
        minimum=1,
        maximum=100,
    )
    samples: tuple[str, ...] = setting(
        (),
        "Questions asked during training",
        help="The model answers them at each check, so that you see it improve.",
    )
    seed: int = setting(
        1,
        "Seed of chance",
        term="random seed",
        help="The same number gives the same run.",
        minimum=0,
        maximum=2**31 - 1,
    )
    check_tokenizer: bool = setting(
        True,
        "Check the tokenizer first",
        term="tokenizer mismatch",
        help="Before the first step the model reads a few plain sentences. One that is sure of its words, and never of "
        "the right ones, has another model's tokenizer, and training would be in vain.",
    )
    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto",
        "Where it trains",
        term="device",
        help="The graphics card where there is one, else the processor.",
        choices=(("auto", "Choose"), ("cuda", "Graphics card"), ("cpu", "Processor")),
    )
    processes: int = setting(
        1,
        "Processes that train together",
        term="data parallel",
        help="Shares each step among so many processes, one for each graphics card. The result is the same.",
        minimum=1,
        maximum=1024,
    )
    sharding: Literal["auto", "none", "full"] = setting(
        "auto",
        "What each process holds",
        term="FSDP",
        help="Several processes can each hold the whole model, or share it: each then needs less memory, and they wait "
        "for each other more often. The result is the same.",
        choices=(("auto", "All of the model if it fits"), ("none", "All of the model"), ("full", "A part of it")),
    )
    begin: str = Field(default="", title="What the run begins with")
    """A run of this project by its id, or a folder with additions saved by the studio or by peft; empty begins with
    the model as it came. Chosen on the Method page, so no row of a form."""
    stacked: bool = Field(default=False, title="New additions above the earlier ones")
    """Whether what `begin` names stays as it is while new additions learn above it, instead of learning on itself."""
    threads: int = setting(
        0,
        "Processor threads",
        help="0 uses as many as the computer has cores. Recorded and restored, so that a resumed run is the same.",
        minimum=0,
        maximum=1024,
    )
