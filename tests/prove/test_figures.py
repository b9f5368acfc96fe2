"""Five districts nobody has seen, of the sample's size, pooled: links, misses and statuses against the truth."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.flows.command import DAY, sanzhao

pytestmark = pytest.mark.prove

SEEDS = (90_101, 90_102, 90_103, 90_104, 90_105)
SIZE = ("--workers", 2000, "--members", 3000, "--member-share", 0.1)


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """One evaluation per seed, from `sanzhao evaluate --json`."""
    return [_evaluated(tmp_path_factory.mktemp(f"seed-{seed}"), seed) for seed in SEEDS]


def _evaluated(folder: Path, seed: int) -> dict[str, Any]:
    assert sanzhao("sample", *SIZE, "--seed", seed, "--out", folder / "made").code == 0
    ran = sanzhao("run", "--home", folder / "home", "--drop", folder / "made" / "drop", "--as-of", DAY)
    assert ran.code in (0, 3), ran.err
    told = sanzhao("evaluate", "--home", folder / "home", "--truth", folder / "made" / "truth", "--json")
    body: dict[str, Any] = json.loads(told.out)
    return body


def pooled(evaluations: list[dict[str, Any]], group: str, name: str) -> tuple[int, int]:
    shares = [one[group][name] for one in evaluations]
    return sum(share["right"] for share in shares), sum(share["of"] for share in shares)


def test_at_most_one_link_in_a_thousand_is_wrong(evaluations: list[dict[str, Any]]) -> None:
    right, of = pooled(evaluations, "links", "exact_and_strong")
    print(f"\nexact and strong: {right} of {of} right, {of - right} wrong")
    assert of > 500
    assert of - right <= of / 1000


def test_nearly_every_row_with_a_full_id_and_most_linkable_rows_are_found(evaluations: list[dict[str, Any]]) -> None:
    names = sorted({name for one in evaluations for name in one["linked"]})
    shares = {name: pooled([one for one in evaluations if name in one["linked"]], "linked", name) for name in names}
    for name, (right, of) in shares.items():
        print(f"linked, {name}: {right} of {of} ({right / of:.2%})")
    assert shares["shows:full_id"][0] >= 0.98 * shares["shows:full_id"][1]
    assert shares["all"][0] >= 0.85 * shares["all"][1]


def test_the_registry_is_resolved_without_mixing_two_persons(evaluations: list[dict[str, Any]]) -> None:
    assert sum(one["registry_persons_mixed"] for one in evaluations) == 0


def test_statuses_stand_against_the_truth_as_a_confusion_table(evaluations: list[dict[str, Any]]) -> None:
    table: Counter[tuple[str, str]] = Counter()
    for one in evaluations:
        table.update({(truth, found): n for truth, row in one["confusion"].items() for found, n in row.items()})
    codes = sorted({code for pair in table for code in pair})
    print("\ntruth\\found" + "".join(f"{code:>6}" for code in codes))
    for truth in codes:
        print(f"{truth:>11}" + "".join(f"{table[truth, found]:>6}" for found in codes))
    published = sum(n for (_, found), n in table.items() if found != "-")
    same = sum(n for (truth, found), n in table.items() if found == truth)
    print(f"published with the true primary status: {same} of {published}")
    assert same >= 0.95 * published
