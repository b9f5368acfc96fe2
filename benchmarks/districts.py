"""Several whole districts, made, run and held against their truth, pooled: counts, rates and Wilson intervals.

`python -m benchmarks.districts --seeds 3101-3110 --out FOLDER [--dirt harsh]` keeps one `DIRT-SEED.json` per district
(what `sanzhao evaluate --json` says) in FOLDER and goes on from those that are there; a district stays as
`FOLDER/DIRT-SEED/` only with `--keep`, a home never.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.district import MEMBERS, WORKERS, timed
from matchers.measuring.curve import Share, wilson

DAY = "2026-11-19"
Evaluation = dict[str, Any]


@dataclass(frozen=True)
class Districts:
    """Which districts: their size, their dirt, their seeds, and where they and their evaluations go."""

    out: Path
    seeds: tuple[int, ...]
    dirt: str = "normal"
    workers: int = WORKERS
    members: int = MEMBERS
    keep: bool = False


@dataclass(frozen=True)
class Pooled:
    """All districts as one: shares of links, of linkable rows, of persons of the registry."""

    districts: int
    links: dict[str, Share]
    linked: dict[str, Share]
    linked_or_in_review: Share
    review_pairs: int
    persons_mixed: int
    statuses: dict[str, Counter[str]]
    confusion: Counter[tuple[str, str]]

    @property
    def machine(self) -> Share:
        """Right links of the classes no person decided."""
        return self.links["exact_and_strong"]

    @property
    def wrong_per_thousand(self) -> float:
        """Of a thousand links of those classes, how many name the wrong person."""
        return 1000 * (self.machine.of - self.machine.right) / max(1, self.machine.of)

    @property
    def waiting(self) -> float:
        """Pairs that wait for a person, per link."""
        return self.review_pairs / max(1, self.machine.of)


def evaluations(districts: Districts) -> list[Evaluation]:
    """One evaluation per seed, in their order; those that lie in `out` already are not made again."""
    return [_evaluation(districts, seed) for seed in districts.seeds]


def _evaluation(districts: Districts, seed: int) -> Evaluation:
    kept = districts.out / f"{districts.dirt}-{seed}.json"
    if not kept.is_file():
        made, home = districts.out / f"{districts.dirt}-{seed}", districts.out / f"home-{seed}"
        try:
            _make(districts, seed, made)
            timed("run", "--home", str(home), "--drop", str(made / "drop"), "--as-of", DAY)
            told = timed("evaluate", "--home", str(home), "--truth", str(made / "truth"), "--json")[2]
        finally:
            shutil.rmtree(home, ignore_errors=True)
            if not districts.keep:
                shutil.rmtree(made, ignore_errors=True)
        kept.write_text(told, "utf-8")
    found: Evaluation = json.loads(kept.read_text("utf-8"))
    return found


def _make(districts: Districts, seed: int, made: Path) -> None:
    if not (made / "truth" / "members.parquet").is_file():
        size = ("--workers", str(districts.workers), "--members", str(districts.members), "--dirt", districts.dirt)
        timed("sample", *size, "--seed", str(seed), "--out", str(made))


def pooled(each: list[Evaluation]) -> Pooled:
    """The counts of all added up."""
    confusion: Counter[tuple[str, str]] = Counter()
    statuses: dict[str, Counter[str]] = {}
    for one in each:
        confusion.update({(truth, found): n for truth, row in one["confusion"].items() for found, n in row.items()})
        for code, counts in one["statuses"].items():
            statuses.setdefault(code, Counter()).update(counts)
    return Pooled(
        districts=len(each),
        links=_shares([one["links"] for one in each]),
        linked=_shares([one["linked"] for one in each]),
        linked_or_in_review=_shares([{"all": one["linked_or_in_review"]} for one in each])["all"],
        review_pairs=sum(one["review_pairs"] for one in each),
        persons_mixed=sum(one["registry_persons_mixed"] for one in each),
        statuses=statuses,
        confusion=confusion,
    )


def _shares(tables: list[dict[str, dict[str, int]]]) -> dict[str, Share]:
    names = sorted({name for table in tables for name in table})
    found = {name: [table[name] for table in tables if name in table] for name in names}
    return {name: wilson(sum(s["right"] for s in all_), sum(s["of"] for s in all_)) for name, all_ in found.items()}


def lines(all_: Pooled) -> list[str]:
    """The pooled figures, a line each."""
    told = [f"{all_.districts} districts, {all_.persons_mixed} persons of the registry mixed"]
    told += [
        f"links {name}: {share.of - share.right} wrong; right {share_text(share)}" for name, share in all_.links.items()
    ]
    told.append(f"wrong links of the machine: {all_.wrong_per_thousand:.2f} in 1,000")
    told += [f"linkable rows linked, {name}: {share_text(share)}" for name, share in all_.linked.items()]
    told.append(f"linkable rows linked or in review: {share_text(all_.linked_or_in_review)}")
    told.append(f"pairs in review: {all_.review_pairs}, {all_.waiting:.2%} of links")
    told += [f"status {code}: {dict(counts)}" for code, counts in all_.statuses.items()]
    return told + confusion_lines(all_.confusion)


def confusion_lines(table: Counter[tuple[str, str]]) -> list[str]:
    """Primary status in the truth (rows) against the published one (columns)."""
    codes = sorted({code for pair in table for code in pair})
    head = "truth\\found" + "".join(f"{code:>6}" for code in codes)
    return [head, *(f"{t:>11}" + "".join(f"{table[t, found]:>6}" for found in codes) for t in codes)]


def share_text(share: Share) -> str:
    """Count, rate and 95 % Wilson interval."""
    if share.rate is None:
        return "none"
    return f"{share.right} of {share.of} ({share.rate:.3%}; 95 % {share.low:.3%} to {share.high:.3%})"


def seeds_of(text: str) -> tuple[int, ...]:
    """`3101-3110` or `3101`."""
    first, _, last = text.partition("-")
    return tuple(range(int(first), int(last or first) + 1))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=seeds_of, required=True, help="3101-3110")
    asked.add_argument("--out", type=Path, required=True, help="where evaluations are kept")
    asked.add_argument("--dirt", choices=("clean", "normal", "harsh"), default="normal")
    asked.add_argument("--workers", type=int, default=WORKERS)
    asked.add_argument("--members", type=int, default=MEMBERS)
    asked.add_argument("--keep", action="store_true", help="keep the districts made")
    districts = Districts(**vars(asked.parse_args()))
    districts.out.mkdir(parents=True, exist_ok=True)
    print("\n".join(lines(pooled(evaluations(districts)))))


if __name__ == "__main__":
    main()
