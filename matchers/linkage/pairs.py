"""Candidate pairs and their levels: blocking rules counted before a pair is made; levels as one number per pair."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.encoding.several import Numbers, spans
from matchers.linkage.blocks import Blocks, Keyed, Keys, Seqs, make_blocks, slices
from matchers.linkage.comparing import PairRows, Test, at_levels
from matchers.linkage.kinds import Kind
from matchers.linkage.model import LinkModel
from matchers.linkage.places import places_values
from matchers.linkage.tables import Both, PairSql, Side, evaluate, pair_sql, row_columns
from schemas.errors import InputError

_PLAIN_KEY = re.compile(r"nullif\((\w+), 0\)")
Known = Mapping[str, Keyed]
Names = Collection[str]
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


def is_listed(model: LinkModel, key: str) -> bool:
    """Whether a row may show several values of a key."""
    column, _, form = key.partition(".")
    return form in model.kind(column).lists


def key_columns(model: LinkModel, key: str) -> tuple[str, ...]:
    """Encoded columns that a key reads."""
    return (f"{key.partition('.')[0]}_all",) if is_listed(model, key) else row_columns(model, key_sql(model, key))


def keyed_rows(con: duckdb.DuckDBPyConnection, model: LinkModel, key: str, side: Side) -> Keyed:
    """Each row's values of one key: one a row, 0 where it is missing; of cells of several numbers those they show."""
    if not is_listed(model, key):
        return Keyed(key_values(con, model, key, side), side.rows)
    column, _, form = key.partition(".")
    numbers: Numbers = side.columns[f"{column}_all"]
    shown, values = model.kind(column).lists[form](numbers)
    return Keyed(values[shown], side.rows, numbers.rows()[shown])


def rule_keys(con: duckdb.DuckDBPyConnection, model: LinkModel, rule: str, side: Side, known: Known = NONE) -> Keyed:
    """Each row's keys of a rule. `known`: values of keys looked up before."""
    parts = [known[key] if key in known else keyed_rows(con, model, key, side) for key in model.blocking[rule]]
    if len(parts) == 1:
        return parts[0]
    if all(part.bearers is None for part in parts):
        return Keyed(_joined([part.keys for part in parts]), side.rows)
    bearers = np.arange(side.rows)
    aligned: list[Keys] = []
    for part in parts:
        aligned, bearers = _beside(aligned, bearers, part)
    return Keyed(_joined(aligned), side.rows, bearers)


def _beside(before: list[Keys], bearers: Seqs, part: Keyed) -> tuple[list[Keys], Seqs]:
    """Every combination of a row's values so far with its values of one more key."""
    if part.bearers is None:
        return [*before, part.keys[bearers]], bearers
    counts = np.bincount(part.bearers, minlength=part.rows)
    firsts = np.cumsum(counts) - counts
    each = counts[bearers]
    place = np.repeat(np.arange(len(bearers)), each)
    return [*(one[place] for one in before), part.keys[spans(firsts[bearers], each)]], bearers[place]


def finding_rules(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: tuple[Seqs, Seqs]
) -> dict[str, npt.NDArray[np.bool_]]:
    """By rule, which of these pairs share its key."""
    keys = sorted({key for parts in model.blocking.values() for key in parts})
    read = tuple(sorted({column for key in keys for column in key_columns(model, key)}))
    sides = [Side(len(seqs), side.take(read, seqs)) for side, seqs in zip((both.left, both.right), pairs, strict=True)]
    known = [{key: keyed_rows(con, model, key, side) for key in keys} for side in sides]
    found = {}
    for rule in model.blocking:
        left, right = (rule_keys(con, model, rule, *one) for one in zip(sides, known, strict=True))
        found[rule] = _sharing(left, right)
    return found


def _sharing(left: Keyed, right: Keyed) -> npt.NDArray[np.bool_]:
    """Which rows of two sides, row by row, share a key."""
    if left.bearers is None and right.bearers is None:
        return np.asarray((left.keys == right.keys) & (left.keys != 0), np.bool_)
    found = np.zeros(left.rows, bool)
    found[shared_values(left, right)[0]] = True
    return found


def shared_values(left: Keyed, right: Keyed) -> tuple[Seqs, Keys]:
    """Of rows of two sides, row by row, the values both show: the row and the value, one entry per value shared."""
    sides = [(np.arange(one.rows) if one.bearers is None else one.bearers, one.keys) for one in (left, right)]
    counts = [np.bincount(bearers, minlength=left.rows) for bearers, _ in sides]
    firsts = [np.cumsum(count) - count for count in counts]
    rows = np.flatnonzero(counts[0] * counts[1])
    each = (counts[0] * counts[1])[rows]
    place, turn = np.repeat(rows, each), spans(np.zeros(len(rows), np.int64), each)
    one = sides[0][1][firsts[0][place] + turn // counts[1][place]]
    other = sides[1][1][firsts[1][place] + turn % counts[1][place]]
    kept = np.flatnonzero((one == other) & (one != 0))
    return place[kept], one[kept]


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
    """Each row's value of one key, the first where it shows several, 0 where it is missing."""
    column, _, form = key.partition(".")
    if form in model.kind(column).lists:
        return _first_of(keyed_rows(con, model, key, side))
    if form in (places := model.kind(column).places):
        return places_values(side.columns, column, places[form])
    text = key_sql(model, key)
    plain = _PLAIN_KEY.fullmatch(text)
    if plain:
        return np.asarray(side.columns[plain[1]]).astype(np.uint64, copy=False)
    text = f"coalesce({text}, 0)::ubigint"
    return evaluate(con, text, {name: side.columns[name] for name in row_columns(model, text)})


def _first_of(keyed: Keyed) -> Keys:
    found = np.zeros(keyed.rows, np.uint64)
    bearers = np.zeros(0, np.int64) if keyed.bearers is None else keyed.bearers
    found[bearers[::-1]] = keyed.keys[::-1]
    return found


def plan_blocks(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, *, threads: int = 2, without: Seqs | None = None
) -> list[Blocks]:
    """Every rule's blocks. Raises InputError naming the rule over the budget, before a pair is made.

    `without`: rows of one table that no rule brings into a pair.
    """
    sides = (both.left,) if both.same else (both.left, both.right)
    used = Counter(key for keys in model.blocking.values() for key in keys)
    shared = [(key, side) for key, rules in used.items() if rules > 1 for side in sides]

    def looked_up(wanted: tuple[str, Side]) -> Keyed:
        with con.cursor() as cursor:
            return keyed_rows(cursor, model, *wanted)

    def planned(rule: str) -> Blocks:
        with con.cursor() as cursor:
            keys = [rule_keys(cursor, model, rule, *one) for one in zip(sides, known, strict=True)]
        if without is not None and len(without):
            keys = [_without(one, without) for one in keys]
        return make_blocks(rule, keys[0], keys[-1], same=both.same, crowd=model.crowded.get(rule))

    with ThreadPoolExecutor(max_workers=threads) as pool:
        values = list(pool.map(looked_up, shared))
        known = [{key: found for (key, of), found in zip(shared, values, strict=True) if of is side} for side in sides]
        blocks = list(pool.map(planned, model.blocking))
    for block in blocks:
        _within_budget(model, RulePlan(block.rule, block.pairs))
    return blocks


def _without(keyed: Keyed, rows: Seqs) -> Keyed:
    """The keys without those of some rows."""
    gone = np.zeros(keyed.rows, bool)
    gone[rows] = True
    keys = np.where(gone if keyed.bearers is None else gone[keyed.bearers], np.uint64(0), keyed.keys)
    return Keyed(keys, keyed.rows, keyed.bearers)


def _within_budget(model: LinkModel, plan: RulePlan) -> None:
    if plan.pairs > model.max_pairs:
        raise InputError(
            f"分组规则 {plan.rule} 会产生约 {plan.pairs:,} 对，超过上限 {model.max_pairs:,}",
            rule="pair_budget", action="给该规则再加一个键，或去掉它；确有需要时提高 max_pairs",
        )  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """One column's comparison: SQL over the rows `l` and `r`, or tests of a kind with the levels they are tried for."""

    column: str
    sql: PairSql | None
    kind: Kind
    levels: tuple[str, ...]
    source: str | None
    """The column of IDs that shows the same: where both rows' IDs do, it is counted there."""


def comparison(model: LinkModel, column: str) -> Comparison:
    """How a column is compared: level 0 is null, then the declared levels in order."""
    kind = model.kind(column)
    sql = pair_sql(level_sql(model, column)) if kind.tests is None else None
    source = model.implied.get(column)
    return Comparison(column, sql, kind, tuple(model.comparisons[column]), source)


def levels_of_pairs(
    con: duckdb.DuckDBPyConnection, compared: Comparison, both: Both, pairs: tuple[Seqs, Seqs]
) -> npt.NDArray[np.uint8]:
    """One comparison's level number of every pair."""
    if compared.sql is not None:
        columns = {f"l_{name}": values for name, values in both.left.take(compared.sql.left, pairs[0]).items()}
        columns |= {f"r_{name}": values for name, values in both.right.take(compared.sql.right, pairs[1]).items()}
        return evaluate(con, compared.sql.text, columns)
    found = at_levels(pair_rows(compared.column, both, pairs), *_tests(compared.kind), list(compared.levels))
    if compared.source is not None:
        form, empty = compared.kind.shown_by
        name = f"{compared.source}_{form}"
        if name in both.left.columns:
            silent = (both.left.columns[name][pairs[0]] != empty) & (both.right.columns[name][pairs[1]] != empty)
            found[silent] = 0
    return found


def pairs_at(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: tuple[Seqs, Seqs], levels: Mapping[str, Names]
) -> npt.NDArray[np.bool_]:
    """Which pairs stand at one of the named levels of any of these columns; a column that is not there shows nothing.

    What an ID shows as well counts here all the same: no weights are added up.
    """
    found = np.zeros(len(pairs[0]), bool)
    for column, names in levels.items():
        if column in model.comparisons:
            numbers = [number for number, name in enumerate(model.comparisons[column], start=1) if name in names]
            alone = replace(comparison(model, column), source=None)
            found |= np.isin(levels_of_pairs(con, alone, both, pairs), numbers)
    return found


def pair_rows(column: str, both: Both, pairs: tuple[Seqs, Seqs]) -> PairRows:
    """Both rows of many pairs, by one column's forms."""
    return PairRows(column, (both.left.columns, both.right.columns), pairs)


def _tests(kind: Kind) -> tuple[Test, dict[str, Test]]:
    if kind.tests is None:
        raise ValueError("a kind whose levels are SQL")
    return kind.tests


def level_sql(model: LinkModel, column: str) -> str:
    """SQL of one comparison over the rows `l` and `r`: 0 is null, then the declared levels in order."""
    kind = model.kind(column)
    missing = str(kind.missing)
    source = model.implied.get(column)
    if source:
        missing = f"{missing} or ({_implied(model, column, source)})"
    levels = enumerate(model.comparisons[column], start=1)
    cases = " ".join(f"when {kind.levels[name]} then {number}" for number, name in levels)
    return f"case when {missing} then 0 {cases} end::utinyint".replace("{c}", column)


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
