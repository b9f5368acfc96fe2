"""Scored pairs decided by their match weight alone: thresholds, margins, and one partner at most on a unique side."""

from __future__ import annotations

import duckdb
import numpy as np

from matchers.blocking.blocks import unpacked
from matchers.model.link_model import LinkModel
from matchers.relations import make
from matchers.weighing.score import Scored, log_odds


def keep_scored(con: duckdb.DuckDBPyConnection, scored: Scored) -> None:
    """Make the relation `scored`: la, ra, pattern, match_weight."""
    left, right = unpacked(scored.pairs)
    con.register("found", {
        "la": left.astype(np.int32), "ra": right.astype(np.int32), "pattern": scored.patterns,
        "match_weight": scored.bits,
    })  # fmt: skip
    make(con, "scored", "select * from found")
    con.unregister("found")


def decide(con: duckdb.DuckDBPyConnection, model: LinkModel, *, same: bool) -> None:
    """Make `decided`: scored pairs with decision link, review or reject.

    On a unique side a row has one partner at most: its best; another within the margin puts both before a person. Sides
    are unique where two tables are linked; a row of one table may have any number of duplicates.
    """
    # a relation of one row, since DuckDB loads pandas to look at bound values
    con.register(
        "limits", {"least_link": np.array([log_odds(model.link_probability)]), "margin": np.array([model.margin_bits])}
    )
    make(con, "decided", decision_sql(model, "la, ra, pattern, match_weight", same=same))
    con.unregister("limits")


def decision_sql(model: LinkModel, kept: str, *, same: bool) -> str:
    """SQL: one decision per row of `scored` (la, ra, match_weight), by `limits` (least_link, margin, in bits).

    It selects the columns to keep and `decision`. DuckDB and Spark run the same text.
    """
    keys = [] if same else [{"left": "la", "right": "ra"}[side] for side in model.unique]
    placed = "".join(
        f", max(match_weight) over (partition by {key}) - match_weight as behind_{key}"
        f", count_if(match_weight >= best_{key} - margin) over (partition by {key}) as close_{key}"
        for key in keys
    )
    best = "".join(f", max(match_weight) over (partition by {key}) as best_{key}" for key in keys)
    beaten = " or ".join(f"behind_{key} > margin" for key in keys) or "false"
    tied = " or ".join(f"close_{key} > 1" for key in keys) or "false"
    return (
        f"with topped as (select *{best} from scored cross join limits), "
        f"placed as (select *{placed} from topped) "
        f"select {kept}, case when {beaten} then 'reject' "
        f"when match_weight < least_link or {tied} then 'review' else 'link' end as decision from placed"
    )
