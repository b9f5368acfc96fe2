"""What is counted over whole tables before pairs can be weighed and settled, and over which rows of a piece.

A model of weights counts values over the rows of both sides; one with evidence tiers how many of the right side could
bear a value, and who stands behind values that one person has to himself. In one table entities count, not rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np

from matchers.blocking.blocks import Keyed
from matchers.blocking.keys import key_values, keyed_rows
from matchers.deciding.owners import full_names, owners_of
from matchers.engines.spark.pieces import EncodedPiece
from matchers.engines.spark.setting import Keys, Seqs, Setting, working
from matchers.model.link_model import TERM_FREQUENCY
from matchers.weighing.chances import REGION_SIZES, id_columns, term_frequency_levels

VALUES, BEARERS, ENTITIES, NAMES, ROWS = "values", "bearers", "entities", "names", "rows"
_NONE = np.zeros(0, np.uint64)


@dataclass(frozen=True)
class FrequencyKey:
    """One count per value. `how`: VALUES of both sides; BEARERS on the right, and the ENTITIES of one table that bear
    any; full NAMES of the left side beside a value; ROWS of the right side. `form`: of a key, or how many of an ID's
    first places make a region."""

    how: str
    column: str
    form: str | int

    def distinct(self, setting: Setting) -> bool:
        """Whether a bearer counts once per value."""
        return setting.same or self.how in (NAMES, ROWS)

    def shown_by_value(self, setting: Setting) -> bool:
        """Whether those who bear any value are as many as the counts of all values; else pieces count them."""
        return self.how in (VALUES, ENTITIES) or (self.how == BEARERS and isinstance(self.form, int))


@dataclass(frozen=True)
class Borne:
    """One entry per value a row bears (never 0). `marks`: who bears it, where no bearer may count twice; `bearing`: how
    many bear any, where that the counts do not say."""

    values: Keys
    marks: Seqs | None
    bearing: int = 0


def frequency_keys(setting: Setting) -> list[FrequencyKey]:
    """All that is counted per value under a model, each once."""
    model = setting.model
    if not model.evidence_tiers:
        values = [FrequencyKey(VALUES, column, form) for column, _, form in term_frequency_levels(model)]
        regions = [FrequencyKey(VALUES, column, size) for column in id_columns(model) for size in REGION_SIZES]
        return list(dict.fromkeys([*values, *regions]))
    found = []
    for column, levels in model.comparisons.items():
        kind = model.kind(column)
        counted = [name for name, weight in levels.items() if weight.u == TERM_FREQUENCY]
        if any(name in kind.by_places for name in counted):
            found += [FrequencyKey(BEARERS, column, size) for size in REGION_SIZES]
        for form in dict.fromkeys(kind.share_of[name] for name in counted if name not in kind.by_places):
            found += [FrequencyKey(how, column, form) for how in (BEARERS, *([ENTITIES] if setting.same else []))]
    owners = owners_of(model)
    if owners is not None:
        value, whole = (key.partition(".")[::2] for key in (owners.key, owners.full_key))
        found += [FrequencyKey(NAMES, *value), FrequencyKey(ROWS, *value), FrequencyKey(ROWS, *whole)]
    return list(dict.fromkeys(found))


def borne_by(setting: Setting, piece: EncodedPiece, roots: Seqs | None) -> Iterator[Borne]:
    """Of each counted value what a piece's rows bear. `roots`: in one table each row's first of its own duplicates."""
    with working() as con:
        for one in frequency_keys(setting):
            if isinstance(one.form, int):
                yield _regions(setting, one, piece, roots)
            elif one.how == VALUES:
                values = key_values(con, setting.model, f"{one.column}.{one.form}", piece.rows)
                shown = np.flatnonzero(values != 0)
                yield Borne(values[shown], None if roots is None else roots[shown])
            elif not setting.same and piece.side == (0 if one.how != NAMES else 1):
                yield Borne(_NONE, None if one.how == BEARERS else np.zeros(0, np.int64))
            else:
                yield _of_key(con, setting, one, piece, roots)


def _of_key(
    con: duckdb.DuckDBPyConnection, setting: Setting, one: FrequencyKey, piece: EncodedPiece, roots: Seqs | None
) -> Borne:
    keyed = keyed_rows(con, setting.model, f"{one.column}.{one.form}", piece.rows)
    values, bearers = _keys_with_rows(keyed)
    if one.how == NAMES:
        owners = owners_of(setting.model)
        names = full_names(con, setting.model, piece.rows, owners) if owners else np.zeros(piece.rows.rows, np.uint64)
        named = names[bearers] != 0
        return Borne(values[named], names[bearers[named]].view(np.int64))
    if one.how == ROWS:
        return Borne(values, piece.numbers[bearers])
    if roots is None:
        return Borne(values, None, int(np.count_nonzero(np.bincount(bearers))))
    if one.how == ENTITIES:
        entities = np.unique(roots[bearers])
        return Borne(entities.astype(np.uint64) + np.uint64(1), entities)
    return Borne(values, roots[bearers])


def _keys_with_rows(keyed: Keyed) -> tuple[Keys, Seqs]:
    shown = np.flatnonzero(keyed.keys != 0)
    return keyed.keys[shown], shown if keyed.bearers is None else keyed.bearers[shown]


def _regions(setting: Setting, one: FrequencyKey, piece: EncodedPiece, roots: Seqs | None) -> Borne:
    """Of IDs that show so many first places those places. Tiers count every row of the right side, weights every entity
    of one table."""
    if one.how == BEARERS and not setting.same and piece.side == 0:
        return Borne(_NONE, None)
    mask = np.uint64(16 ** int(one.form) - 1)
    heads, masks = (np.asarray(piece.rows.columns[f"{one.column}_{name}"]) for name in ("head", "head_mask"))
    begins = masks & mask == mask
    if roots is not None and one.how == VALUES:
        begins &= roots == piece.numbers
    rows = np.flatnonzero(begins)
    return Borne((heads[rows] & mask) + np.uint64(1), None if roots is None else piece.numbers[rows])
