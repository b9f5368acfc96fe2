"""One fused pass: levels, bits and filter; then each row's best partner, as far as the model says sides are unique."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pyarrow as pa

from matchers.linkage.chances import (
    counted_levels,
    id_chance,
    id_columns,
    id_join,
    make_id_masks,
    make_id_shares,
    make_right_shares,
    make_value_shares,
    rarest_shares,
)
from matchers.linkage.learn import Learned
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import level_columns, pattern_of
from matchers.linkage.tables import Sides

_RAREST_ID = 1e-12
"""No ID is taken to be rarer than this when a pair is given up before its chance is counted."""


def given_weights(model: LinkModel, sides: Sides) -> Learned:
    """The model's own weights, for a run without training; counted chances are looked up per value anyway."""
    m = {c: np.array([1.0, *(level.m for level in levels.values())]) for c, levels in model.comparisons.items()}
    u = {
        c: np.array([1.0, *(level.u if isinstance(level.u, float) else 1e-6 for level in levels.values())])
        for c, levels in model.comparisons.items()
    }
    return Learned(m, u, model.prior * sides.left / sides.pairs, 0, True)


def _pattern_bits(con: duckdb.DuckDBPyConnection, model: LinkModel, learned: Learned, patterns: list[int]) -> None:
    """Make `pattern_bits`: bits of the levels whose chance is one figure, and the most a pattern could reach at all."""
    counted = {(column, number) for column, number, _ in counted_levels(model)}
    counted |= {
        (c, n)
        for c in id_columns(model)
        for n, name in enumerate(model.comparisons[c], 1)
        if name in ("full", "visible")
    }
    floor = rarest_shares(con, model)
    left = np.array(patterns, np.int64)
    bits = np.full(len(patterns), math.log2(learned.prior / (1 - learned.prior)))
    most = bits.copy()
    for column, levels in model.comparisons.items():
        chances = np.array(
            [1.0, *(1.0 if (column, n) in counted else learned.u[column][n] for n in range(1, len(levels) + 1))]
        )
        rarest = np.array(
            [
                1.0,
                *(
                    floor.get((column, n), _RAREST_ID) if (column, n) in counted else chances[n]
                    for n in range(1, len(levels) + 1)
                ),
            ]
        )
        shown = (np.arange(len(levels) + 1) > 0).astype(float)
        bits += (np.log2(learned.m[column] / chances) * shown)[left % (len(levels) + 1)]
        most += (np.log2(learned.m[column] / rarest) * shown)[left % (len(levels) + 1)]
        left //= len(levels) + 1
    con.register("bits", pa.table({"pattern": pa.array(patterns, pa.uint32()), "bits": bits, "most": most}))
    con.execute("create or replace table pattern_bits as select * from bits")


def score(con: duckdb.DuckDBPyConnection, model: LinkModel, learned: Learned, patterns: list[int]) -> None:
    """Make `scored`: la, ra, pattern, match_weight; only pairs that reach the review threshold.

    Pairs that could not reach it whatever they agree on are gone before any value is counted.
    """
    _pattern_bits(con, model, learned, patterns)
    least = math.log2(model.review_probability / (1 - model.review_probability))
    con.execute(
        f"create or replace table hopeful as "
        f"with x as (select p.la, p.ra, {level_columns(model)} "
        "from pairs p join l on l.seq = p.la join r on r.seq = p.ra), "
        f"y as (select *, {pattern_of(model)} as pattern from x) "
        "select y.*, b.bits from y join pattern_bits b using (pattern) where b.most >= $least",
        {"least": least},
    )
    make_value_shares(con, model, "hopeful")
    for column in id_columns(model):
        make_id_shares(con, column)
        make_id_masks(con, column, "hopeful")
    make_right_shares(con, model, "hopeful")
    extra, joins = _counted_bits(model)
    con.execute(
        "create or replace table scored as "
        f"with weighed as (select x.la, x.ra, x.pattern, x.bits + {extra} as match_weight "
        f"from hopeful x join l on l.seq = x.la join r on r.seq = x.ra {joins}) "
        "select * from weighed where match_weight >= $least",
        {"least": least},
    )


def _counted_bits(model: LinkModel) -> tuple[str, str]:
    """SQL: bits of what pairs agree on where its chance is counted per value, and the joins that takes."""
    terms = [
        f"case when x.{c}_level = {n} then -log2(rs.{c}_{form}_share) else 0 end"
        for c, n, form in counted_levels(model)
    ]
    joins = " join rs on rs.seq = x.ra"
    for column in id_columns(model):
        agreeing = [str(n) for n, name in enumerate(model.comparisons[column], 1) if name in ("full", "visible")]
        terms.append(
            f"case when x.{column}_level in ({', '.join(agreeing)}) then -log2({id_chance(column)}) else 0 end"
        )
        joins += id_join(column)
    return " + ".join(terms) or "0", joins


def decide(con: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """Make `decided`: scored pairs with decision link, review or reject.

    On a unique side a row has one partner at most: its best; another within the margin puts both before a person.
    """
    link = math.log2(model.link_probability / (1 - model.link_probability))
    keys = [{"left": "la", "right": "ra"}[side] for side in model.unique]
    placed = "".join(
        f", max(match_weight) over (partition by {key}) - match_weight as behind_{key}"
        f", count(*) filter (where match_weight >= best_{key} - $margin) over (partition by {key}) as close_{key}"
        for key in keys
    )
    best = "".join(f", max(match_weight) over (partition by {key}) as best_{key}" for key in keys)
    beaten = " or ".join(f"behind_{key} > $margin" for key in keys) or "false"
    tied = " or ".join(f"close_{key} > 1" for key in keys) or "false"
    con.execute(
        f"create or replace table decided as with topped as (select *{best} from scored), "
        f"placed as (select *{placed} from topped) "
        f"select la, ra, pattern, match_weight, case when {beaten} then 'reject' "
        f"when match_weight < $link or {tied} then 'review' else 'link' end as decision from placed",
        {"link": link, "margin": model.margin_bits} if keys else {"link": link},
    )
