"""Twenty-three kills of the plain driver at moments no one chose; two of the Prefect flow are in `test_nightly`."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.flows.killing import Ground, check_next, check_whole, ground, kill_chain, power_cut

pytestmark = pytest.mark.slow

KILLS, CHAIN = 23, 12


@pytest.fixture(scope="module")
def stood(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    from flows.sample import SampleOptions, generate
    from tests.flows.command import DAY

    root = Path(tmp_path_factory.mktemp("killed"))
    generate(SampleOptions(workers=120, members=200, seed=5, out=root, member_share=0.2, as_of=DAY))
    return ground(root / "drop", root, config="reports = []\n")


def test_the_ledger_is_whole_after_every_kill_and_the_next_run_ends_as_ever(stood: Ground, tmp_path: Path) -> None:
    moments, found = random.Random(7), []  # noqa: S311
    for turn in range(40):
        home = Path(shutil.copytree(stood.before, tmp_path / f"home-{turn}"))
        found += [one for one in kill_chain(stood, home, moments, min(CHAIN, KILLS - len(found))) if one.landed]
        shutil.rmtree(home)
        if len(found) >= KILLS:
            break
    assert len(found) == KILLS
    assert len(Counter(one.step for one in found)) >= 4


def test_a_power_cut_leaves_a_folder_that_goes_on(stood: Ground, tmp_path: Path) -> None:
    home, copy = Path(shutil.copytree(stood.before, tmp_path / "home")), tmp_path / "copy"
    power_cut(stood, home, copy, random.Random(3))  # noqa: S311
    check_whole(copy)
    check_next(stood, copy)
