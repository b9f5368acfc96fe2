"""What a trained model may be expected to do here: wrong and missed links by its own probabilities, unlinkable rows."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from matchers.blocking.blocks import Pairs, packed
from matchers.deciding.thresholds import decide, keep_scored
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.weighing.score import given_weights, score_pairs

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


def expected_outcomes(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs
) -> tuple[Outcome, ...]:
    """Link, review and reject among the candidates; pairs fainter than one in a thousand are left out."""
    faint = model.model_copy(update={"review_probability": _FAINTEST})
    keep_scored(con, score_pairs(con, faint, given_weights(faint, both.counts), both, [pairs]))
    decide(con, faint, same=both.same)
    rows = con.execute(
        "select case when decision = 'review' and match_weight < log2($review / (1 - $review)) then 'below' "
        "else decision end as decided, count(*), sum(1 / (1 + pow(2, -match_weight))) from decided group by 1",
        {"review": model.review_probability},
    ).fetchall()
    found = {str(decision): Outcome(str(decision), int(count), float(matches)) for decision, count, matches in rows}
    return tuple(found.get(name, Outcome(name, 0, 0.0)) for name in ("link", "review", "below", "reject"))


def unlinkable_rows(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> tuple[Unlinkable, ...]:
    """Each side's rows held against themselves; values count as often as their own side shows them."""
    sure = model.model_copy(update={"review_probability": model.link_probability})
    weights = given_weights(sure, both.counts)
    found = []
    for name, side in (("left", both.left),) if both.same else (("left", both.left), ("right", both.right)):
        seqs = np.arange(0, side.rows, max(1, side.rows // _SAMPLED_ROWS), dtype=np.int64)
        scored = score_pairs(con, sure, weights, Both(side, side, True), [packed(seqs, seqs)])
        found.append(Unlinkable(name, len(seqs), len(seqs) - len(scored.pairs)))
    return tuple(found)
