"""u of every level: how often two rows that have nothing to do with each other agree, from random pairs and counts."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from matchers.linkage.chances import (
    ID_PLACES,
    id_chance,
    id_join,
    make_id_masks,
    make_id_shares,
    make_right_shares,
    make_value_shares,
)
from matchers.linkage.learn import Floats, levels_by_column
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import level_columns, pattern_of
from matchers.linkage.tables import Sides

_RANDOM_PAIRS = 1_000_000
_PAIRS_FOR_IDS = 20_000
_SEED = 20261121
_COUNTED_WITHIN = {"phone": {"full": "full", "visible": "head3_tail4"}}
"""Levels too rare for random pairs: chance of the key that stands for them, among the rows of one unique side."""


def pattern_counts(con: duckdb.DuckDBPyConnection, model: LinkModel, pairs: str) -> tuple[list[int], Floats]:
    """Every pattern of levels among the pairs, and how many show it."""
    rows = con.execute(
        f"select {pattern_of(model)} as pattern, count(*) from "
        f"(select {level_columns(model)} from {pairs} p join l on l.seq = p.la join r on r.seq = p.ra) "
        "group by 1 order by 1"
    ).fetchall()
    return [int(row[0]) for row in rows], np.array([row[1] for row in rows], float)


def chance_agreements(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> dict[str, Floats]:
    """u per column and level: from random pairs, and for levels that hardly ever agree by chance from counts."""
    _draw_pairs(con, sides)
    patterns, found = pattern_counts(con, model, "random_pairs")
    shown_levels = levels_by_column(model, patterns)
    u = {}
    for column, levels in model.comparisons.items():
        counts = np.bincount(shown_levels[column], weights=found, minlength=len(levels) + 1) + 0.5
        u[column] = counts / max(counts[1:].sum(), 1.0)
        u[column][0] = 1.0
        for number, name in enumerate(levels, start=1):
            counted = _counted(con, model, column, name)
            if counted is not None:
                u[column][number] = max(counted, 1e-12)
        if model.columns[column] == "resident_id":
            _chance_of_ids(con, model, u[column], column)
    return u


def _draw_pairs(con: duckdb.DuckDBPyConnection, sides: Sides) -> None:
    rng = np.random.default_rng(_SEED)
    drawn = {
        "la": pa.array(rng.integers(0, sides.left, _RANDOM_PAIRS, np.int32)),
        "ra": pa.array(rng.integers(0, sides.right, _RANDOM_PAIRS, np.int32)),
    }
    con.register("drawn", pa.table(drawn))
    con.execute(
        "create or replace table random_pairs as select * from drawn where $distinct or la <> ra",
        {"distinct": not sides.same},
    )
    con.unregister("drawn")


def _counted(con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, level: str) -> float | None:
    """A level's chance from counts; null where the kind names no key for it, or a side's rows may repeat."""
    form = model.kind(column).share_of.get(level)
    if form is not None:
        return _chance_across(con, _key(model, column, form))
    within = _COUNTED_WITHIN.get(model.columns[column], {}).get(level)
    side = "r" if "right" in model.unique else "l" if "left" in model.unique else None
    return _chance_within(con, _key(model, column, within), side) if within and side else None


def _key(model: LinkModel, column: str, form: str) -> str:
    return model.kind(column).keys[form].replace("{c}", column)


def _chance_across(con: duckdb.DuckDBPyConnection, key: str) -> float:
    row = con.execute(
        f"with a as (select {key} as k, count(*) as n from l where ({key}) is not null group by 1), "
        f"b as (select {key} as k, count(*) as n from r where ({key}) is not null group by 1) "
        "select sum(a.n * b.n) / ((select sum(n) from a) * (select sum(n) from b)) from a join b using (k)"
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0


def _chance_within(con: duckdb.DuckDBPyConnection, key: str, side: str) -> float:
    """Chance that two rows of one side share a key, half a pair added: people who stand there once share none with
    themselves, so no true pair is counted as chance."""
    row = con.execute(
        f"with a as (select {key} as k, count(*) as n from {side} where ({key}) is not null group by 1) "
        "select (sum(n * (n - 1) / 2) + 0.5) / greatest(sum(n) * (sum(n) - 1) / 2, 1) from a"
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else 0.5


def _chance_of_ids(con: duckdb.DuckDBPyConnection, model: LinkModel, u: Floats, column: str) -> None:
    """Full, visible and near agreement of IDs, from the places random pairs show and the regions as they are spread."""
    levels = list(model.comparisons[column])
    con.execute(f"create or replace temp table few_pairs as select * from random_pairs limit {_PAIRS_FOR_IDS}")
    make_id_shares(con, column)
    make_id_masks(con, column, "few_pairs")
    make_value_shares(con, model, "few_pairs")
    make_right_shares(con, model, "few_pairs")
    row = con.execute(
        f"select avg({id_chance(column)}) filter (where l.{column}_kind = 1 and r.{column}_kind = 1), "
        f"avg({id_chance(column)}) filter (where l.{column}_kind + r.{column}_kind = 3), "
        f"avg((l.{column}_kind = 3 or r.{column}_kind = 3)::int) "
        f"from few_pairs p join l on l.seq = p.la join r on r.seq = p.ra join rs on rs.seq = p.ra {id_join(column)} "
        f"where l.{column}_kind in (1, 2, 3) and r.{column}_kind in (1, 2, 3)"
    ).fetchone()
    full, visible, wrong = row or (None, None, None)
    near = full * _near_ids() * max(float(wrong), 1e-4) if full is not None and wrong is not None else None
    for name, chance in (("full", full), ("visible", visible), ("near", near)):
        if name in levels and chance is not None:
            u[levels.index(name) + 1] = max(float(chance), 1e-12)


def _near_ids() -> float:
    """How many times likelier two people's IDs differ in one or two of places 7 to 18 than in none."""
    odds = np.array([(1 - chance) / chance for chance in ID_PLACES])
    return float(odds.sum() + (odds.sum() ** 2 - (odds**2).sum()) / 2)
