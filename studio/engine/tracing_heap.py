"""What the computer's own allocator leaves unused between blocks while a step runs.

A block that is given back stays with the program, and often can't serve the next one of the same size, for something
small has settled at its edge by then: glibc's heap grows to half as much again as what is alive, and even beyond. No
formula tells by how much; so the allocator itself is asked for the very blocks of a traced step, in their order and
among everything else that the program asks for meanwhile. Nothing is written into them, so they cost no memory.

This needs a heap that nobody has used for that before: `apart` runs a function in a copy of the process. Where there is
no glibc, or no card's memory is asked for, nothing is added.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

ALIGNMENT = 64
"""torch begins every block at a multiple of this."""
LARGEST_INSIDE = 32 * 1024 * 1024 - 8192
"""Larger blocks always stand outside the heap."""


class Block(NamedTuple):
    """A block as the allocator gave it; `outside` is its size where it stands outside the heap."""

    place: int
    outside: int


class Heap:
    """The process's own heap. `most` is by how much it grew, with the blocks that stand outside it."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.sbrk.restype = ctypes.c_void_p
        self._library.sbrk.argtypes = [ctypes.c_ssize_t]
        self._library.posix_memalign.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t, ctypes.c_size_t]
        self._library.free.argtypes = [ctypes.c_void_p]
        self._begin = self._library.sbrk(0)
        self._outside = 0
        self.most = 0
        # From the first large block on that is given back, blocks up to its size stand in the heap.
        self.give_back(self.take(LARGEST_INSIDE))
        # What lies free at the heap's end would be taken first, and its growth not be seen.
        self._library.malloc_trim(0)
        self._begin, self.most = self._library.sbrk(0), 0

    def take(self, size: int) -> Block:
        """A block of so many bytes, as torch would ask for it."""
        place = ctypes.c_void_p()
        if self._library.posix_memalign(ctypes.byref(place), ALIGNMENT, size) or place.value is None:
            raise MemoryError
        end = self._library.sbrk(0)
        outside = size if place.value > end else 0
        self._outside += outside
        self.most = max(self.most, end - self._begin + self._outside)
        return Block(place.value, outside)

    def give_back(self, block: Block) -> None:
        """Free a block."""
        self._outside -= block.outside
        self._library.free(block.place)


def can_be_asked() -> bool:
    """Whether this computer's allocator is one that can be asked: glibc's, in a process that can be copied."""
    return sys.platform == "linux" and platform.libc_ver()[0] == "glibc"


def apart(function: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any] | None]:
    """Begin a function in a copy of this process, which then ends. What is returned here waits for what it returns;
    None where it failed."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # A copy has one thread only. That is enough, for nothing is computed in it.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(orjson.dumps(function()))
        finally:
            os._exit(0)
    os.close(writing)

    def wait() -> dict[str, Any] | None:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        os.waitpid(child, 0)
        return orjson.loads(said) if said else None

    return wait
