"""Who computes what, where several processes share a step; and over which network they meet."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest

from studio.engine.batches import Portions
from studio.engine.dealing import turns
from studio.engine.group import Group
from studio.engine.meeting import INTERFACE, choose_interface, interface_of, own_address

COSTS = np.random.default_rng(1).integers(3, 40, 23)


@pytest.mark.parametrize("size", [1, 2, 3, 30])
@pytest.mark.parametrize("even", [True, False])
def test_every_example_counts_once_whatever_portion_each_process_has_room_for(size: int, even: bool) -> None:
    counted: Counter[int] = Counter()
    for rank in range(size):
        portions = Portions(tokens=40 if even else 20 + 30 * rank, examples=0 if even else rank)
        for turn in turns(portions, Group(rank, size), COSTS, even=even):
            counted.update(turn.places if turn.counts else ())
    assert counted == Counter(range(len(COSTS)))


@pytest.mark.parametrize("size", [2, 3, 30])
def test_processes_that_share_a_model_make_equally_many_passes(size: int) -> None:
    passes = {len(turns(Portions(tokens=50), Group(rank, size), COSTS, even=True)) for rank in range(size)}
    assert len(passes) == 1


def test_the_shares_are_about_as_large() -> None:
    loads = [int(COSTS[share].sum()) for share in Group(0, 3).dealt(COSTS)]
    assert max(loads) - min(loads) <= int(COSTS.max())


@pytest.mark.skipif(os.name != "posix", reason="Gloo finds its network by name on POSIX only")
def test_processes_of_one_computer_meet_on_its_own_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv(INTERFACE, "so that it is taken back")
    monkeypatch.delenv(INTERFACE)
    choose_interface(on_one_computer=True)
    assert os.environ[INTERFACE] == interface_of("127.0.0.1") != ""


def test_a_network_that_a_person_named_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(INTERFACE, "mine")
    choose_interface(on_one_computer=False)
    assert os.environ[INTERFACE] == "mine"


def test_an_address_that_nobody_has_and_a_name_that_nobody_knows_are_no_network() -> None:
    assert interface_of("192.0.2.7") == ""
    assert own_address("no.such.name.invalid") == ""
