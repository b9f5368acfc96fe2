"""What a trained model may be expected to do here: wrong and missed links by its own probabilities, unlinkable rows."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import present_patterns
from matchers.linkage.score import decide, given_weights, score
from matchers.linkage.tables import Sides

_FAINTEST = 0.001
_SAMPLED_ROWS = 20_000


@dataclass(frozen=True)
class Outcome:
    """Pairs of one decision, and how many of them are expected to be one person."""

    decision: str
    pairs: int
    matches: float


@dataclass(frozen=True)
class Unlinkable:
    """Rows of one side (a sample, evenly spread) that would not link even with a partner that agrees on everything."""

    side: str
    rows: int
    unlinkable: int


def expected_outcomes(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> tuple[Outcome, ...]:
    """Link, review and reject among the candidates; pairs fainter than one in a thousand are left out."""
    faint = model.model_copy(update={"review_probability": _FAINTEST})
    score(con, faint, given_weights(faint, sides), present_patterns(con, faint))
    decide(con, faint)
    rows = con.execute(
        "select case when decision = 'review' and match_weight < log2($review / (1 - $review)) then 'below' "
        "else decision end as decided, count(*), sum(1 / (1 + pow(2, -match_weight))) from decided group by 1",
        {"review": model.review_probability},
    ).fetchall()
    found = {str(decision): Outcome(str(decision), int(pairs), float(matches)) for decision, pairs, matches in rows}
    return tuple(found.get(name, Outcome(name, 0, 0.0)) for name in ("link", "review", "below", "reject"))


def unlinkable_rows(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> tuple[Unlinkable, ...]:
    """Each side's rows held against themselves. Leaves the connection's `l`, `r` and `pairs` changed: call it last."""
    sure = model.model_copy(update={"review_probability": model.link_probability})
    con.execute("alter table l rename to first_side")
    con.execute("drop view r" if sides.same else "alter table r rename to second_side")
    found = []
    for side, relation, rows in (("left", "first_side", sides.left), ("right", "second_side", sides.right)):
        if sides.same and side == "right":
            continue
        con.execute(f"create or replace view l as select * from {relation}")
        con.execute("create or replace view r as select * from l")
        step = max(1, rows // _SAMPLED_ROWS)
        con.execute("create or replace table pairs as select seq as la, seq as ra from l where seq % $step = 0",
                    {"step": step})  # fmt: skip
        score(con, sure, given_weights(sure, sides), present_patterns(con, sure))
        row = con.execute("select (select count(*) from pairs), (select count(*) from scored)").fetchone() or (0, 0)
        found.append(Unlinkable(side, int(row[0]), int(row[0]) - int(row[1])))
    return tuple(found)
