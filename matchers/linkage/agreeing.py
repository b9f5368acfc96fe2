"""u of every level: how often two rows that have nothing to do with each other agree, from pairs drawn and counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.linkage.blocks import Keys, Pairs, Seqs, packed, unpacked
from matchers.linkage.chances import ID_PLACES, ValueChances
from matchers.linkage.learn import Floats, Learned, levels_by_column
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import key_values, level_sql, radixes
from matchers.linkage.score import levels_of_pairs
from matchers.linkage.tables import Both, batches_of, pair_sql

_ROWS_CROSSED = 1_000
_ROWS_COUNTED = 200_000
_PAIRS_FOR_IDS = 20_000
_PAIRS_AT_ONCE = 1 << 19
_COUNTED_WITHIN = {"phone": {"full": "full", "visible": "head3_tail4"}}
"""Levels too rare for pairs drawn: chance of the key that stands for them, among the rows of one unique side."""


@dataclass(frozen=True)
class Chances:
    """u per column and level; `drawn` marks levels whose u comes from pairs of rows drawn, of which there were so many.

    Among rows drawn are true pairs too: few in large tables, nearly all that agree in small ones.
    """

    u: dict[str, Floats]
    drawn: dict[str, npt.NDArray[np.bool_]]
    pairs: float

    def without_matches(self, learned: Learned) -> dict[str, Floats]:
        """u with the matches that were learned taken out of the pairs drawn."""
        share, least = learned.prior, 0.5 / max(self.pairs, 1.0)
        return {
            column: np.where(
                self.drawn[column], np.maximum((u - share * learned.m[column]) / (1 - share), np.minimum(u, least)), u
            )
            for column, u in self.u.items()
        }


def pattern_counts(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs, *, threads: int = 2
) -> tuple[list[int], Floats]:
    """Every pattern of levels among the pairs, in order, and how many show it."""
    compared = [(pair_sql(level_sql(model, column)), radix) for column, radix in radixes(model).items()]

    def counted(part: slice) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        seqs = unpacked(pairs[part])
        patterns = np.zeros(len(seqs[0]), np.uint64)
        with con.cursor() as cursor:
            for sql, radix in compared:
                patterns += levels_of_pairs(cursor, sql, both, seqs).astype(np.uint64) * np.uint64(radix)
        return np.unique(patterns, return_counts=True)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        found = list(pool.map(counted, batches_of(len(pairs), _PAIRS_AT_ONCE)))
    if not found:
        return [], np.zeros(0)
    numbers, place = np.unique(np.concatenate([one for one, _ in found]), return_inverse=True)
    return numbers.tolist(), np.bincount(place, np.concatenate([one for _, one in found])).astype(np.float64)


def chance_agreements(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> Chances:
    """u per column and level: from pairs of rows drawn evenly, and for levels that hardly ever agree from counts."""
    drawn_rows = _evenly(both.left.rows, _ROWS_CROSSED), _evenly(both.right.rows, _ROWS_CROSSED)
    numbers, found = pattern_counts(con, model, both, _crossed(*drawn_rows, same=both.same))
    levels_shown = levels_by_column(model, numbers)
    u, drawn = {}, {}
    for column, levels in model.comparisons.items():
        counts = np.bincount(levels_shown[column], weights=found, minlength=len(levels) + 1) + 0.5
        u[column] = counts / max(counts[1:].sum(), 1.0)
        u[column][0] = 1.0
        drawn[column] = np.arange(len(levels) + 1) > 0
        for number, name in enumerate(levels, start=1):
            counted = _counted(con, model, column, name, both)
            if counted is not None:
                u[column][number], drawn[column][number] = max(counted, 1e-12), False
        if model.columns[column] == "resident_id":
            for number, chance in _chance_of_ids(con, model, column, both, drawn_rows):
                u[column][number], drawn[column][number] = max(chance, 1e-12), False
    return Chances(u, drawn, float(found.sum()))


def _evenly(rows: int, most: int) -> Seqs:
    return np.arange(0, rows, max(1, rows // most), dtype=np.int64)[:most]


def _crossed(left: Seqs, right: Seqs, *, same: bool) -> Pairs:
    """Every pair of the rows drawn from both sides."""
    first, second = np.repeat(left, len(right)), np.tile(right, len(left))
    kept = first != second if same else np.ones(len(first), bool)
    return packed(first[kept], second[kept])


def _counted(con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, level: str, both: Both) -> float | None:
    """A level's chance from counts; null where the kind names no key for it, or a side's rows may repeat."""
    form = model.kind(column).share_of.get(level)
    if form is not None:
        sides = (both.left, both.right)
        first, second = (
            key_values(con, model, f"{column}.{form}", side)[:: max(1, side.rows // _ROWS_COUNTED)] for side in sides
        )
        return _chance_across(first, second)
    within = _COUNTED_WITHIN.get(model.columns[column], {}).get(level)
    unique = both.right if "right" in model.unique else both.left if "left" in model.unique else None
    return _chance_within(key_values(con, model, f"{column}.{within}", unique)) if within and unique else None


def _chance_across(left: Keys, right: Keys) -> float:
    """Chance that a left and a right row share a key, half a pair added."""
    (first, counts), (second, others) = (np.unique(keys[keys != 0], return_counts=True) for keys in (left, right))
    _, here, there = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    shared = float(counts[here].astype(np.float64) @ others[there].astype(np.float64))
    return (shared + 0.5) / max(float(counts.sum()) * float(others.sum()), 1.0)


def _chance_within(keys: Keys) -> float:
    """Chance that two rows of one side share a key, half a pair added: people who stand there once share none with
    themselves, so no true pair is counted as chance."""
    counts = np.unique(keys[keys != 0], return_counts=True)[1].astype(np.float64)
    rows = float(counts.sum())
    return (float((counts * (counts - 1) / 2).sum()) + 0.5) / max(rows * (rows - 1) / 2, 1.0)


def _chance_of_ids(
    con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, both: Both, drawn: tuple[Seqs, Seqs]
) -> list[tuple[int, float]]:
    """Full, visible and near agreement of IDs by level number: from the places shown and how regions are spread."""
    turn = np.arange(_PAIRS_FOR_IDS)
    left, right = drawn[0][turn % len(drawn[0])], drawn[1][(turn * 7 + turn // len(drawn[0]) * 37) % len(drawn[1])]
    kinds = both.left.columns[f"{column}_kind"][left], both.right.columns[f"{column}_kind"][right]
    shown = (kinds[0] > 0) & (kinds[1] > 0)
    first, second = kinds[0][shown], kinds[1][shown]
    if not len(first):
        return []
    chance = ValueChances(con, model, both).id_chances(column, left[shown], right[shown])
    full, masked = (first == 1) & (second == 1), np.minimum(first, second) + np.maximum(first, second) == 3
    wrong = float(((first == 3) | (second == 3)).mean())
    found = {"full": chance[full], "visible": chance[masked], "near": chance[full] * _near_ids() * max(wrong, 1e-4)}
    levels = list(model.comparisons[column])
    return [(levels.index(n) + 1, float(c.mean())) for n, c in found.items() if n in levels and len(c)]


def _near_ids() -> float:
    """How many times likelier two people's IDs differ in one or two of places 7 to 18 than in none."""
    odds = np.array([(1 - chance) / chance for chance in ID_PLACES])
    return float(odds.sum() + (odds.sum() ** 2 - (odds**2).sum()) / 2)
