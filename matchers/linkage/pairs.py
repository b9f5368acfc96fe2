"""Candidate pairs and their levels: blocking rules counted before a pair is made; levels as one number per pair."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.linkage.blocks import Blocks, Keys, Seqs, make_blocks, slices
from matchers.linkage.model import LinkModel
from matchers.linkage.places import places_values
from matchers.linkage.tables import Both, Side, evaluate, row_columns
from schemas.errors import InputError

_PLAIN_KEY = re.compile(r"nullif\((\w+), 0\)")
Known = Mapping[str, Keys]
NONE: Known = {}
_MIX, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


@dataclass(frozen=True)
class RulePlan:
    """One blocking rule and the pairs it would bring by itself."""

    rule: str
    pairs: int


def key_sql(model: LinkModel, key: str) -> str:
    """SQL of one key (`name.fold`) over one row."""
    column, _, form = key.partition(".")
    return model.kind(column).keys[form].replace("{c}", column)


def rule_sql(model: LinkModel, rule: str) -> str:
    """SQL of a rule's 64-bit key over one row, null where any of its parts is missing."""
    parts = [key_sql(model, key) for key in model.blocking[rule]]
    shown = " and ".join(f"({part}) is not null" for part in parts)
    joined = f"hash({', '.join(parts)})" if len(parts) > 1 else f"({parts[0]})::ubigint"
    return f"case when {shown} then {joined} end"


def rule_keys(con: duckdb.DuckDBPyConnection, model: LinkModel, rule: str, side: Side, known: Known = NONE) -> Keys:
    """Each row's key of a rule, 0 where any of its parts is missing. `known`: values of keys looked up before."""
    parts = [known[key] if key in known else key_values(con, model, key, side) for key in model.blocking[rule]]
    return parts[0] if len(parts) == 1 else _joined(parts)


def every_rule_keys(con: duckdb.DuckDBPyConnection, model: LinkModel, side: Side) -> dict[str, Keys]:
    """Each row's keys of all rules; a key that several rules have is looked up once."""
    known = {key: key_values(con, model, key, side) for keys in model.blocking.values() for key in keys}
    return {rule: rule_keys(con, model, rule, side, known) for rule in model.blocking}


def finding_rules(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: tuple[Seqs, Seqs]
) -> dict[str, npt.NDArray[np.bool_]]:
    """By rule, which of these pairs share its key."""
    read = {column for rule in model.blocking for column in row_columns(model, rule_sql(model, rule))}
    left, right = (
        every_rule_keys(con, model, Side(len(seqs), side.take(tuple(sorted(read)), seqs)))
        for side, seqs in zip((both.left, both.right), pairs, strict=True)
    )
    return {rule: (left[rule] == right[rule]) & (left[rule] != 0) for rule in model.blocking}


def _joined(parts: list[Keys]) -> Keys:
    """Several values of a row as one key; 0 where one of them is."""
    found = np.empty(len(parts[0]), np.uint64)
    for some in slices(len(found)):
        joined = parts[0][some]
        missing = joined == 0
        for part in parts[1:]:
            joined = (joined * _MIX ^ part[some]) * _STIR
            joined ^= joined >> np.uint64(31)
            missing |= part[some] == 0
        joined |= np.uint64(1)
        joined[missing] = 0
        found[some] = joined
    return found


def key_values(con: duckdb.DuckDBPyConnection, model: LinkModel, key: str, side: Side) -> Keys:
    """Each row's value of one key, 0 where it is missing."""
    column, _, form = key.partition(".")
    if form in (places := model.kind(column).places):
        return places_values(side.columns, column, places[form])
    text = key_sql(model, key)
    plain = _PLAIN_KEY.fullmatch(text)
    if plain:
        return np.asarray(side.columns[plain[1]]).astype(np.uint64, copy=False)
    text = f"coalesce({text}, 0)::ubigint"
    return evaluate(con, text, {name: side.columns[name] for name in row_columns(model, text)})


def plan_blocks(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, *, threads: int = 2, without: Seqs | None = None
) -> list[Blocks]:
    """Every rule's blocks. Raises InputError naming the rule over the budget, before a pair is made.

    `without`: rows of one table that no rule brings into a pair.
    """
    sides = (both.left,) if both.same else (both.left, both.right)
    used = Counter(key for keys in model.blocking.values() for key in keys)
    shared = [(key, side) for key, rules in used.items() if rules > 1 for side in sides]

    def looked_up(wanted: tuple[str, Side]) -> Keys:
        with con.cursor() as cursor:
            return key_values(cursor, model, *wanted)

    def planned(rule: str) -> Blocks:
        with con.cursor() as cursor:
            keys = [rule_keys(cursor, model, rule, *one) for one in zip(sides, known, strict=True)]
        if without is not None and len(without):
            keys = [one.copy() for one in keys]
            keys[0][without] = 0
        return make_blocks(rule, keys[0], keys[-1], same=both.same, crowd=model.crowded.get(rule))

    with ThreadPoolExecutor(max_workers=threads) as pool:
        values = list(pool.map(looked_up, shared))
        known = [{key: found for (key, of), found in zip(shared, values, strict=True) if of is side} for side in sides]
        blocks = list(pool.map(planned, model.blocking))
    for block in blocks:
        _within_budget(model, RulePlan(block.rule, block.pairs))
    return blocks


def _within_budget(model: LinkModel, plan: RulePlan) -> None:
    if plan.pairs > model.max_pairs:
        raise InputError(
            f"分组规则 {plan.rule} 会产生约 {plan.pairs:,} 对，超过上限 {model.max_pairs:,}",
            rule="pair_budget", action="给该规则再加一个键，或去掉它；确有需要时提高 max_pairs",
        )  # fmt: skip


def level_sql(model: LinkModel, column: str) -> str:
    """SQL of one comparison over the rows `l` and `r`: 0 is null, then the declared levels in order."""
    kind = model.kind(column)
    missing = kind.missing
    source = model.implied.get(column)
    if source:
        missing = f"{missing} or ({_implied(model, column, source)})"
    levels = enumerate(model.comparisons[column], start=1)
    cases = " ".join(f"when {kind.levels[name]} then {number}" for number, name in levels)
    return f"case when {missing} then 0 {cases} end::utinyint".replace("{c}", column)


def level_columns(model: LinkModel) -> str:
    """SQL: one small integer per comparison."""
    return ", ".join(f"{level_sql(model, column)} as {column}_level" for column in model.comparisons)


def level_among(model: LinkModel, column: str, names: tuple[str, ...]) -> str:
    """SQL: rows `l` and `r` are at one of these levels of a column; never true where a side shows nothing."""
    kind = model.kind(column)
    cases = " ".join(f"when {kind.levels[name]} then {name in names}" for name in model.comparisons[column])
    return f"case when {kind.missing} then false {cases} else false end".replace("{c}", column)


def _implied(model: LinkModel, column: str, source: str) -> str:
    kind = model.kind(column)
    return " and ".join(kind.silent.replace("{id}", f"{side}.{source}") for side in "lr")


def radixes(model: LinkModel) -> dict[str, int]:
    """What each comparison's level number is multiplied by in a pattern."""
    found, radix = {}, 1
    for column, levels in model.comparisons.items():
        found[column] = radix
        radix *= len(levels) + 1
    return found


def levels_of(model: LinkModel, pattern: int) -> dict[str, int]:
    """A pattern's level numbers by column."""
    found = {}
    for column, levels in model.comparisons.items():
        pattern, found[column] = divmod(pattern, len(levels) + 1)
    return found
