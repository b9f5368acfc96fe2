"""One entry per pair that its evidence tier may link or send to review, with its match weight."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import numpy as np

from matchers.blocking.blocks import Pairs, Seqs
from matchers.deciding.tiers import Keep, least_weights
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Sides
from matchers.weighing.chances import levels_at
from matchers.weighing.population import PopulationChances, prior_bits, rounded
from matchers.weighing.score import Scored, Weighing, expected_loss, given_weights, unpruned, weighing_in
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
    """One entry per pair that the evidence tiers do not prune, sorted, with its match weight in tenths of bits.

    `entities`: in one table each row's first of its own duplicates.
    """
    chances = PopulationChances(con, model, both, entities)
    prior = prior_bits(con, model, both)
    weighing = tier_weighing(model, both.counts, chances, prior, keep)
    return weigh_by_tiers(model, chances, prior, unpruned(con, weighing, both, batches, threads=threads), keep)


def tier_weighing(model: LinkModel, sides: Sides, chances: PopulationChances, prior: float, keep: Keep) -> Weighing:
    """The weights and pruning bounds of one pass over pairs. `sides`: row counts of the whole tables."""
    order = sorted(model.comparisons, key=lambda column: -expected_loss(model, given_weights(model, sides), column))
    weights = {column: (np.zeros(len(levels) + 1), chances.most_bits(column))
               for column, levels in model.comparisons.items()}  # fmt: skip
    return weighing_in(model, order, weights, prior, least_weights(model, keep))


def weigh_by_tiers(
    model: LinkModel, chances: PopulationChances, prior: float, scored: Scored, keep: Keep
) -> ScoredPairs:
    """The pairs left after pruning by their exact match weights."""
    least = least_weights(model, keep)
    bits = {
        column: chances.bits(column, scored.pairs, levels_at(model, scored.patterns, column))
        for column in model.comparisons
    }
    total = np.full(len(scored.pairs), prior)
    for column in model.comparisons:
        total = total + bits[column]
    weight = rounded(total, 1)
    probability = rounded(1 / (1 + np.exp2(-weight)), 9)
    needed = least.ravel(order="F")[scored.patterns.astype(np.int64)] if least.ndim else least
    return ScoredPairs(scored.pairs, scored.patterns, weight, probability, bits).where(weight >= needed)
