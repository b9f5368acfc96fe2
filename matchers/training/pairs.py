"""Training entries from candidate pairs: one per pattern of levels, or one per pair."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Pairs, Seqs, unpacked
from matchers.deciding.judgements import JudgedPairs
from matchers.encoding.slices import slices
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.training.em import Floats, Numbers, TrainingPairs
from matchers.weighing.levels import comparison, levels_of, levels_of_pairs, pair_rows, radixes
from matchers.weighing.population import PopulationChances

_PAIRS_AT_ONCE = 1 << 19


@dataclass(frozen=True)
class EncodedTables:
    """Both encoded sides, the model, and the connection that compares them."""

    con: duckdb.DuckDBPyConnection
    model: LinkModel
    both: Both
    threads: int = 2


def pairs_by_pattern(tables: EncodedTables, pairs: Pairs, *, placed: JudgedPairs | None = None) -> TrainingPairs:
    """One entry per pattern of levels among the pairs, in order; judged pairs are entries of their own."""
    none = np.zeros(0, np.uint64)
    same, other = (placed.same, placed.other) if placed else (none, none)
    free = np.setdiff1d(pairs, np.concatenate([same, other])) if placed else pairs
    parts = [_pattern_counts(tables, some) for some in (free, same, other)]
    numbers = sorted({number for patterns, _ in parts for number in patterns})
    free_counts, same_counts, other_counts = (_spread(numbers, *part) for part in parts)
    return TrainingPairs(levels_by_column(tables.model, numbers), free_counts, same_counts, other_counts)


def levels_by_column(model: LinkModel, patterns: list[int]) -> dict[str, Numbers]:
    """Level numbers of the patterns, by column."""
    levels = [levels_of(model, pattern) for pattern in patterns]
    return {column: np.array([level[column] for level in levels], np.int64) for column in model.comparisons}


def _pattern_counts(tables: EncodedTables, pairs: Pairs) -> tuple[list[int], Floats]:
    """Every pattern of levels among the pairs, in order, and its number of pairs."""
    compared = [(comparison(tables.model, column), radix) for column, radix in radixes(tables.model).items()]

    def counts_of_part(part: slice) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        seqs = unpacked(pairs[part])
        patterns = np.zeros(len(seqs[0]), np.uint64)
        with tables.con.cursor() as cursor:
            for levels, radix in compared:
                patterns += levels_of_pairs(cursor, levels, tables.both, seqs).astype(np.uint64) * np.uint64(radix)
        return np.unique(patterns, return_counts=True)

    with ThreadPoolExecutor(max_workers=tables.threads) as pool:
        parts = list(pool.map(counts_of_part, slices(len(pairs), _PAIRS_AT_ONCE)))
    if not parts:
        return [], np.zeros(0)
    numbers, place = np.unique(np.concatenate([patterns for patterns, _ in parts]), return_inverse=True)
    return numbers.tolist(), np.bincount(place, np.concatenate([counts for _, counts in parts])).astype(np.float64)


def _spread(numbers: list[int], levels: list[int], counts: Floats) -> Floats:
    spread = np.zeros(len(numbers))
    spread[np.searchsorted(numbers, np.array(levels, np.int64))] = counts
    return spread


def pairs_with_values(
    tables: EncodedTables,
    pairs: Pairs,
    *,
    chances: PopulationChances | None = None,
    placed: JudgedPairs | None = None,
) -> TrainingPairs:
    """One entry per pair, with what both rows show and the chances of their values; no chances where none are given."""
    con, model, both = tables.con, tables.model, tables.both
    seqs = unpacked(pairs)
    levels = {c: levels_of_pairs(con, comparison(model, c), both, seqs).astype(np.int64) for c in model.comparisons}
    same, other = (_are_among(pairs, judged) for judged in ((placed.same, placed.other) if placed else ((), ())))
    return TrainingPairs(
        levels, 1.0 - same - other, same, other,
        {column: _classes(model, column, both, seqs, levels[column]) for column in model.comparisons},
        {c: chances.chance(c, pairs, levels[c]) for c in model.comparisons} if chances else {},
    )  # fmt: skip


def _are_among(pairs: Pairs, judged: npt.ArrayLike) -> Floats:
    return np.isin(pairs, np.asarray(judged, np.uint64)).astype(np.float64)


def by_pattern(pairs: TrainingPairs, model: LinkModel) -> TrainingPairs:
    """The same pairs, one entry per pattern of levels, for a check by other means."""
    number, radix = np.zeros(len(pairs.free), np.int64), 1
    for column, levels in model.comparisons.items():
        number += pairs.levels[column] * radix
        radix *= len(levels) + 1
    first, place = np.unique(number, return_index=True, return_inverse=True)[1:]
    parts = (pairs.free, pairs.same, pairs.other)
    free, same, other = (np.bincount(place, part, len(first)).astype(np.float64) for part in parts)
    return TrainingPairs({column: level[first] for column, level in pairs.levels.items()}, free, same, other)


def class_of_level(model: LinkModel, column: str) -> Numbers:
    """Per level number the class it agrees in; 0 for null, and for levels that any class may show."""
    classes = model.kind(column).classes
    class_of = [0]
    for name in model.comparisons[column]:
        class_of.append(next((place for place, (_, names) in enumerate(classes, 1) if name in names), 0))
    return np.array(class_of, np.int64)


def _classes(model: LinkModel, column: str, both: Both, seqs: tuple[Seqs, Seqs], level: Numbers) -> Numbers:
    """Per pair the first class that holds; 1 where the kind has no classes, 0 where a side shows nothing."""
    classes = (level > 0).astype(np.int64)
    rows = pair_rows(column, both, seqs)
    free = level > 0
    for place, (holds, _) in enumerate(model.kind(column).classes, 1):
        of_class = free & holds(rows)
        classes[of_class] = place
        free &= ~of_class
    return classes
