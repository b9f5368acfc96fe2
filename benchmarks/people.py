"""Several pairs of people tables, trained and linked by the real commands, pooled: F1, calibration, counts, intervals.

`python -m benchmarks.people --size 100000 --seeds 80001-80010 --out FOLDER [--one-city]` keeps one evaluation per seed
in FOLDER and goes on from those that are there; the tables themselves are not kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.districts import seeds_of, share_text
from benchmarks.people_tables import write_tables
from matchers.measuring.curve import Point, point, wilson

SANZHAO = Path(sys.executable).with_name("sanzhao")
BANDS = ("0.2-0.5", "0.5-0.8", "0.8-0.95", "0.95-1.0")
Evaluation = dict[str, Any]


def evaluated(size: int, seed: int, *, one_city: bool, out: Path) -> Evaluation:
    """What `sanzhao evaluate` says of one seed; made once."""
    kept = out / f"{'city' if one_city else 'country'}-{size}-{seed}.json"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix="sanzhao-people-") as name:
            kept.write_text(_told(size, seed, Path(name), one_city=one_city), "utf-8")
    found: Evaluation = json.loads(kept.read_text("utf-8"))
    return found


def _told(size: int, seed: int, folder: Path, *, one_city: bool) -> str:
    write_tables(size, seed, folder, one_city=one_city)
    sides = [str(folder / "left.parquet"), str(folder / "right.parquet")]
    model, pairs = str(folder / "model.toml"), str(folder / "pairs.parquet")
    _sanzhao("train", *sides, "--model", "people", "--out", model)
    _sanzhao("link", *sides, "--model", model, "--out", pairs)
    return _sanzhao("evaluate", pairs, "--truth", str(folder / "truth.parquet"), "--json")


def _sanzhao(*words: str) -> str:
    return subprocess.run([SANZHAO, *words], check=True, capture_output=True, text=True).stdout


def pooled(each: list[Evaluation]) -> tuple[Point, dict[str, tuple[int, int]]]:
    """Precision, recall and F1 at the decision over all seeds; per band of probability true pairs and all."""
    right = sum(one["at_decision"]["precision"]["right"] for one in each)
    kept = sum(one["at_decision"]["precision"]["of"] for one in each)
    true_pairs = sum(one["at_decision"]["recall"]["of"] for one in each)
    bands = {
        band: (
            sum(one["calibration"][band]["right"] for one in each),
            sum(one["calibration"][band]["of"] for one in each),
        )
        for band in BANDS
    }
    return point(right, kept, true_pairs), bands


def lines(each: list[Evaluation]) -> list[str]:
    """The pooled figures, a line each; F1 of the worst and the best seed beside."""
    at, bands = pooled(each)
    single = sorted(one["at_decision"]["f1"] for one in each)
    return [
        f"{len(each)} seeds: F1 {at.f1:.5f} (single seeds {single[0]:.5f} to {single[-1]:.5f})",
        f"precision {share_text(at.precision)}",
        f"recall {share_text(at.recall)}",
        *(f"probability {band}: true {share_text(wilson(*counts))}" for band, counts in bands.items()),
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--size", type=int, default=100_000)
    asked.add_argument("--seeds", type=seeds_of, required=True, help="80001-80010")
    asked.add_argument("--out", type=Path, required=True, help="where evaluations are kept")
    asked.add_argument("--one-city", action="store_true")
    given = asked.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    each = [evaluated(given.size, seed, one_city=given.one_city, out=given.out) for seed in given.seeds]
    print("\n".join(lines(each)))


if __name__ == "__main__":
    main()
