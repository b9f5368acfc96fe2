"""Values that one person has to themselves (a telephone number): how many names and persons stand behind each."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Keyed, Keys, Pairs, Seqs, unpacked
from matchers.blocking.keys import key_columns, key_values, keyed_rows, shared_values
from matchers.model.evidence_tiers import Owners
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Side
from matchers.weighing.chances import levels_at

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ValueOwners:
    """One entry per pair. `names`: how many full names of the left side bear the value that both rows share, the most
    of several; `persons`: how many rows of the right side do; both 0 where the pair shares none. `of_another`: the rows
    are tied by ID, and a value of the left row is another right row's."""

    names: Numbers
    persons: Numbers
    of_another: Bools

    @classmethod
    def none(cls, pairs: int) -> ValueOwners:
        """No pair shares a value."""
        return cls(np.zeros(pairs, np.int64), np.zeros(pairs, np.int64), np.zeros(pairs, bool))


def value_owners(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs, patterns: npt.NDArray[np.uint64]
) -> ValueOwners:
    """Who bears the values that pairs share, by the model's [settling.owners]."""
    owners = model.settling.owners if model.settling else None
    found = ValueOwners.none(len(pairs))
    if owners is None or owners.value.partition(".")[0] not in model.comparisons:
        return found
    sharing = _at_levels(model, patterns, owners.value.partition(".")[0], _sharing_levels(model, owners))
    rows = np.flatnonzero(sharing)
    places, values = _values_shared(con, model, both, owners.value, unpacked(pairs[rows]))
    wanted, value = np.unique(values, return_inverse=True)
    np.maximum.at(found.names, rows[places], _names_behind(con, model, both.left, owners, wanted)[value])
    np.maximum.at(found.persons, rows[places], _rows_behind(con, model, both.right, owners, wanted)[value])
    tied = np.zeros(len(pairs), bool)
    for column, levels in owners.holder.items():
        if column in model.comparisons:
            tied |= _at_levels(model, patterns, column, levels)
    rows = np.flatnonzero(tied & ~sharing)
    found.of_another[rows] = _of_another(con, model, both, owners.whole, unpacked(pairs[rows]))
    return found


def _sharing_levels(model: LinkModel, owners: Owners) -> tuple[str, ...]:
    """Levels at which two rows share a value: those counted by it, or by the whole of it."""
    column, forms = owners.value.partition(".")[0], [key.partition(".")[2] for key in (owners.value, owners.whole)]
    return tuple(name for name, form in model.kind(column).share_of.items() if form in forms)


def _at_levels(model: LinkModel, patterns: npt.NDArray[np.uint64], column: str, names: tuple[str, ...]) -> Bools:
    numbers = [number for number, name in enumerate(model.comparisons[column], start=1) if name in names]
    return np.isin(levels_at(model, patterns, column), numbers)


def _values_shared(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, key: str, seqs: tuple[Seqs, Seqs]
) -> tuple[Seqs, Keys]:
    read = key_columns(model, key)
    sides = (Side(len(some), side.take(read, some)) for side, some in zip((both.left, both.right), seqs, strict=True))
    return shared_values(*(keyed_rows(con, model, key, side) for side in sides))


def _names_behind(
    con: duckdb.DuckDBPyConnection, model: LinkModel, left: Side, owners: Owners, wanted: Keys
) -> Numbers:
    """Per value how many different full names of the left side stand beside it."""
    column = owners.names.partition(".")[0]
    if column not in model.columns:
        return np.zeros(len(wanted), np.int64)
    names = np.where(
        np.asarray(left.columns[f"{column}_kind"]) == 1, key_values(con, model, owners.names, left), np.uint64(0)
    )
    bearers, value = _bearing(keyed_rows(con, model, owners.value, left), wanted)
    named = names[bearers] != 0
    return _distinct_per_value(value[named], names[bearers[named]], len(wanted))


def _rows_behind(
    con: duckdb.DuckDBPyConnection, model: LinkModel, right: Side, owners: Owners, wanted: Keys
) -> Numbers:
    """Per value how many rows of the right side bear it."""
    bearers, value = _bearing(keyed_rows(con, model, owners.value, right), wanted)
    return _distinct_per_value(value, bearers.astype(np.uint64), len(wanted))


def _bearing(keyed: Keyed, wanted: Keys) -> tuple[Seqs, Seqs]:
    """Rows that bear a wanted value, and which: one entry per row and value."""
    if not len(wanted):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(wanted, keyed.keys), len(wanted) - 1)
    borne = np.flatnonzero((wanted[place] == keyed.keys) & (keyed.keys != 0))
    return borne if keyed.bearers is None else keyed.bearers[borne], place[borne]


def _distinct_per_value(value: Seqs, marks: Keys, values: int) -> Numbers:
    """Per value how many different marks stand beside it."""
    order = np.lexsort((marks, value))
    value, marks = value[order], marks[order]
    fresh = np.ones(len(value), bool)
    fresh[1:] = (value[1:] != value[:-1]) | (marks[1:] != marks[:-1])
    return np.bincount(value[fresh], minlength=values)


def _of_another(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, key: str, seqs: tuple[Seqs, Seqs]
) -> Bools:
    """Pairs whose left row bears a whole value that a right row other than its own bears."""
    left = Side(len(seqs[0]), both.left.take(key_columns(model, key), seqs[0]))
    own = keyed_rows(con, model, key, left)
    wanted = np.unique(own.keys[own.keys != 0])
    places, value = _bearing(own, wanted)
    bearers, borne = _bearing(keyed_rows(con, model, key, both.right), wanted)
    rows = _distinct_per_value(borne, bearers.astype(np.uint64), len(wanted))
    bears = np.isin(_with_row(value, seqs[1][places]), _with_row(borne, bearers))
    found = np.zeros(len(seqs[0]), bool)
    found[places[rows[value] > bears]] = True
    return found


def _with_row(value: Seqs, row: Seqs) -> Pairs:
    return value.astype(np.uint64) << np.uint64(32) | row.astype(np.uint64)
