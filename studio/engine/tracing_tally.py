"""Counting, while a step runs, how many bytes are alive and how much is computed.

Hollow tensors (torch's FakeTensor: a shape without numbers) and real ones are counted alike, so that a step that was
only traced can be held against one that ran. What hollow tensors can't tell, because it is in their numbers, is
answered here: any yes-or-no is yes, any number is 1. Whole numbers and masks stay real, for shapes follow from them.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry, sdpa_backward_flop, sdpa_flop

from studio.engine.tracing_heap import Block, Heap

aten = torch.ops.aten
Place = tuple[str | int, ...]
"""Where in a step: "forward" or "backward" and a layer, or another name."""
_PICKING = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default}
_ANSWERED_YES = {aten.allclose.default, aten.equal.default}
REMEMBERED_OF_PRODUCT = 16_384
"""Bytes, at the least, that are kept of how a product of matrices of one shape is computed."""
_FORMULAS: dict[Any, Callable[..., int]] = {
    aten._scaled_dot_product_flash_attention_for_cpu: sdpa_flop,
    aten._scaled_dot_product_flash_attention_for_cpu_backward: sdpa_backward_flop,
}


class Peak(NamedTuple):
    """The most bytes that were alive at once, and how many of them were gradients of weights."""

    bytes: int = 0
    gradients: int = 0


class Work(NamedTuple):
    """What was computed: operations on numbers in products of matrices, and bytes that everything else reads and
    writes."""

    flops: int = 0
    moved: int = 0


class Tally(TorchDispatchMode):
    """While entered, follows every tensor from its first use to its end. `peaks` has the most bytes alive in each place
    of the step, in their order. `hollow` is the mode that the step's hollow tensors belong to; `heap` is asked for the
    memory of each, where it is wanted."""

    def __init__(self, hollow: FakeTensorMode | None = None, heap: Heap | None = None) -> None:
        super().__init__()
        self.live, self.gradients = 0, 0
        self.work: dict[Place, Work] = {}
        self.peaks: dict[Place, Peak] = {}
        self._hollow = hollow
        self._heap = heap
        self._blocks: dict[int, Block] = {}
        self._alive: dict[int, tuple[Any, int]] = {}
        self._gradients: set[int] = set()
        self._products: set[Any] = set()
        self._place: Place = ()
        self.begin_anew()

    # ------------------------------------------------------------------------------------------- where and what

    def begin_anew(self) -> None:
        """Forget what was counted; what is alive stays known."""
        self.peaks.clear()
        self.work.clear()
        self.enter_place(("beginning",))

    def enter_place(self, place: Place) -> None:
        """What follows happens here. A place that was left and is entered again counts as another one."""
        times = 0
        while (*place, times) in self.peaks:
            times += 1
        self._place = (*place, times)
        self.peaks[self._place] = Peak(self.live, self.gradients)
        self.work[self._place] = Work()

    def know(self, tensors: Iterable[torch.Tensor | None]) -> int:
        """Take in tensors that were there before; how many bytes that are."""
        before, heap, self._heap = self.live, self._heap, None
        for tensor in tensors:
            if tensor is not None:
                self._see(tensor)
        self._heap = heap
        return self.live - before

    def is_gradient(self, weight: torch.Tensor) -> None:
        """Note that what a weight has gathered by now is a gradient."""
        if weight.grad is None:
            return
        key = weight.grad.untyped_storage()._cdata
        if key in self._alive and key not in self._gradients:
            self._gradients.add(key)
            self.gradients += self._alive[key][1]

    @property
    def peak(self) -> Peak:
        """The most of all places."""
        return max(self.peaks.values())

    # --------------------------------------------------------------------------------------------- one operation

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        if self._hollow is not None:
            if func is aten._local_scalar_dense.default and isinstance(args[0], FakeTensor):
                return _answer(args[0].dtype)
            if func in _ANSWERED_YES and any(isinstance(one, FakeTensor) for one in args):
                return True
            if func in _PICKING:
                args = (args[0], list(_places(args[1])), *args[2:])
            found = self._made(func, args, named)
        else:
            found = func(*args, **named)
        self._count(func, args, named, found)
        return found

    def _made(self, func: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """The operation's result: real where all it works on is real, but for new tensors of broken numbers."""
        assert self._hollow is not None
        if any(True for _ in _tensors(args, named)):
            return func(*args, **named)
        with self._hollow:
            shape_only = func(*args, **named)
        hollow = isinstance(shape_only, FakeTensor) and shape_only.is_floating_point() and shape_only.numel() > 1
        return shape_only if hollow else func(*args, **named)

    def _count(self, func: Any, args: tuple[Any, ...], named: dict[str, Any], found: Any) -> None:
        made = list(_tensors((found,), {}))
        given = list(_tensors(args, named))
        for tensor in given:
            self._see(tensor)
        scratch = scratch_bytes(func, args)
        if scratch:
            self._note(scratch)
            if self._heap is not None:
                self._heap.give_back(self._heap.take(scratch))
        for tensor in made:
            self._see(tensor)
        formula = _FORMULAS.get(func._overloadpacket) or flop_registry.get(func._overloadpacket)
        done = self.work[self._place]
        if formula is not None:
            self._keep_product(func, given)
            self.work[self._place] = done._replace(flops=done.flops + formula(*args, **named, out_val=found))
        elif not func.is_view:
            moved = sum(tensor.numel() * tensor.element_size() for tensor in (*given, *made))
            self.work[self._place] = done._replace(moved=done.moved + moved)

    def _keep_product(self, func: Any, given: Sequence[torch.Tensor]) -> None:
        """What the library behind products of matrices remembers of each new kind of them, wherever there is room."""
        kind = func, *((tuple(tensor.shape), tensor.stride(), tensor.dtype) for tensor in given)
        if self._heap is not None and kind not in self._products:
            self._products.add(kind)
            self._heap.take(REMEMBERED_OF_PRODUCT)

    # ------------------------------------------------------------------------------------------------- a tensor

    def _see(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self._alive or not size:
            return
        self._alive[key] = weakref.ref(storage, partial(self._gone, key)), size
        self.live += size
        self._note(0)
        if self._heap is not None:
            self._blocks[key] = self._heap.take(size)

    def _note(self, beside: int) -> None:
        if self.live + beside > self.peaks[self._place].bytes:
            self.peaks[self._place] = Peak(self.live + beside, self.gradients)

    def _gone(self, key: int, _: object) -> None:
        _, size = self._alive.pop(key)
        self.live -= size
        if self._heap is not None and key in self._blocks:
            self._heap.give_back(self._blocks.pop(key))
        if key in self._gradients:
            self._gradients.remove(key)
            self.gradients -= size


def scratch_bytes(func: Any, args: tuple[Any, ...]) -> int:
    """What an operation takes for itself while it runs, out of sight."""
    if func is aten.logsumexp.default:
        # exp(x - max) for all x at once
        return args[0].numel() * args[0].element_size()
    if func.namespace == "bitsandbytes" and func._opname == "gemm_4bit" and args[0].device.type == "cpu":
        # the table in full, and the factors of its blocks
        numbers = math.prod(args[2])
        return numbers * args[0].element_size() + 2 * 4 * -(-numbers // args[4])
    return 0


def _gemm_4bit(given: Any, *args: Any, out_val: Any = None, **named: Any) -> int:
    return 2 * given.numel() * args[1][0]


def know_bitsandbytes() -> None:
    """Count products with tables of four bits; to be said once bitsandbytes is loaded."""
    _FORMULAS[torch.ops.bitsandbytes.gemm_4bit] = _gemm_4bit


def _answer(kind: torch.dtype) -> bool | int | float:
    if kind == torch.bool:
        return True
    return 1.0 if kind.is_floating_point else 1


def _places(indices: Sequence[torch.Tensor | None]) -> Iterator[torch.Tensor | None]:
    """Indices by number where they were by mask, for how many a mask picks is in its numbers."""
    for index in indices:
        if index is not None and index.dtype == torch.bool and not isinstance(index, FakeTensor):
            yield from index.nonzero(as_tuple=True)
        else:
            yield index


def _tensors(args: Sequence[Any], named: Mapping[str, Any]) -> Iterator[torch.Tensor]:
    for value in (*args, *named.values()):
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from (inner for inner in value if isinstance(inner, torch.Tensor))
