"""Term frequencies: per pair, the chance that a non-matching pair agrees on the very value it agrees on."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Pairs, Seqs, distinct, unpacked
from matchers.blocking.keys import key_sql, key_values
from matchers.encoding.digits import unmasked_places
from matchers.encoding.slices import slices
from matchers.model.link_model import TERM_FREQUENCY, LinkModel
from matchers.sides.encoded import Both, Side
from matchers.sides.row_sql import row_columns
from matchers.weighing.entities import DistinctPerEntity, identical_rows, joined
from matchers.weighing.levels import radixes

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]
RAREST_ID = 1e-12
"""No ID is taken to be rarer than this when a pair is given up before its chance is counted."""

# Chance that two people agree on one place of the ID, places 7 to 18: year, month, day, sequence, check digit.
ID_PLACES = (0.9, 0.9, 0.15, 0.1, 0.6, 0.12, 0.33, 0.1, 0.2, 0.12, 0.11, 0.1)


REGION_SIZES = (6, 4, 2, 1)
_FEW_VALUES = 2_000
_LOOKED_AT = 20_000
_SPREAD_BITS, _MOST_BITS = 4, 22
_MIX = np.uint64(0x9E3779B97F4A7C15)


def term_frequency_levels(model: LinkModel) -> list[tuple[str, int, str]]:
    """One (column, level number, key form) per comparison level that is adjusted for term frequency."""
    return [
        (column, number, model.kind(column).share_of[name])
        for column, levels in model.comparisons.items()
        for number, name in enumerate(levels, start=1)
        if name in model.kind(column).share_of and levels[name].u == TERM_FREQUENCY
    ]


def id_columns(model: LinkModel) -> list[str]:
    """One name per compared column of resident IDs."""
    return [column for column in model.comparisons if model.columns[column] == "resident_id"]


def id_levels(model: LinkModel) -> list[tuple[str, int]]:
    """One (column, level number) per level of an ID column whose chance follows from the unmasked places."""
    return [
        (column, number)
        for column in id_columns(model)
        for number, (name, level) in enumerate(model.comparisons[column].items(), 1)
        if name in ("full", "visible") and level.u == TERM_FREQUENCY
    ]


@dataclass(frozen=True)
class _FrequencyLevel:
    """Levels of one column that share one term frequency; `form` is null for the unmasked places of IDs."""

    column: str
    levels: tuple[int, ...]
    form: str | None


def _frequency_levels(model: LinkModel) -> list[_FrequencyLevel]:
    """One entry per term frequency of the model, the column with most levels first."""
    ids = [_FrequencyLevel(c, tuple(n for name, n in id_levels(model) if name == c), None) for c in id_columns(model)]
    return ids + [_FrequencyLevel(column, (number,), form) for column, number, form in term_frequency_levels(model)]


class ValueCounts(Protocol):
    """Term frequencies over whole tables, counted elsewhere because the sides hold only some of their rows."""

    def rarest(self, column: str, form: str) -> float:
        """A lower bound of every value's frequency (a share of rows)."""

    def of(self, column: str, form: str | int, wanted: Keys) -> tuple[Floats, int]:
        """Rows per wanted value, and rows with any value. `form`: the form of a key, or how many of an ID's first
        places make a region (the region's value is its digits and 1)."""


class ValueChances:
    """Term frequencies of the values that pairs agree on, counted over both sides; for IDs, of their regions.

    In deduplication they are counted over entities, not rows (`entities`: each row's first of its own
    duplicates; at first the identical rows), and the entity at hand does not count among those who could.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, entities: Seqs | None = None,
        counts: ValueCounts | None = None,
    ) -> None:  # fmt: skip
        self._con, self._model, self._both, self._counts = con, model, both, counts
        self.entities = identical_rows(both.left) if both.same and entities is None and counts is None else entities
        self._once = DistinctPerEntity(self.entities) if both.same and self.entities is not None else None

    def after(self, links: Pairs) -> ValueChances:
        """The term frequencies after the rows of these pairs were merged into one entity."""
        if self.entities is None:
            return self
        return ValueChances(self._con, self._model, self._both, joined(self.entities, links))

    def _share(self, bearers: Floats, with_value: int) -> Floats:
        """Frequency of a value: rows with it per row with any; in deduplication without the row's own entity."""
        if not self._both.same:
            return np.asarray(bearers / max(with_value, 1))
        return np.asarray(np.maximum(bearers - 1, 1.0) / max(with_value - 1, 2))

    def rarest(self, column: str, form: str) -> float:
        """A lower bound of every value's frequency: the rarest value's in a column of few values, else half a row."""
        if self._counts is not None:
            return self._counts.rarest(column, form)
        sides = self._sides()
        first = np.concatenate([self._keys(column, form, _head(side)) for side in sides])
        if len(distinct(first)) < _FEW_VALUES:
            keys = np.sort(np.concatenate([self._once_each(column, form, side) for side in sides]))
            keys = keys[np.searchsorted(keys, 1) :]
            if not len(keys):
                return 1.0
            ends = np.append(np.flatnonzero(keys[1:] != keys[:-1]) + 1, len(keys))
            fewest = self._share(np.diff(ends, prepend=0).min(keepdims=True).astype(np.float64), len(keys))
            # rows that turn out to be one entity later make a value rarer than it is among the rows
            return float(fewest[0]) / (1 if self._once is None else 2)
        return 1 / (2 * max(sum(side.rows for side in sides), 1))

    def bits(self, pairs: Pairs, patterns: npt.NDArray[np.uint64], *, threads: int = 2) -> Floats:
        """Per pair the bits added by term-frequency adjustment, summed over its columns (float64)."""

        def worth(level: _FrequencyLevel) -> tuple[npt.NDArray[np.int64], Floats]:
            with self._con.cursor() as cursor:
                same = ValueChances(cursor, self._model, self._both, self.entities, self._counts)
                return same._worth(level, pairs, patterns)

        total = np.zeros(len(pairs))
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for rows, bits in pool.map(worth, _frequency_levels(self._model)):
                total[rows] += bits
        return total

    def bits_by_column(self, pairs: Pairs, patterns: npt.NDArray[np.uint64]) -> dict[str, float]:
        """The bits added by term-frequency adjustment to one pair, by column."""
        by_column: dict[str, float] = {}
        for level in _frequency_levels(self._model):
            rows, bits = self._worth(level, pairs, patterns)
            if len(rows):
                by_column[level.column] = float(bits[0])
        return by_column

    def _worth(
        self, level: _FrequencyLevel, pairs: Pairs, patterns: npt.NDArray[np.uint64]
    ) -> tuple[npt.NDArray[np.int64], Floats]:
        """The pairs at these levels (a mask), and the bits their values add."""
        rows = np.flatnonzero(np.isin(levels_at(self._model, patterns, level.column), level.levels))
        if not len(rows):
            return rows, np.zeros(0)
        left, right = unpacked(pairs[rows])
        if level.form is None:
            return rows, -np.log2(self.id_chances(level.column, left, right))
        return rows, -np.log2(self._shares(level.column, level.form, right))

    def _sides(self) -> tuple[Side, ...]:
        return (self._both.left,) if self._both.same else (self._both.left, self._both.right)

    def _keys(self, column: str, form: str, side: Side) -> Keys:
        return key_values(self._con, self._model, f"{column}.{form}", side)

    def _once_each(self, column: str, form: str, side: Side) -> Keys:
        """A side's keys, each once per entity that has it."""
        keys = self._keys(column, form, side)
        return keys if self._once is None else self._once.of(keys)

    def _shares(self, column: str, form: str, right: npt.NDArray[np.int64]) -> Floats:
        """Per pair the frequency of the right row's value among the rows of both sides."""
        text = key_sql(self._model, f"{column}.{form}")
        taken = self._both.right.take(row_columns(self._model, text), right)
        wanted, place = np.unique(self._keys(column, form, Side(len(right), taken)), return_inverse=True)
        if self._counts is not None:
            return self._share(*self._counts.of(column, form, wanted))[place]
        counts, with_value = np.zeros(len(wanted)), 0
        for side in self._sides():
            keys = self._once_each(column, form, side)
            counts += counts_of(wanted, keys)
            with_value += int(np.count_nonzero(keys))
        return self._share(counts, with_value)[place]

    def id_chances(self, column: str, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> Floats:
        """Per pair the chance that a random person's ID agrees on every place unmasked in both IDs."""
        names = (f"{column}_head", f"{column}_head_mask", f"{column}_tail_mask")
        left_ids, right_ids = self._both.left.take(names[1:], left), self._both.right.take(names, right)
        heads, head = np.unique(left_ids[names[1]] & right_ids[names[1]], return_inverse=True)
        tails, tail = np.unique(left_ids[names[2]] & right_ids[names[2]], return_inverse=True)
        ways, place = np.unique(head * len(tails) + tail, return_inverse=True)
        masks = [unmasked_places(int(heads[way // len(tails)]), int(tails[way % len(tails)])) for way in ways.tolist()]
        body = [math.prod(c for seen, c in zip(places[6:], ID_PLACES, strict=True) if seen) for places in masks]
        sizes = np.array([next((s for s in REGION_SIZES if all(places[:s])), 0) for places in masks], np.int64)[place]
        chance = np.array(body)[place]
        for size in np.unique(sizes[sizes > 0]).tolist():
            rows = np.flatnonzero(sizes == size)
            chance[rows] *= self._regions(column, size, right_ids[names[0]][rows])
        return chance

    def _regions(self, column: str, size: int, heads: Keys) -> Floats:
        """Per pair the share of both sides' IDs with the same region (first places)."""
        mask = np.uint64(16**size - 1)
        wanted, place = np.unique((heads & mask) + np.uint64(1), return_inverse=True)
        if self._counts is not None:
            return self._share(*self._counts.of(column, size, wanted))[place]
        counts, with_value = np.zeros(len(wanted)), 0
        for side in self._sides():
            every, masks = side.columns[f"{column}_head"], side.columns[f"{column}_head_mask"]
            for part in slices(side.rows):
                begins = masks[part] & mask == mask
                if self._once is not None:
                    begins &= self._once.first[part]
                counts += counts_of(wanted, (every[part][begins] & mask) + np.uint64(1))
                with_value += int(np.count_nonzero(begins))
        return self._share(counts, with_value)[place]


def levels_at(model: LinkModel, patterns: npt.NDArray[np.uint64], column: str) -> npt.NDArray[np.int64]:
    """Per pattern the level number of one comparison."""
    radix, size = radixes(model)[column], len(model.comparisons[column]) + 1
    return (patterns // np.uint64(radix) % np.uint64(size)).astype(np.int64)


def _head(side: Side) -> Side:
    return Side(min(side.rows, _LOOKED_AT), {name: values[:_LOOKED_AT] for name, values in side.columns.items()})


def counts_of(wanted: Keys, keys: Keys) -> Floats:
    """Per wanted key (sorted, distinct) its count among the keys (int64)."""
    counts = np.zeros(len(wanted))
    if not len(wanted):
        return counts
    bits = min(len(wanted).bit_length() + _SPREAD_BITS, _MOST_BITS)
    shift = np.uint64(64 - bits)
    homes = ((wanted * _MIX) >> shift).view(np.int64)
    tenants = np.full(1 << bits, -1, np.int32)
    tenants[homes] = np.arange(len(wanted))
    displaced = np.flatnonzero(tenants[homes] != np.arange(len(wanted)))
    for part in slices(len(keys)):
        tenant = tenants.take(((keys[part] * _MIX) >> shift).view(np.int64))
        rows = np.flatnonzero(tenant >= 0)
        tenant, values = tenant.take(rows), keys[part].take(rows)
        same = wanted.take(tenant) == values
        counts += np.bincount(tenant[same], minlength=len(wanted))
        others = values[~same]
        if len(displaced) and len(others):
            place = displaced[np.minimum(np.searchsorted(wanted[displaced], others), len(displaced) - 1)]
            counts += np.bincount(place[wanted[place] == others], minlength=len(wanted))
    return counts
