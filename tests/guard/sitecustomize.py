"""What every Python of a test session starts with, the children too: no network, and no engine where none is wanted.

Python imports a module of this name by itself when its folder is on the path; `tests/conftest.py` puts it there.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution
from typing import Any

ENGINE = ("torch", "transformers", "peft", "accelerate", "bitsandbytes", "safetensors")
LOCAL_NAMES = ("", "localhost", socket.gethostname())


class NetworkUsed(OSError):
    """A test tried to reach another computer."""


def is_this_computer(host: str) -> bool:
    """Whether a name or an address stays on this computer."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOCAL_NAMES


def forbid_network() -> None:
    """Let sockets reach this computer alone."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(host: object) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and not is_this_computer(name):
            raise NetworkUsed(f"Tests may not use the network, and this one tried to reach {name!r}")

    def guarded(original: Any) -> Any:
        def reach(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                check(address[0])
            return original(self, address)

        return reach

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        check(host)
        return look_up(host, *rest, **named)

    socket.socket.connect = guarded(connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = guarded(connect_ex)  # type: ignore[method-assign]
    socket.getaddrinfo = getaddrinfo


def hide_engine() -> None:
    """Make the engine's packages look as if they were not installed: not to be imported, found or listed."""
    find_spec, find_distributions = PathFinder.find_spec, PathFinder.find_distributions

    def spec(cls: type[PathFinder], name: str, *rest: Any) -> ModuleSpec | None:
        return None if name.partition(".")[0] in ENGINE else find_spec(name, *rest)

    def distributions(cls: type[PathFinder], *context: Any) -> Iterator[Distribution]:
        return (found for found in find_distributions(*context) if found.name not in ENGINE)

    PathFinder.find_spec = classmethod(spec)  # type: ignore[assignment]
    PathFinder.find_distributions = classmethod(distributions)  # type: ignore[assignment]


forbid_network()
if os.environ.get("STUDIO_TEST_NO_ENGINE"):
    hide_engine()
