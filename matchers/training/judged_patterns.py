"""Level patterns of candidate pairs, what persons judged counted apart."""

from __future__ import annotations

import duckdb
import numpy as np

from matchers.blocking.blocks import Pairs
from matchers.deciding.judgements import JudgedPairs
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.training.chance_agreements import pattern_counts
from matchers.training.em import Floats, Patterns


def candidate_patterns(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs, placed: JudgedPairs | None
) -> Patterns:
    """Patterns of the candidates, what persons judged apart; pairs they judged count even if no rule found them."""
    if placed is None:
        numbers, counts = pattern_counts(con, model, both, pairs)
        none = np.zeros(len(counts))
        return Patterns(numbers, counts, none, none)
    free = np.setdiff1d(pairs, np.concatenate([placed.same, placed.other]))
    parts = [pattern_counts(con, model, both, some) for some in (free, placed.same, placed.other)]
    numbers = sorted({number for found, _ in parts for number in found})
    return Patterns(numbers, *(_spread(numbers, *part) for part in parts))


def _spread(numbers: list[int], found: list[int], counts: Floats) -> Floats:
    spread = np.zeros(len(numbers))
    spread[np.searchsorted(numbers, np.array(found, np.int64))] = counts
    return spread
