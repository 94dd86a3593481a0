"""A model without numbers, from its config.json alone, with what a method attaches to it; and with fewer layers.

Hollow tensors have shapes, formats and a device but no memory, so the largest model is put together in a moment on any
computer. Nothing is read of its weights, which need not even be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from studio.core import modules
from studio.core.model_info import ModelInfo
from studio.engine.models import Wanted, attention_options, head_options, model_class
from studio.engine.scorers import plain_model

ENOUGH = 2
"""Layers that are kept of each run of equal ones: the first and the last."""


class Alike(NamedTuple):
    """Layers one after the other, of one stack, that have equal weights of which the same ones train."""

    stack: str
    first: int
    count: int


def outline(info: ModelInfo, *, dtype: torch.dtype, wanted: Wanted, **options: Any) -> Any:
    """What `load_base` would load, on the meta device. `options` are a method's own (quantization)."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(
        info.path, local_files_only=True, trust_remote_code=False, **head_options(wanted)
    )
    with torch.device("meta"):
        model = model_class(info, wanted.head).from_config(config, dtype=dtype, **attention_options(info))
    if wanted.head != "language":
        model.config.pad_token_id = wanted.padding
    if "quantization_config" in options:
        _quantize(model, options["quantization_config"])
    return model.eval()


def emptied(model: Any, hollow: FakeTensorMode, device: str) -> Any:
    """The model with every tensor on the meta device made a hollow one on `device`; shared ones stay shared."""
    known: dict[int, tuple[Any, torch.Tensor]] = {}

    def turned(tensor: torch.Tensor) -> Any:
        if id(tensor) not in known:
            made = FakeTensor(hollow, tensor.detach(), torch.device(device))
            if isinstance(tensor, torch.nn.Parameter):
                made = torch.nn.Parameter(made, tensor.requires_grad)
                _turn_all(vars(tensor), turned)
                for name, value in vars(tensor).items():
                    setattr(made, name, value)
            # Kept beside its source, whose number must not be given to another meanwhile.
            known[id(tensor)] = made, tensor
        return known[id(tensor)][0]

    for part in model.modules():
        for held in (part._parameters, part._buffers, vars(part)):
            _turn_all(held, turned)
    return model


def _turn_all(held: dict[str, Any], turned: Callable[[torch.Tensor], Any]) -> None:
    for name, value in held.items():
        if isinstance(value, torch.Tensor) and value.device.type == "meta" and not isinstance(value, FakeTensor):
            held[name] = turned(value)
        elif type(value).__name__ == "QuantState":
            _turn_all(vars(value), turned)


# ------------------------------------------------------------------------------------------------ compressed tables


def _quantize(model: Any, how: Any) -> None:
    """Put the compressed kinds of products in the place of the plain ones, and give each its table in the form that
    loading leaves it in."""
    from bitsandbytes.nn.modules import Linear4bit, Linear8bitLt
    from transformers.quantizers.auto import AutoHfQuantizer

    quantizer = AutoHfQuantizer.from_config(how, pre_quantized=False)
    quantizer.preprocess_model(model=model, dtype=model.dtype, device_map=None)
    quantizer.postprocess_model(model)
    with torch.device("meta"):
        for part in model.modules():
            if isinstance(part, Linear4bit):
                _in_four_bits(part)
            elif isinstance(part, Linear8bitLt):
                _in_eight_bits(part)


def _in_four_bits(part: Any) -> None:
    """Two numbers to a byte, and a factor for each block of them; where that is wanted, factors are in eight bits, with
    a factor for each block of factors."""
    from bitsandbytes.functional import QuantState

    table = part.weight
    numbers = table.numel()
    blocks = -(-numbers // table.blocksize)
    how: dict[str, Any] = {"shape": table.shape, "code": torch.empty(16), "blocksize": table.blocksize}
    how |= {"quant_type": table.quant_type, "dtype": table.dtype}
    if table.compress_statistics:
        again = QuantState(torch.empty(-(-blocks // 256)), blocksize=256, code=torch.empty(256), dtype=torch.float32)
        state = QuantState(torch.empty(blocks, dtype=torch.uint8), **how, offset=torch.empty(()), state2=again)
    else:
        state = QuantState(torch.empty(blocks), **how)
    table.data = torch.empty((numbers + 1) // 2, 1, dtype=table.quant_storage)
    table.quant_state, table.bnb_quantized, part.quant_state = state, True, state


def _in_eight_bits(part: Any) -> None:
    rows = part.weight.shape[0]
    part.weight.data = torch.empty(part.weight.shape, dtype=torch.int8)
    part.weight.CB, part.weight.SCB = part.weight.data, torch.empty(rows)


# ------------------------------------------------------------------------------------------------------ fewer layers


def alike_in(model: Any) -> list[Alike]:
    """The layers as runs of equal ones, from input to output."""
    found: list[Alike] = []
    for stack in modules.stacks_in(model):
        shapes = [_shape_of(layer) for layer in stack.layers]
        first = 0
        for place in range(1, len(shapes) + 1):
            if place == len(shapes) or shapes[place] != shapes[first]:
                found.append(Alike(stack.name, first, place - first))
                first = place
    return found


def _shape_of(layer: Any) -> tuple[Any, ...]:
    weights = ((name, tuple(w.shape), w.dtype, w.requires_grad) for name, w in layer.named_parameters())
    return type(layer).__name__, tuple(weights)


@contextmanager
def reduced(model: Any, runs: Sequence[Alike], kept: Sequence[int]) -> Iterator[list[tuple[Any, str]]]:
    """The model with only so many layers of each run. Gives them with the part that each plays in its run: "first",
    "last" or "between"."""
    before: list[tuple[Any, str, Any, int | None]] = []
    played: list[tuple[Any, str]] = []
    for stack in dict.fromkeys(run.stack for run in runs):
        holder, name = model.get_submodule(stack.rpartition(".")[0]), stack.rpartition(".")[2]
        whole, chosen = getattr(holder, name), []
        for run, count in zip(runs, kept, strict=True):
            if run.stack == stack:
                layers = [*whole[run.first : run.first + count - 1], whole[run.first + run.count - 1]]
                played += [(layer, _role(place, count)) for place, layer in enumerate(layers)]
                chosen += layers
        counted = getattr(getattr(holder, "config", None), "num_hidden_layers", None)
        before.append((holder, name, whole, counted))
        setattr(holder, name, torch.nn.ModuleList(chosen))
        if counted == len(whole):
            holder.config.num_hidden_layers = len(chosen)
    try:
        yield played
    finally:
        for holder, name, whole, counted in before:
            setattr(holder, name, whole)
            if counted is not None:
                holder.config.num_hidden_layers = counted


def _role(place: int, count: int) -> str:
    if place == 0:
        return "first"
    return "last" if place == count - 1 else "between"


# ------------------------------------------------------------------------------------------- what it can be asked


def keeps_texts_apart(model: Any) -> bool:
    """Whether several texts may share a row, as `packing_is_exact` would find on the model itself: it takes positions,
    and has no memory that runs along the row."""
    return not getattr(plain_model(model), "_is_stateful", False)
