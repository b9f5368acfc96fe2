"""One entry per decision: its pairs and the matches expected among them by the model's own probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Pairs, packed
from matchers.deciding.settling import Decision, decide_scored
from matchers.deciding.thresholds import decide, keep_scored
from matchers.deciding.tier_scores import score_by_tiers
from matchers.deciding.tiers import Keep
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Side
from matchers.weighing.entities import identical_rows
from matchers.weighing.score import given_weights, score_pairs

_FAINTEST = 0.001
_SAMPLED_ROWS = 20_000


@dataclass(frozen=True)
class ExpectedOutcome:
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
) -> tuple[ExpectedOutcome, ...]:
    """Link, review and reject among the candidates, and the matches expected in each by the probabilities."""
    outcomes = (_decided_by_tiers if model.evidence_tiers else _decided_by_weight)(con, model, both, pairs)
    return tuple(outcomes.get(name, ExpectedOutcome(name, 0, 0.0)) for name in ("link", "review", "below", "reject"))


def _decided_by_weight(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs
) -> dict[str, ExpectedOutcome]:
    """One entry per decision of a model without tiers; pairs of a probability below 0.001 are left out."""
    faint = model.model_copy(update={"review_probability": _FAINTEST})
    keep_scored(con, score_pairs(con, faint, given_weights(faint, both.counts), both, [pairs]))
    decide(con, faint, same=both.same)
    rows = con.execute(
        "select case when decision = 'review' and match_weight < log2($review / (1 - $review)) then 'below' "
        "else decision end as decided, count(*), sum(1 / (1 + pow(2, -match_weight))) from decided group by 1",
        {"review": model.review_probability},
    ).fetchall()
    return {
        str(decision): ExpectedOutcome(str(decision), int(count), float(matches)) for decision, count, matches in rows
    }


def _decided_by_tiers(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs
) -> dict[str, ExpectedOutcome]:
    scored = score_by_tiers(con, model, both, [pairs], keep=Keep.SCORED, entities=_entities(both.left, both.same))
    decided = decide_scored(con, model, both, scored).decision
    names = {"link": Decision.LINK, "review": Decision.REVIEW, "reject": Decision.REJECT}
    return {
        name: ExpectedOutcome(
            name, int((decided == decision).sum()), float(scored.probability[decided == decision].sum())
        )
        for name, decision in names.items()
    }


def unlinkable_rows(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> tuple[Unlinkable, ...]:
    """Each side's rows, evenly drawn, held against themselves; values count as often as their own side shows them."""
    links = _links_by_tiers if model.evidence_tiers else _links_by_weight
    unlinkable = []
    for name, side in (("left", both.left),) if both.same else (("left", both.left), ("right", both.right)):
        seqs = np.arange(0, side.rows, max(1, side.rows // _SAMPLED_ROWS), dtype=np.int64)
        unlinkable.append(Unlinkable(name, len(seqs), len(seqs) - links(con, model, both, side, packed(seqs, seqs))))
    return tuple(unlinkable)


def _links_by_weight(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, side: Side, pairs: Pairs) -> int:
    sure = model.model_copy(update={"review_probability": model.link_probability})
    return len(score_pairs(con, sure, given_weights(sure, both.counts), Both(side, side, True), [pairs]).pairs)


def _links_by_tiers(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, side: Side, pairs: Pairs) -> int:
    itself, entities = Both(side, side, both.same), _entities(side, both.same)
    scored = score_by_tiers(con, model, itself, [pairs], keep=Keep.ALL, entities=entities)
    return int(decide_scored(con, model, Both(side, side, True), scored).linked.sum())


def _entities(side: Side, same: bool) -> npt.NDArray[np.int64] | None:
    return identical_rows(side) if same else None
