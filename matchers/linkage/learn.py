"""m and u of every level, learned without labels: u from counts and random pairs, m by EM over level patterns."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.linkage.chances import (
    id_chance,
    id_join,
    make_id_masks,
    make_id_shares,
    make_right_shares,
    make_value_shares,
)
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import level_columns, levels_of, pattern_of
from matchers.linkage.tables import Sides

_RANDOM_PAIRS = 1_000_000
_SEED = 20261121
_LEAST_M = 1e-4
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Learned:
    """Weights by column and level number (0 is null, always 1/1), the prior, and how EM went."""

    m: dict[str, Floats]
    u: dict[str, Floats]
    prior: float
    rounds: int
    converged: bool


def pattern_counts(con: duckdb.DuckDBPyConnection, model: LinkModel, pairs: str = "pairs") -> tuple[list[int], Floats]:
    """Every pattern of levels among the pairs, and how many show it."""
    rows = con.execute(
        f"select {pattern_of(model)} as pattern, count(*) from "
        f"(select {level_columns(model)} from {pairs} p join l on l.seq = p.la join r on r.seq = p.ra) "
        "group by 1 order by 1"
    ).fetchall()
    return [int(row[0]) for row in rows], np.array([row[1] for row in rows], float)


def chance_agreements(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> dict[str, Floats]:
    """u per column and level: from random pairs, and for levels that hardly ever agree by chance from counts."""
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
    patterns, found = pattern_counts(con, model, "random_pairs")
    shown_levels = [levels_of(model, pattern) for pattern in patterns]
    u = {}
    for column, levels in model.comparisons.items():
        counts = np.bincount([shown[column] for shown in shown_levels], weights=found, minlength=len(levels) + 1)
        shown = max(counts[1:].sum(), 1.0)
        u[column] = np.maximum(counts / shown, 1e-9)
        for number, name in enumerate(levels, start=1):
            form = model.kind(column).share_of.get(name)
            if form is not None:
                u[column][number] = max(_chance_of_key(con, model, column, form), 1e-9)
        if model.columns[column] == "resident_id":
            _chance_of_ids(con, model, u[column], column)
    return u


def _chance_of_ids(con: duckdb.DuckDBPyConnection, model: LinkModel, u: Floats, column: str) -> None:
    """Full and visible agreement of IDs, from the places random pairs show and the regions as they are spread."""
    levels = list(model.comparisons[column])
    con.execute("create or replace temp table few_pairs as select * from random_pairs limit 20000")
    make_id_shares(con, column)
    make_id_masks(con, column, "few_pairs")
    make_value_shares(con, model, "few_pairs")
    make_right_shares(con, model, "few_pairs")
    row = con.execute(
        f"select avg({id_chance(column)}) filter (where l.{column}_kind = 1 and r.{column}_kind = 1), "
        f"avg({id_chance(column)}) filter (where l.{column}_kind + r.{column}_kind = 3) "
        f"from few_pairs p join l on l.seq = p.la join r on r.seq = p.ra join rs on rs.seq = p.ra {id_join(column)} "
        f"where l.{column}_kind in (1, 2) and r.{column}_kind in (1, 2)"
    ).fetchone()
    for name, chance in zip(("full", "visible"), row or (None, None), strict=True):
        if name in levels and chance is not None:
            u[levels.index(name) + 1] = max(float(chance), 1e-12)
    if "near" in levels:
        u[levels.index("near") + 1] = max(u[levels.index("near") + 1], 1e-8)


def _chance_of_key(con: duckdb.DuckDBPyConnection, model: LinkModel, column: str, form: str) -> float:
    key = model.kind(column).keys[form].replace("{c}", column)
    row = con.execute(
        f"with a as (select {key} as k, count(*) as n from l where ({key}) is not null group by 1), "
        f"b as (select {key} as k, count(*) as n from r where ({key}) is not null group by 1) "
        "select sum(a.n * b.n) / ((select sum(n) from a) * (select sum(n) from b)) from a join b using (k)"
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0


def learn(
    patterns: list[int], counts: Floats, u: dict[str, Floats], model: LinkModel, sides: Sides, *, rounds: int = 200
) -> Learned:
    """EM over patterns with u held; the prior is over all pairs there could be, not over the candidates."""
    levels = {
        column: np.array([levels_of(model, pattern)[column] for pattern in patterns]) for column in model.comparisons
    }
    m = {column: _start(model, column) for column in model.comparisons}
    prior = model.prior * sides.left / sides.pairs
    for number in range(1, rounds + 1):
        weight = sum(np.log2(m[column] / u[column])[level] * (level > 0) for column, level in levels.items())
        odds = prior / (1 - prior) * np.exp2(np.clip(weight, -200, 200))
        post = counts * odds / (1 + odds)
        fresh = {column: _shares(level, post, len(m[column])) for column, level in levels.items()}
        new_prior = max(post.sum(), 1.0) / sides.pairs
        moved = max(float(np.abs(fresh[column] - m[column])[1:].max()) for column in m)
        m, prior = fresh, new_prior
        if moved < 1e-6:
            return Learned(m, u, prior, number, True)
    return Learned(m, u, prior, rounds, False)


def _start(model: LinkModel, column: str) -> Floats:
    return np.array([1.0, *(level.m for level in model.comparisons[column].values())])


def _shares(level: npt.NDArray[np.int64], post: Floats, size: int) -> Floats:
    counts = np.bincount(level, weights=post, minlength=size)
    shown = max(counts[1:].sum(), 1e-9)
    shares = np.maximum(counts / shown, _LEAST_M)
    shares[0] = 1.0
    return np.asarray(shares, np.float64)
