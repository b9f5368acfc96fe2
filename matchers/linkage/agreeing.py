"""u of every level: how often two rows that have nothing to do with each other agree, from random pairs and counts."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.linkage.chances import ID_PLACES, REGION_SIZES, make_id_masks, make_id_shares
from matchers.linkage.learn import Floats, Learned, levels_by_column
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import level_columns, pattern_of
from matchers.linkage.tables import Sides

_ROWS_CROSSED = 1_000
_ROWS_COUNTED = 200_000
_PAIRS_FOR_IDS = 20_000
_COUNTED_WITHIN = {"phone": {"full": "full", "visible": "head3_tail4"}}
"""Levels too rare for random pairs: chance of the key that stands for them, among the rows of one unique side."""


@dataclass(frozen=True)
class Chances:
    """u per column and level; `drawn` marks levels whose u comes from pairs of rows drawn, of which there were so many.

    Among rows drawn are true pairs too: few in large tables, nearly all that agree in small ones.
    """

    u: dict[str, Floats]
    drawn: dict[str, npt.NDArray[np.bool_]]
    pairs: float

    def without_matches(self, learned: Learned) -> dict[str, Floats]:
        """u with the matches that were learned taken out of the pairs drawn."""
        share, least = learned.prior, 0.5 / max(self.pairs, 1.0)
        return {
            column: np.where(
                self.drawn[column], np.maximum((u - share * learned.m[column]) / (1 - share), np.minimum(u, least)), u
            )
            for column, u in self.u.items()
        }


def pattern_counts(con: duckdb.DuckDBPyConnection, model: LinkModel, pairs: str) -> tuple[list[int], Floats]:
    """Every pattern of levels among the pairs, and how many show it."""
    rows = con.execute(
        f"select {pattern_of(model)} as pattern, count(*) from "
        f"(select {level_columns(model)} from {pairs} p join l on l.seq = p.la join r on r.seq = p.ra) "
        "group by 1 order by 1"
    ).fetchall()
    return [int(row[0]) for row in rows], np.array([row[1] for row in rows], float)


def chance_agreements(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> Chances:
    """u per column and level: from pairs of rows drawn evenly, and for levels that hardly ever agree from counts."""
    levels_shown, found = _crossed(con, model, sides)
    u, drawn = {}, {}
    for column, levels in model.comparisons.items():
        counts = np.bincount(levels_shown[column], weights=found, minlength=len(levels) + 1) + 0.5
        u[column] = counts / max(counts[1:].sum(), 1.0)
        u[column][0] = 1.0
        drawn[column] = np.arange(len(levels) + 1) > 0
        for number, name in enumerate(levels, start=1):
            counted = _counted(con, model, column, name, sides)
            if counted is not None:
                u[column][number], drawn[column][number] = max(counted, 1e-12), False
        if model.columns[column] == "resident_id":
            for number, chance in _chance_of_ids(con, model, column):
                u[column][number], drawn[column][number] = max(chance, 1e-12), False
    return Chances(u, drawn, float(found.sum()))


def _crossed(
    con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides
) -> tuple[dict[str, npt.NDArray[np.int64]], Floats]:
    """Level patterns of every pair of two evenly spaced samples of rows. Makes `few_l`, `few_r`."""
    for side, rows in (("l", sides.left), ("r", sides.right)):
        step = {"step": max(1, rows // _ROWS_CROSSED)}
        con.execute(
            f"create or replace table few_{side} as select *, row_number() over (order by seq) - 1 as place "
            f"from {side} where seq % $step = 0 order by seq limit {_ROWS_CROSSED}", step,
        )  # fmt: skip
    found = con.execute(
        f"select {pattern_of(model)} as pattern, count(*) from (select {level_columns(model)} "
        "from few_l l join few_r r on $distinct or l.seq <> r.seq) group by 1 order by 1",
        {"distinct": not sides.same},
    ).fetchall()
    return levels_by_column(model, [int(row[0]) for row in found]), np.array([row[1] for row in found], float)


def _counted(con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, level: str, sides: Sides) -> float | None:
    """A level's chance from counts; null where the kind names no key for it, or a side's rows may repeat."""
    form = model.kind(column).share_of.get(level)
    if form is not None:
        return _chance_across(con, _key(model, column, form), sides)
    within = _COUNTED_WITHIN.get(model.columns[column], {}).get(level)
    side = "r" if "right" in model.unique else "l" if "left" in model.unique else None
    return _chance_within(con, _key(model, column, within), side) if within and side else None


def _key(model: LinkModel, column: str, form: str) -> str:
    return model.kind(column).keys[form].replace("{c}", column)


def _chance_across(con: duckdb.DuckDBPyConnection, key: str, sides: Sides) -> float:
    """Chance that a left and a right row share a key, from rows drawn evenly; half a pair added."""
    row = con.execute(
        f"with a as (select {key} as k, count(*) as n from l "
        f"where ({key}) is not null and seq % $left = 0 group by 1), "
        f"b as (select {key} as k, count(*) as n from r where ({key}) is not null and seq % $right = 0 group by k) "
        "select (coalesce(sum(a.n * b.n), 0) + 0.5) / greatest((select sum(n) from a) * (select sum(n) from b), 1) "
        "from a join b using (k)",
        {"left": max(1, sides.left // _ROWS_COUNTED), "right": max(1, sides.right // _ROWS_COUNTED)},
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


def _chance_of_ids(con: duckdb.DuckDBPyConnection, model: LinkModel, column: str) -> list[tuple[int, float]]:
    """Full, visible and near agreement of IDs by level number: from the places shown and how regions are spread."""
    levels = list(model.comparisons[column])
    con.execute(
        "create or replace temp table few_pairs as select l.seq as la, r.seq as ra "
        f"from few_l l join few_r r on (l.place * 31 + r.place) % {max(1, _ROWS_CROSSED**2 // _PAIRS_FOR_IDS)} = 0"
    )
    make_id_shares(con, column)
    make_id_masks(con, column, "few_pairs")
    full, visible, wrong = con.execute(_id_chances(column)).fetchone() or (None, None, None)
    near = full * _near_ids() * max(float(wrong), 1e-4) if full is not None and wrong is not None else None
    found = (("full", full), ("visible", visible), ("near", near))
    return [(levels.index(name) + 1, float(chance)) for name, chance in found if name in levels and chance is not None]


def _id_chances(column: str) -> str:
    """SQL: mean chance of full and of visible agreement over `few_pairs`, and the share with an invalid ID."""
    regions = " ".join(f"when {size} then coalesce(region{size}.share, 1.0)" for size in REGION_SIZES)
    joins = " ".join(
        f"left join regions_{column}_{size} region{size} on region{size}.k = r.{column}_head & {16**size - 1}"
        for size in REGION_SIZES
    )
    return (
        f"with shown as (select m.chance * case m.size {regions} else 1.0 end as chance, "
        f"l.{column}_kind as lk, r.{column}_kind as rk from few_pairs p join few_l l on l.seq = p.la "
        f"join few_r r on r.seq = p.ra {joins} join masks_{column} m "
        f"on m.head = l.{column}_head_mask & r.{column}_head_mask "
        f"and m.tail = l.{column}_tail_mask & r.{column}_tail_mask "
        f"where l.{column}_kind in (1, 2, 3) and r.{column}_kind in (1, 2, 3)) "
        "select avg(chance) filter (where lk = 1 and rk = 1), avg(chance) filter (where lk + rk = 3), "
        "avg((lk = 3 or rk = 3)::int) from shown"
    )


def _near_ids() -> float:
    """How many times likelier two people's IDs differ in one or two of places 7 to 18 than in none."""
    odds = np.array([(1 - chance) / chance for chance in ID_PLACES])
    return float(odds.sum() + (odds.sum() ** 2 - (odds**2).sum()) / 2)
