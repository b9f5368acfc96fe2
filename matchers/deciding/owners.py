"""One entry per pair: how many names and persons have the value (a telephone number) that both rows share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Keyed, Keys, Pairs, Seqs, unpacked
from matchers.blocking.keys import key_columns, key_values, keyed_rows, shared_values
from matchers.model.evidence_tiers import OwnershipRule
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


class OwnerCounts(Protocol):
    """Counts per value (values sorted and distinct)."""

    def names_behind(self, owners: OwnershipRule, wanted: Keys) -> Numbers:
        """Per value the number of different full names on rows of the left side (int64)."""

    def rows_behind(self, key: str, wanted: Keys) -> Numbers:
        """Per value of a key the number of rows of the right side with it (int64)."""


def owners_of(model: LinkModel) -> OwnershipRule | None:
    """The model's [decision_rules.owners]; null where the tables lack its column."""
    owners = model.decision_rules.owners if model.decision_rules else None
    return owners if owners is not None and owners.key.partition(".")[0] in model.comparisons else None


def value_owners(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs, patterns: npt.NDArray[np.uint64],
    counts: OwnerCounts | None = None,
) -> ValueOwners:  # fmt: skip
    """One entry per pair: how many names and persons have the value it shares, by the model's [decision_rules.owners].

    `counts`: counts over whole tables, where the sides hold only some of their rows.
    """
    owners, owned = owners_of(model), ValueOwners.none(len(pairs))
    if owners is None:
        return owned
    behind = counts or _Behind(con, model, both)
    sharing = _at_levels(model, patterns, owners.key.partition(".")[0], _sharing_levels(model, owners))
    rows = np.flatnonzero(sharing)
    places, values = _values_shared(con, model, both, owners.key, unpacked(pairs[rows]))
    wanted, value = np.unique(values, return_inverse=True)
    np.maximum.at(owned.names, rows[places], behind.names_behind(owners, wanted)[value])
    np.maximum.at(owned.persons, rows[places], behind.rows_behind(owners.key, wanted)[value])
    tied = np.zeros(len(pairs), bool)
    for column, levels in owners.holder_levels.items():
        if column in model.comparisons:
            tied |= _at_levels(model, patterns, column, levels)
    rows = np.flatnonzero(tied & ~sharing)
    owned.of_another[rows] = _of_another(con, model, both, owners.full_key, unpacked(pairs[rows]), behind)
    return owned


@dataclass(frozen=True)
class _Behind:
    """Counts over both sides."""

    con: duckdb.DuckDBPyConnection
    model: LinkModel
    both: Both

    def names_behind(self, owners: OwnershipRule, wanted: Keys) -> Numbers:
        """Per value the number of different full names on rows of the left side (int64)."""
        bearers, value = _bearing(keyed_rows(self.con, self.model, owners.key, self.both.left), wanted)
        names = full_names(self.con, self.model, self.both.left, owners)
        named = names[bearers] != 0
        return _distinct_per_value(value[named], names[bearers[named]], len(wanted))

    def rows_behind(self, key: str, wanted: Keys) -> Numbers:
        """Per value of a key the number of rows of the right side with it (int64)."""
        bearers, value = _bearing(keyed_rows(self.con, self.model, key, self.both.right), wanted)
        return _distinct_per_value(value, bearers.astype(np.uint64), len(wanted))


def full_names(con: duckdb.DuckDBPyConnection, model: LinkModel, side: Side, owners: OwnershipRule) -> Keys:
    """One key per row for its full name (uint64); 0 where the row has none."""
    column = owners.name_key.partition(".")[0]
    if column not in model.columns:
        return np.zeros(side.rows, np.uint64)
    has_full_name = np.asarray(side.columns[f"{column}_kind"]) == 1
    return np.where(has_full_name, key_values(con, model, owners.name_key, side), np.uint64(0))


def _sharing_levels(model: LinkModel, owners: OwnershipRule) -> tuple[str, ...]:
    """Levels at which two rows share a value: those counted by it, or by the whole of it."""
    column, forms = owners.key.partition(".")[0], [key.partition(".")[2] for key in (owners.key, owners.full_key)]
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


def _bearing(keyed: Keyed, wanted: Keys) -> tuple[Seqs, Seqs]:
    """One entry per row and wanted value that the row has: the row, and the value's place."""
    if not len(wanted):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(wanted, keyed.keys), len(wanted) - 1)
    borne = np.flatnonzero((wanted[place] == keyed.keys) & (keyed.keys != 0))
    return borne if keyed.bearers is None else keyed.bearers[borne], place[borne]


def _distinct_per_value(value: Seqs, marks: Keys, values: int) -> Numbers:
    """Per value the number of different digests beside it."""
    order = np.lexsort((marks, value))
    value, marks = value[order], marks[order]
    fresh = np.ones(len(value), bool)
    fresh[1:] = (value[1:] != value[:-1]) | (marks[1:] != marks[:-1])
    return np.bincount(value[fresh], minlength=values)


def _of_another(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, key: str, seqs: tuple[Seqs, Seqs], behind: OwnerCounts
) -> Bools:  # fmt: skip
    """A mask of the pairs whose left row has a whole value of another right row."""
    left, right = (
        keyed_rows(con, model, key, Side(len(rows), side.take(key_columns(model, key), rows)))
        for side, rows in zip((both.left, both.right), seqs, strict=True)
    )
    wanted = np.unique(left.keys[left.keys != 0])
    places, value = _bearing(left, wanted)
    own_places, own_value = _bearing(right, wanted)
    bears = np.isin(_with_row(value, places), _with_row(own_value, own_places))
    another = np.zeros(len(seqs[0]), bool)
    another[places[behind.rows_behind(key, wanted)[value] > bears]] = True
    return another


def _with_row(value: Seqs, row: Seqs) -> Pairs:
    return value.astype(np.uint64) << np.uint64(32) | row.astype(np.uint64)
