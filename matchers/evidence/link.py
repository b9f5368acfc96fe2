"""Pairs of two tables, or of one with itself, decided under a model's ceilings, as the table other systems read."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from matchers.engine import Options, embedded
from matchers.evidence.candidates import make_candidates
from matchers.evidence.deciding import decide
from matchers.evidence.judged import take_judged, verdicts
from matchers.evidence.tables import Tables, load
from matchers.evidence.things import join_linked
from matchers.evidence.weights import make_levels, make_scores
from matchers.linkage.judged import checked_judgements
from matchers.linkage.judged_pairs import kept_apart, refuse_contradictions
from matchers.linkage.model import LinkModel
from matchers.linkage.tables import Sides
from matchers.linkage.unread import noted
from matchers.relations import run_script

# Pairs judged to be one are looked at though no rule finds them.
_ALSO = """
create or replace table judged_one as select la, ra from judged where verdict = 'link';
insert into candidates by name select la, ra, []::varchar[] as blocking_rules
from judged_one anti join candidates using (la, ra)
"""
_PAIRS = """
select l.id::varchar as left_id, r.id::varchar as right_id, match_weight, match_probability, decision, blocking_rules,
    levels, rule, reason
from decided join l on l.seq = la join r on r.seq = ra
where decision <> 'reject' or match_probability >= $least
order by left_id, right_id
"""


def pairs_by_evidence(
    tables: Tables, model: LinkModel, *, judgements: pa.Table | None = None, options: Options | None = None
) -> pa.Table:
    """One row per pair that is not rejected, or that reaches the review threshold and is.

    Ids, weight, probability, decision, blocking rules and levels, then the rule that decided and one Chinese sentence.
    Pairs a person judged (left_id, right_id, judgement) stand as they were judged, whatever they weigh. Raises
    TableError where judgements contradict each other.
    """
    chosen = options or Options()
    with embedded(chosen) as con:
        sides = load(con, tables, model)
        make_candidates(con, model, sides)
        told = checked_judgements(judgements) if judgements is not None else None
        also = None
        if told is not None:
            refuse_contradictions(take_judged(con, told, tables), model.unique, same=tables.same)
            run_script(con, _ALSO)
            also = "judged_one"
        make_levels(con, model)
        _weigh_and_decide(con, model, sides, also)
        if tables.same and join_linked(con):
            _weigh_and_decide(con, model, sides, also)
        pairs = noted(_pairs(con, model), sides.unread)
        return kept_apart(pairs, told) if tables.same and told is not None else pairs


def _weigh_and_decide(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides, also: str | None) -> None:
    make_scores(con, model, sides, also=also)
    decide(con, model, sides, verdicts(con) if also else None)


def _pairs(con: duckdb.DuckDBPyConnection, model: LinkModel) -> pa.Table:
    return con.execute(_PAIRS, {"least": model.review_probability}).to_arrow_table()
