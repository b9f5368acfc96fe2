"""Pairs that can matter under evidence tiers, with their match weights."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import numpy as np

from matchers.blocking.blocks import Pairs, Seqs
from matchers.deciding.tiers import Keep, least_weights
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.weighing.chances import levels_at
from matchers.weighing.population import PopulationChances, prior_bits, rounded
from matchers.weighing.score import expected_loss, given_weights, unpruned, weighing_in
from matchers.weighing.scored import ScoredPairs


def score_by_tiers(
    con: duckdb.DuckDBPyConnection,
    model: LinkModel,
    both: Both,
    batches: Iterable[Pairs],
    *,
    keep: Keep,
    entities: Seqs | None = None,
    threads: int = 2,
) -> ScoredPairs:
    """Pairs that can matter under the model's evidence tiers, sorted, each once, with their match weights.

    `entities`: in one table each row's first of its own duplicates.
    """
    chances = PopulationChances(con, model, both, entities)
    prior, least = prior_bits(con, model, both), least_weights(model, keep)
    order = sorted(
        model.comparisons, key=lambda column: -expected_loss(model, given_weights(model, both.counts), column)
    )
    weights = {column: (np.zeros(len(levels) + 1), chances.most_bits(column))
               for column, levels in model.comparisons.items()}  # fmt: skip
    weighing = weighing_in(model, order, weights, prior, least)
    found = unpruned(con, weighing, both, batches, threads=threads)
    bits = {
        column: chances.bits(column, found.pairs, levels_at(model, found.patterns, column))
        for column in model.comparisons
    }
    total = np.full(len(found.pairs), prior)
    for column in model.comparisons:
        total = total + bits[column]
    weight = rounded(total, 1)
    probability = rounded(1 / (1 + np.exp2(-weight)), 9)
    needed = least.ravel(order="F")[found.patterns.astype(np.int64)] if least.ndim else least
    return ScoredPairs(found.pairs, found.patterns, weight, probability, bits).where(weight >= needed)
