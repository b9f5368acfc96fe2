"""People tables of seeds never tuned on, trained without labels and linked by the real commands, pooled.

100,000 a side over ten seeds, from the whole country and from one city; a million a side is
`python -m benchmarks.people --size 1000000`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.people import evaluated, lines, pooled

pytestmark = pytest.mark.prove


@pytest.mark.parametrize(("one_city", "first", "least"), [(False, 91_001, 0.9975), (True, 92_001, 0.9945)])
def test_ten_pairs_of_people_tables(tmp_path: Path, one_city: bool, first: int, least: float) -> None:
    each = [evaluated(100_000, seed, one_city=one_city, out=tmp_path) for seed in range(first, first + 10)]
    print("\n" + "\n".join(lines(each)))
    at, bands = pooled(each)
    assert at.f1 >= least
    for band, (low, high) in {"0.2-0.5": (0.15, 0.65), "0.5-0.8": (0.45, 0.9)}.items():
        true, of = bands[band]
        assert low * of <= true <= high * of
