"""Pairs of two tables, or of one with itself, decided under a model's ceilings, as the table other systems read."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from matchers.engine import embedded
from matchers.evidence.candidates import make_candidates
from matchers.evidence.deciding import decide
from matchers.evidence.tables import Tables, load
from matchers.evidence.weights import make_levels, make_scores
from matchers.linkage.model import LinkModel

_PAIRS = """
select l.id::varchar as left_id, r.id::varchar as right_id, match_weight, match_probability, decision, blocking_rules,
    levels, rule, reason
from decided join l on l.seq = la join r on r.seq = ra
where decision <> 'reject' or match_probability >= $least
order by left_id, right_id
"""


def pairs_by_evidence(tables: Tables, model: LinkModel, *, threads: int = 2, memory: str = "4GB") -> pa.Table:
    """One row per pair that is not rejected, or that reaches the review threshold and is.

    Ids, weight, probability, decision, blocking rules and levels, then the rule that decided and one Chinese sentence.
    """
    with embedded(threads=threads, memory=memory) as con:
        sides = load(con, tables, model)
        make_candidates(con, model, sides)
        make_levels(con, model)
        make_scores(con, model, sides)
        decide(con, model, sides)
        return _pairs(con, model)


def _pairs(con: duckdb.DuckDBPyConnection, model: LinkModel) -> pa.Table:
    return con.execute(_PAIRS, {"least": model.review_probability}).to_arrow_table()
