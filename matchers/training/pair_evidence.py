"""What pairs show, column by column: level, class and chance per pair, as arrays for learning."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Pairs, Seqs, unpacked
from matchers.deciding.judgements import JudgedPairs
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.training.em import Floats, Patterns
from matchers.weighing.levels import comparison, levels_of_pairs, pair_rows
from matchers.weighing.population import PopulationChances

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PairEvidence:
    """One entry per pair: level (0 null), class of what both rows show (0 nothing), chance of the value agreed on.

    `verdict`: 1 where a person said it is one, 0 where not, NaN where nobody did.
    """

    level: dict[str, Numbers]
    evidence_class: dict[str, Numbers]
    chance: dict[str, Floats]
    verdict: Floats


def patterns_of(pairs: PairEvidence, model: LinkModel) -> Patterns:
    """The pairs by their pattern of levels, as they are counted for a check by other means."""
    number, radix = np.zeros(len(pairs.verdict), np.int64), 1
    for column, levels in model.comparisons.items():
        number += pairs.level[column] * radix
        radix *= len(levels) + 1
    numbers, place = np.unique(number, return_inverse=True)
    parts = (np.isnan(pairs.verdict), pairs.verdict == 1, pairs.verdict == 0)
    free, same, other = (np.bincount(place[part], minlength=len(numbers)).astype(np.float64) for part in parts)
    return Patterns([int(one) for one in numbers], free, same, other)


def class_of_level(model: LinkModel, column: str) -> Numbers:
    """Per level number the class it agrees in; 0 for null, and for levels that any class may show."""
    classes = model.kind(column).classes
    found = [0]
    for name in model.comparisons[column]:
        found.append(next((place for place, (_, names) in enumerate(classes, 1) if name in names), 0))
    return np.array(found, np.int64)


def pair_evidence(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs, *,
    chances: PopulationChances | None = None, placed: JudgedPairs | None = None,
) -> PairEvidence:  # fmt: skip
    """What these pairs show; every chance is 1 where none are to be counted."""
    seqs = unpacked(pairs)
    level = {c: levels_of_pairs(con, comparison(model, c), both, seqs).astype(np.int64) for c in model.comparisons}
    return PairEvidence(
        level,
        {column: _classes(model, column, both, seqs, level[column]) for column in model.comparisons},
        {c: chances.chance(c, pairs, level[c]) if chances else np.ones(len(pairs)) for c in model.comparisons},
        _verdicts(pairs, placed),
    )


def _classes(model: LinkModel, column: str, both: Both, seqs: tuple[Seqs, Seqs], level: Numbers) -> Numbers:
    """Per pair the first class that holds; 1 where the kind has no classes, 0 where a side shows nothing."""
    found = (level > 0).astype(np.int64)
    rows = pair_rows(column, both, seqs)
    free = level > 0
    for place, (holds, _) in enumerate(model.kind(column).classes, 1):
        here = free & holds(rows)
        found[here] = place
        free &= ~here
    return found


def _verdicts(pairs: Pairs, placed: JudgedPairs | None) -> Floats:
    found = np.full(len(pairs), np.nan)
    if placed is not None:
        found[np.isin(pairs, placed.same)], found[np.isin(pairs, placed.other)] = 1.0, 0.0
    return found
