"""Ten whole districts, 57,000 workers and 70,000 members, and five harsh ones, pooled: what the office relies on.

About half an hour. What each says is also printed, with counts and intervals.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.districts import Districts, Pooled, evaluations, lines, pooled

pytestmark = pytest.mark.prove


def measured(out: Path, seeds: range, dirt: str) -> Pooled:
    found = pooled(evaluations(Districts(out, tuple(seeds), dirt)))
    print("\n" + "\n".join(lines(found)))
    return found


def test_ten_districts_link_nearly_all_and_hardly_anyone_wrongly(tmp_path: Path) -> None:
    found = measured(tmp_path, range(3301, 3311), "normal")
    assert found.wrong_per_thousand <= 1
    assert found.linked["all"].rate is not None
    assert found.linked["all"].rate >= 0.93
    assert found.linked_or_in_review.rate is not None
    assert found.linked_or_in_review.rate >= 0.97
    assert found.waiting <= 0.05
    assert found.persons_mixed == 0


def test_in_harsh_districts_at_most_two_links_in_a_thousand_are_wrong(tmp_path: Path) -> None:
    found = measured(tmp_path, range(3401, 3406), "harsh")
    assert found.wrong_per_thousand <= 2
    assert found.persons_mixed == 0
