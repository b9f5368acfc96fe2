"""Score and decide candidate pairs of two tables, or of one, under a model's evidence tiers."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import numpy as np

from matchers.blocking.blocks import Pairs, Seqs, distinct, unpacked
from matchers.blocking.keys import finding_rules
from matchers.deciding.judgements import JudgedPairs
from matchers.deciding.settling import DecidedPairs, Decision, Judgement, decide_scored
from matchers.deciding.tier_scores import score_by_tiers
from matchers.deciding.tiers import Keep
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.weighing.entities import identical_rows, joined
from matchers.weighing.scored import ScoredPairs


def survivors(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs) -> int:
    """The number of these pairs that are not pruned."""
    entities = identical_rows(both.left) if both.same else None
    return len(score_by_tiers(con, model, both, [pairs], keep=Keep.DECIDED, entities=entities))


def decide_by_tiers(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, batches: Iterable[Pairs], placed: JudgedPairs | None,
    *, threads: int,
) -> DecidedPairs:  # fmt: skip
    """One entry per pair decided link or review, or rejected at or above the review threshold.

    `placed`: judgements, which beat the match weight. Where one table is deduplicated and pairs link, the pairs are
    scored again with linked rows as one entity: a person's duplicates must not make their values look common.
    """
    entities = identical_rows(both.left) if both.same else None
    scored = _scored(con, model, both, batches, placed, entities, threads=threads)
    decided = decide_scored(con, model, both, scored, _judged(scored, placed))
    if entities is not None:
        after = joined(entities, scored.pairs[decided.linked])
        if not np.array_equal(entities, after):
            scored = _scored(con, model, both, [scored.pairs], placed, after, threads=threads)
            decided = decide_scored(con, model, both, scored, _judged(scored, placed))
    kept = (decided.decision != Decision.REJECT) | (scored.probability >= model.review_probability)
    return decided.where(kept)


def _scored(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, batches: Iterable[Pairs], placed: JudgedPairs | None,
    entities: Seqs | None, *, threads: int,
) -> ScoredPairs:  # fmt: skip
    """Pairs not pruned that share a blocking rule's full key, and pairs judged the same at any match weight."""
    found = score_by_tiers(con, model, both, batches, keep=Keep.DECIDED, entities=entities, threads=threads)
    rules = finding_rules(con, model, both, unpacked(found.pairs))
    found = found.where(np.logical_or.reduce(list(rules.values())))
    if placed is None or not len(placed.same):
        return found
    confirmed = score_by_tiers(
        con, model, both, [distinct(placed.same)], keep=Keep.ALL, entities=entities, threads=threads
    )
    return found.beside(confirmed)


def _judged(scored: ScoredPairs, placed: JudgedPairs | None) -> np.ndarray | None:
    """One Judgement per scored pair as int8; null where there are no judgements."""
    if placed is None:
        return None
    found = np.zeros(len(scored), np.int8)
    found[np.isin(scored.pairs, placed.same)] = Judgement.LINK
    found[np.isin(scored.pairs, placed.other)] = Judgement.NOT_LINK
    return found
