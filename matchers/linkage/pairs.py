"""Candidate pairs and their levels: blocking rules counted first, then one pass that compares, weighs and filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from matchers.linkage.model import LinkModel
from matchers.linkage.tables import Sides
from schemas.errors import InputError

MOST_PATTERNS = 50_000
_BUCKET_BITS = 22


@dataclass(frozen=True)
class RulePlan:
    """One blocking rule and the pairs it would bring by itself."""

    rule: str
    pairs: int


def _key(model: LinkModel, key: str) -> str:
    column, _, form = key.partition(".")
    return model.kind(column).keys[form].replace("{c}", column)


def key_table(con: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """Make `lk` and `rk`: `seq` and one 64-bit key per blocking rule, null where any of its parts is missing."""
    columns = []
    for rule, keys in model.blocking.items():
        parts = [_key(model, key) for key in keys]
        shown = " and ".join(f"({part}) is not null" for part in parts)
        joined = f"hash({', '.join(parts)})" if len(parts) > 1 else f"({parts[0]})::ubigint"
        columns.append(f"case when {shown} then {joined} end as {rule}")
    for side in ("l", "r"):
        con.execute(f"create or replace table {side}k as select seq, {', '.join(columns)} from {side}")


def plan_pairs(con: duckdb.DuckDBPyConnection, model: LinkModel) -> list[RulePlan]:
    """Each rule's pairs, counted over buckets of its key (so within a few in a thousand). Raises InputError naming the
    rule over the budget, before a pair is made."""
    left, right = (con.execute(f"select * exclude (seq) from {side}k").fetchnumpy() for side in ("l", "r"))
    plans = [RulePlan(rule, _bucket_pairs(left[rule], right[rule])) for rule in model.blocking]
    for plan in plans:
        if plan.pairs > model.max_pairs:
            raise InputError(
                f"分组规则 {plan.rule} 会产生约 {plan.pairs:,} 对，超过上限 {model.max_pairs:,}",
                rule="pair_budget", action="给该规则再加一个键，或去掉它；确有需要时提高 max_pairs",
            )  # fmt: skip
    return plans


def _bucket_pairs(left: Any, right: Any) -> int:
    """Pairs of equal keys, less what would fall into one bucket by chance."""
    counts = []
    for keys in (left, right):
        shown = keys.compressed() if isinstance(keys, np.ma.MaskedArray) else keys
        mixed = (shown * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _BUCKET_BITS)
        counts.append(np.bincount(mixed.astype(np.int64), minlength=1 << _BUCKET_BITS))
    together = float(counts[0] @ counts[1])
    chance = float(counts[0].sum()) * float(counts[1].sum()) / (1 << _BUCKET_BITS)
    return max(round(together - chance), 0)


def make_pairs(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> None:
    """Make `pairs`: la, ra, each pair once however many rules bring it."""
    order = " and a.seq < b.seq" if sides.same else ""
    parts = [
        f"select a.seq as la, b.seq as ra from lk a join rk b on a.{rule} = b.{rule}{order}" for rule in model.blocking
    ]
    con.execute(f"create or replace table pairs as {' union '.join(parts)}")


def level_columns(model: LinkModel) -> str:
    """SQL: one small integer per comparison; 0 is null, then the declared levels in order."""
    columns = []
    for column, levels in model.comparisons.items():
        kind = model.kind(column)
        missing = kind.missing
        source = model.implied.get(column)
        if source:
            missing = f"{missing} or ({_implied(model, column, source)})"
        cases = " ".join(f"when {kind.levels[name]} then {number}" for number, name in enumerate(levels, start=1))
        columns.append(f"case when {missing} then 0 {cases} end::utinyint as {{c}}_level".replace("{c}", column))
    return ", ".join(columns)


def level_among(model: LinkModel, column: str, names: tuple[str, ...]) -> str:
    """SQL: rows `l` and `r` are at one of these levels of a column; never true where a side shows nothing."""
    kind = model.kind(column)
    cases = " ".join(f"when {kind.levels[name]} then {name in names}" for name in model.comparisons[column])
    return f"case when {kind.missing} then false {cases} else false end".replace("{c}", column)


def _implied(model: LinkModel, column: str, source: str) -> str:
    kind = model.kind(column)
    form, none = kind.silent_as or kind.shown_as or ("male", "-1")
    return f"l.{source}_{form} <> {none} and r.{source}_{form} <> {none}"


def pattern_of(model: LinkModel) -> str:
    """SQL: all level numbers as one number, in mixed radix."""
    terms, radix = [], 1
    for column, levels in model.comparisons.items():
        terms.append(f"{column}_level::uinteger * {radix}")
        radix *= len(levels) + 1
    return " + ".join(terms)


def levels_of(model: LinkModel, pattern: int) -> dict[str, int]:
    """A pattern's level numbers by column."""
    found = {}
    for column, levels in model.comparisons.items():
        pattern, found[column] = divmod(pattern, len(levels) + 1)
    return found


def present_patterns(con: duckdb.DuckDBPyConnection, model: LinkModel) -> list[int]:
    """Every pattern the model's levels can make; the weights table is small beside the pairs."""
    size = 1
    for levels in model.comparisons.values():
        size *= len(levels) + 1
    if size <= MOST_PATTERNS:
        return list(range(size))
    rows = con.execute(
        f"select distinct {pattern_of(model)} from (select {level_columns(model)} from pairs p "
        "join l on l.seq = p.la join r on r.seq = p.ra) order by 1"
    ).fetchall()
    return [int(row[0]) for row in rows]
