"""Candidate pairs and their levels: blocking rules counted before a pair is made; levels as one number per pair."""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Keyed, Keys, Seqs
from matchers.encoding.several import Numbers, spans
from matchers.encoding.slices import slices
from matchers.kinds.places import places_values
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Side
from matchers.sides.row_sql import evaluate, row_columns

_PLAIN_KEY = re.compile(r"nullif\((\w+), 0\)")
KeyedByName = Mapping[str, Keyed]
NONE: KeyedByName = {}
_MIX, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


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
    found = []
    for first, part in side.parts((f"{column}_all",)):
        numbers: Numbers = part.columns[f"{column}_all"]
        shown, values = model.kind(column).lists[form](numbers)
        found.append((values[shown], numbers.rows()[shown] + first))
    keys, bearers = zip(*found, strict=True)
    return Keyed(np.concatenate(keys), side.rows, np.concatenate(bearers))


def rule_keys(
    con: duckdb.DuckDBPyConnection, model: LinkModel, rule: str, side: Side, known: KeyedByName = NONE
) -> Keyed:
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
    if side.spooled:
        parts = side.parts(key_columns(model, key))
        return np.concatenate([key_values(con, model, key, part) for _, part in parts])
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
