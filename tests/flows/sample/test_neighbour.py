"""Some people stand in two invented districts, with the truth of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli.ending import UsageMistake
from flows.cli.sample import _neighbour
from flows.sample import SampleOptions
from flows.sample.generate import draw_world
from flows.sample.options import Neighbour


def test_a_neighbours_people_are_the_same_persons_in_both_samples(tmp_path: Path) -> None:
    one = SampleOptions(workers=600, members=800, seed=4, out=tmp_path, member_share=0.05)
    theirs, world = draw_world(one), draw_world(replace(one, seed=5, neighbour=Neighbour(4, 600, 800)))
    shared = world.shared
    assert shared is not None
    assert theirs.shared is None
    assert 0 < shared.works_here.sum() < len(shared.own)
    for here, there, works_here in zip(shared.own, shared.neighbours, shared.works_here, strict=True):
        assert (world.names[here], world.ids[here]) == (theirs.names[there], theirs.ids[there])
        assert (here < 600, there < 600) == (works_here, not works_here)
        assert (world.roles.on_roll[here], theirs.roles.on_roll[there]) == (not works_here, works_here)
    assert len(set(world.ids.astype(str))) == len(world.ids)


def test_a_neighbour_is_named_by_seed_and_size() -> None:
    assert _neighbour(None) is None
    assert _neighbour("57:57000:70000") == Neighbour(57, 57_000, 70_000)
    with pytest.raises(UsageMistake, match="种子"):
        _neighbour("57:57000")
