"""Over which network the processes of a run meet.

Gloo asks under which address a computer's own name stands; often that is one that only the computer itself can use.
So the network is taken over which the first process of the run is reached, unless the person has named one.
"""

from __future__ import annotations

import ipaddress
import os
import socket

import psutil

INTERFACE = "GLOO_SOCKET_IFNAME"
OUTSIDE = "192.0.2.1"
"""An address for examples in texts (RFC 5737), which nobody has: the way to it is the way to other computers."""


def choose_interface(*, on_one_computer: bool) -> None:
    """Name the network for Gloo in this process's environment."""
    if INTERFACE in os.environ or os.name != "posix":
        return
    head = os.environ.get("MASTER_ADDR", "127.0.0.1")
    address = own_address(head)
    if not on_one_computer and (not address or ipaddress.ip_address(address).is_loopback):
        # The name of the first computer often stands for itself, on that computer.
        address = own_address(OUTSIDE)
    if name := interface_of(address):
        os.environ[INTERFACE] = name


def own_address(other: str) -> str:
    """The address of this computer on the way to another; empty where there is no way. Nothing is sent."""
    try:
        kind, _, _, _, place = socket.getaddrinfo(other, 9, type=socket.SOCK_DGRAM)[0]
        with socket.socket(kind, socket.SOCK_DGRAM) as probe:
            probe.connect(place)
            return str(probe.getsockname()[0]).partition("%")[0]
    except OSError:
        return ""


def interface_of(address: str) -> str:
    """The network that has an address; empty where none has."""
    for name, addresses in psutil.net_if_addrs().items():
        if any(each.address.partition("%")[0] == address for each in addresses):
            return name
    return ""
