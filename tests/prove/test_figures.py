"""Five districts nobody has seen, of the sample's size, pooled: links, misses and statuses against the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.districts import Pooled, lines, pooled
from tests.flows.command import DAY, sanzhao

pytestmark = pytest.mark.prove

SEEDS = (90_101, 90_102, 90_103, 90_104, 90_105)
SIZE = ("--workers", 2000, "--members", 3000, "--member-share", 0.1)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Pooled:
    """All seeds as one, from `sanzhao evaluate --json`."""
    return pooled([_evaluated(tmp_path_factory.mktemp(f"seed-{seed}"), seed) for seed in SEEDS])


def _evaluated(folder: Path, seed: int) -> dict[str, Any]:
    assert sanzhao("sample", *SIZE, "--seed", seed, "--out", folder / "made").code == 0
    ran = sanzhao("run", "--home", folder / "home", "--drop", folder / "made" / "drop", "--as-of", DAY)
    assert ran.code in (0, 3), ran.err
    told = sanzhao("evaluate", "--home", folder / "home", "--truth", folder / "made" / "truth", "--json")
    body: dict[str, Any] = json.loads(told.out)
    return body


def test_at_most_one_link_in_a_thousand_is_wrong(figures: Pooled) -> None:
    print("\n" + "\n".join(lines(figures)))
    assert figures.machine.of > 500
    assert figures.wrong_per_thousand <= 1


def test_nearly_every_row_with_a_full_id_and_most_linkable_rows_are_found(figures: Pooled) -> None:
    full, every = figures.linked["shows:full_id"], figures.linked["all"]
    assert full.right >= 0.98 * full.of
    assert every.right >= 0.93 * every.of


def test_the_registry_is_resolved_without_mixing_two_persons(figures: Pooled) -> None:
    assert figures.persons_mixed == 0


def test_nearly_all_are_published_with_their_true_primary_status(figures: Pooled) -> None:
    published = sum(n for (_, found), n in figures.confusion.items() if found != "-")
    same = sum(n for (truth, found), n in figures.confusion.items() if found == truth)
    assert same >= 0.95 * published
