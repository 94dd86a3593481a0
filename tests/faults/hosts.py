"""Two computers in one: each a network of its own with a name of its own, and a cable between them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

FIRST, SECOND = "10.77.0.1", "10.77.0.2"
PLACES = ["--target", "{pid}", "--user", "--net", "--uts", "--preserve-credentials"]


class Host(NamedTuple):
    """One of the two: the process that keeps its network alive, and its address."""

    keeper: subprocess.Popen[bytes]
    address: str

    def command(self, *words: str) -> list[str]:
        """A command as it is started there."""
        return ["nsenter", *(word.format(pid=self.keeper.pid) for word in PLACES), *words]

    def run(self, *words: str) -> None:
        """Do something there, and wait for it."""
        subprocess.run(self.command(*words), check=True, capture_output=True, timeout=30)

    def start(self, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start something there."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(self.command(*words), stdin=quiet, stdout=quiet, stderr=quiet, env=dict(environment))


def why_not() -> str:
    """Why two computers can't be made here, as the system says it; empty where they can."""
    try:
        with two_hosts():
            return ""
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", b"") or b""
        return said.decode(errors="replace").strip() or str(error)


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Make them, with a cable from one to the other."""
    first = _kept(["unshare", "--user", "--map-root-user", "--net", "--uts"])
    try:
        one = Host(first, FIRST)
        one.run("true")
        inside = ["nsenter", "--target", str(first.pid), "--user", "--preserve-credentials"]
        second = _kept([*inside, "unshare", "--net", "--uts"])
        try:
            other = Host(second, SECOND)
            one.run("ip", "link", "add", "east", "type", "veth", "peer", "name", "west", "netns", str(second.pid))
            for host, name, cable in ((one, "studio-one", "east"), (other, "studio-other", "west")):
                host.run("hostname", name)
                host.run("ip", "address", "add", f"{host.address}/24", "dev", cable)
                host.run("ip", "link", "set", cable, "up")
                host.run("ip", "link", "set", "lo", "up")
            yield one, other
        finally:
            _end(second)
    finally:
        _end(first)


def _kept(words: list[str]) -> subprocess.Popen[bytes]:
    """A process in new places, which says when it is there."""
    keeper = subprocess.Popen([*words, "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)  # fmt: skip
    assert keeper.stdout and keeper.stderr
    if not keeper.stdout.readline():
        said = keeper.stderr.read()
        _end(keeper)
        raise subprocess.CalledProcessError(keeper.returncode, words, stderr=said)
    return keeper


def _end(keeper: subprocess.Popen[bytes]) -> None:
    keeper.kill()
    keeper.communicate()
