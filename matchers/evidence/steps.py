"""Candidates, scores and decisions as tables under the rows' own ids, one after the other or in one go."""

from __future__ import annotations

import pyarrow as pa

from matchers.engine import Options, embedded
from matchers.evidence.candidates import make_candidates, take_pairs, with_ids
from matchers.evidence.deciding import decide, settling_of
from matchers.evidence.tables import Tables, load
from matchers.evidence.weights import make_levels, make_scores
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import RulePlan

JUDGEMENTS = pa.schema([("left_id", pa.int64()), ("right_id", pa.int64()), ("verdict", pa.string())])
"""A person's word on a pair: verdict `link` or `not_link`."""


def candidate_pairs(
    tables: Tables, model: LinkModel, *, options: Options | None = None
) -> tuple[pa.Table, list[RulePlan]]:
    """One row per candidate pair (left_id, right_id, blocking_rules), sorted by both ids, and the plan of the rules."""
    blocked = {key.partition(".")[0] for keys in model.blocking.values() for key in keys}
    with embedded(options) as con:
        sides = load(con, tables, model, only=blocked)
        plan = make_candidates(con, model, sides)
        return with_ids(con, "candidates"), plan


def score_candidates(
    candidates: pa.Table, tables: Tables, model: LinkModel, *, keep_all: bool = False, options: Options | None = None
) -> pa.Table:
    """One row per candidate pair with levels, bits, weight and probability, sorted by both ids.

    Pairs that cannot matter are left out, unless all are to be kept.
    """
    with embedded(options) as con:
        sides = load(con, tables, model, only=model.comparisons)
        take_pairs(con, "candidates", candidates)
        make_levels(con, model)
        make_scores(con, model, sides, keep_all=keep_all)
        return with_ids(con, "scored")


def decide_pairs(
    scored: pa.Table,
    tables: Tables,
    model: LinkModel,
    *,
    judgements: pa.Table | None = None,
    options: Options | None = None,
) -> pa.Table:
    """Every scored pair decided, sorted by both ids."""
    owners, one_value = settling_of(model).owners, settling_of(model).one_value
    keys = [owners.value, owners.whole, owners.names] if owners else []
    needed = {key.partition(".")[0] for key in (*keys, one_value or "")}
    with embedded(options) as con:
        sides = load(con, tables, model, only=needed)
        take_pairs(con, "scored", scored)
        decide(con, model, sides, judgements)
        return with_ids(con, "decided")


def decided_pairs(tables: Tables, model: LinkModel, *, options: Options | None = None) -> pa.Table:
    """Candidates found, scored and decided in one go."""
    with embedded(options) as con:
        sides = load(con, tables, model)
        make_candidates(con, model, sides)
        make_levels(con, model)
        make_scores(con, model, sides)
        decide(con, model, sides)
        return with_ids(con, "decided")
