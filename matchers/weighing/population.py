"""Term frequencies of the values pairs agree on, from the right side blended with a population, in bits per column.

A registry is a sample of the people a left row could be, so the model's `[population]` is added to the counts. Weights
are rounded to tenths of a bit, so that a few rows more do not change every weight of the ledger.
"""

from __future__ import annotations

import math
from typing import Protocol

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Keyed, Keys, Pairs, Seqs, unpacked
from matchers.blocking.keys import is_listed, key_columns, key_values, keyed_rows, shared_values
from matchers.encoding.digits import unmasked_places
from matchers.model.evidence_tiers import Population
from matchers.model.link_model import TERM_FREQUENCY, LinkModel
from matchers.sides.encoded import Both, Side, Sides
from matchers.weighing.chances import REGION_SIZES, counts_of
from matchers.weighing.levels import pair_rows

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]
_HARDLY = 1e-12


def rounded(values: Floats, places: int) -> Floats:
    """Rounded half away from zero, as SQL does."""
    scale = 10.0**places
    scaled = values * scale
    whole = np.trunc(scaled)
    return np.asarray(np.where(np.abs(scaled - whole) >= 0.5, whole + np.copysign(1.0, scaled), whole) / scale)


def prior_of(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> float:
    """Probability that a random pair is true: the share of left rows with a partner, per row of the right side.

    The share is that of the left rows whose `prior_key` is on the right, where at least `prior_min_rows` have one.
    """
    key = prior_key(model, same=both.same)
    if key is None:
        return prior_of_counts(model, both.counts, 0, 0)
    own, right = key_values(con, model, key, both.left), key_values(con, model, key, both.right)
    own, right = np.sort(own[own != 0]), np.sort(right)
    place = np.minimum(np.searchsorted(right, own), max(len(right) - 1, 0))
    common = int(np.count_nonzero(right[place] == own)) if len(right) else 0
    return prior_of_counts(model, both.counts, common, len(own))


def prior_key(model: LinkModel, *, same: bool) -> str | None:
    """The key from which the prior is estimated; null in deduplication, or where the tables lack its column."""
    key = model.decision_rules.prior_key if model.decision_rules else None
    return key if key and key.partition(".")[0] in model.columns and not same else None


def prior_of_counts(model: LinkModel, sides: Sides, common: int, with_key: int) -> float:
    """The prior per pair, where `with_key` left rows have the prior's key and `common` of those are on the right."""
    rules = model.decision_rules
    if rules is None:
        return prior_per_pair(min(max(model.prior, 1e-9), 0.999), sides)
    share = common / with_key if with_key and with_key >= rules.prior_min_rows else model.prior
    return prior_per_pair(min(max(share, rules.prior_min), rules.prior_max), sides)


def prior_per_pair(share: float, sides: Sides) -> float:
    """The prior per pair from the share of rows with a partner; kept off 0 and 1, whose log odds are infinite."""
    return min(max(share * sides.left / max(sides.pairs, 1.0), _HARDLY), 0.5)


def prior_bits(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> float:
    """Whole bits."""
    return whole_bits(prior_of(con, model, both))


def whole_bits(prior: float) -> float:
    """A probability in whole bits."""
    return float(round(math.log2(prior / (1 - prior))))


class Bearers(Protocol):
    """Counts of the right side's values over its whole table, where the side holds only some of its rows."""

    @property
    def right_rows(self) -> int:
        """How many rows the right side has."""

    def of(self, column: str, form: str | int, wanted: Keys) -> tuple[Floats, int]:
        """Rows per wanted value, and rows with any value. `form`: the form of a key, or how many of an ID's first
        places make a region (the region's value is its digits and 1)."""


class PopulationChances:
    """Term frequencies blended with the population; `entities`: in deduplication each row's first duplicate.

    In deduplication values are counted over entities, so that a person's own duplicates are no non-matching rows.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, entities: Seqs | None = None,
        bearers: Bearers | None = None,
    ) -> None:  # fmt: skip
        self._con, self._model, self._both, self._entities = con, model, both, entities
        self._bearers = bearers
        self._right_rows = both.right.rows if bearers is None else bearers.right_rows
        self._keyed: dict[tuple[str, str], tuple[Keys, int]] = {}

    def chance(self, column: str, pairs: Pairs, level: Levels) -> Floats:
        """Per pair the chance of the very value it agrees on; half of m where no row on the right has it by itself.

        1 at levels whose u is given.
        """
        chances = np.ones(len(level))
        kind = self._model.kind(column)
        for number, (name, weight) in enumerate(self._model.comparisons[column].items(), start=1):
            if weight.u != TERM_FREQUENCY:
                continue
            rows = np.flatnonzero(level == number)
            if not len(rows):
                continue
            seqs = unpacked(pairs[rows])
            some = self._places(column, seqs) if name in kind.by_places else self._shares(column, name, seqs)
            chances[rows] = np.minimum(np.where(np.isnan(some), weight.m / 2, some), 1.0)
        return chances

    def bits(self, column: str, pairs: Pairs, level: Levels) -> Floats:
        """Per pair the match weight of one comparison, in tenths of bits; 0 where a side shows nothing."""
        weights = self._model.comparisons[column].values()
        m = np.array([1.0, *(weight.m for weight in weights)])
        u = np.array([1.0, *(1.0 if weight.u == TERM_FREQUENCY else float(weight.u) for weight in weights)])
        chance = self.chance(column, pairs, level)
        return rounded(np.log2(m[level] / (chance * u[level])), 1)

    def most_bits(self, column: str) -> Floats:
        """Per level the largest match weight a pair can have there, in bits: with the rarest value."""
        kind = self._model.kind(column)
        bits = [0.0]
        for name, weight in self._model.comparisons[column].items():
            if weight.u != TERM_FREQUENCY:
                least = float(weight.u)
            elif name in kind.by_places:
                least = math.prod(self._place_chances()) / max(2 * self._right_rows, 1)
            else:
                least = min(self._rarest(column, kind.share_of[name]), weight.m / 2)
            bits.append(round(math.log2(weight.m / min(least, 1.0)), 1) + 0.1)
        return np.array(bits)

    def _rarest(self, column: str, form: str) -> float:
        given = self._model.population.get(f"{column}.{form}", Population())
        others = given.others + given.people * given.chance or 1.0
        return min(others / max(self._right_rows + given.people, 1.0) + given.collision, 0.5)

    def _shares(self, column: str, name: str, seqs: tuple[Seqs, Seqs]) -> Floats:
        """Per pair the frequency of the value agreed on; NaN where no row on the right has it."""
        kind = self._model.kind(column)
        form = kind.share_of[name]
        key = f"{column}.{form}"
        read = key_columns(self._model, key)
        right = Side(len(seqs[1]), self._both.right.take(read, seqs[1]))
        if is_listed(self._model, key):
            left = Side(len(seqs[0]), self._both.left.take(read, seqs[0]))
            rows, values = shared_values(*(keyed_rows(self._con, self._model, key, side) for side in (left, right)))
            frequencies = np.full(len(seqs[0]), np.nan)
            shares = self._share_of(column, form, values)
            order = np.argsort(shares, kind="stable")
            frequencies[rows[order]] = shares[order]  # the most common of several
            return frequencies
        if name in kind.agreed:
            return self._share_of(column, form, kind.agreed[name](pair_rows(column, self._both, seqs)))
        return self._share_of(column, form, key_values(self._con, self._model, key, right))

    def _share_of(self, column: str, form: str, keys: Keys) -> Floats:
        given = self._model.population.get(f"{column}.{form}", Population())
        others = given.others + given.people * given.chance or 1.0
        wanted, place = np.unique(keys, return_inverse=True)
        counts, bearers = self._counts(column, form, wanted)
        shares = np.minimum((counts - 1 + others) / (bearers + given.people) + given.collision, 1.0)
        shares[counts == 0] = np.nan
        return np.asarray(shares[place], np.float64)

    def _counts(self, column: str, form: str, wanted: Keys) -> tuple[Floats, int]:
        """Rows per wanted key, and rows with any key."""
        if self._bearers is not None:
            return self._bearers.of(column, form, wanted)
        borne, bearers = self._borne(column, form)
        return counts_of(wanted, borne), bearers

    def _borne(self, column: str, form: str) -> tuple[Keys, int]:
        """The right side's keys, each once per row (or entity) that has it, and how many rows have any."""
        if (column, form) not in self._keyed:
            self._keyed[column, form] = self._keys_once_per_bearer(
                keyed_rows(self._con, self._model, f"{column}.{form}", self._both.right)
            )
        return self._keyed[column, form]

    def _keys_once_per_bearer(self, keyed: Keyed) -> tuple[Keys, int]:
        rows_with_value = np.flatnonzero(keyed.keys != 0)
        keys = keyed.keys[rows_with_value]
        if keyed.bearers is None and self._entities is None:
            return keys, len(keys)
        bearers = rows_with_value if keyed.bearers is None else keyed.bearers[rows_with_value]
        if self._entities is None:
            return keys, int(np.count_nonzero(np.bincount(bearers)))
        entities = self._entities[bearers]
        order = np.lexsort((entities, keys))
        keys, entities = keys[order], entities[order]
        fresh = np.ones(len(keys), bool)
        fresh[1:] = (keys[1:] != keys[:-1]) | (entities[1:] != entities[:-1])
        return keys[fresh], len(np.unique(entities))

    def _place_chances(self) -> tuple[float, ...]:
        rules = self._model.decision_rules
        if rules is None:
            raise ValueError(f"model {self._model.name} has no [decision_rules]")
        return rules.id_digit_chance

    def _places(self, column: str, seqs: tuple[Seqs, Seqs]) -> Floats:
        """Per pair the chance that a random ID agrees on every place unmasked in both; regions counted on the right."""
        names = [f"{column}_head", f"{column}_head_mask", f"{column}_tail_mask"]
        left, right = self._both.left.columns, self._both.right.columns
        heads, head = np.unique(left[names[1]][seqs[0]] & right[names[1]][seqs[1]], return_inverse=True)
        tails, tail = np.unique(left[names[2]][seqs[0]] & right[names[2]][seqs[1]], return_inverse=True)
        ways, place = np.unique(head * len(tails) + tail, return_inverse=True)
        masks = [unmasked_places(int(heads[way // len(tails)]), int(tails[way % len(tails)])) for way in ways.tolist()]
        body = [math.prod(c for seen, c in zip(row[6:], self._place_chances(), strict=True) if seen) for row in masks]
        sizes = np.array([next((s for s in REGION_SIZES if all(row[:s])), 0) for row in masks], np.int64)[place]
        chance = np.array(body, np.float64)[place]
        for size in np.unique(sizes[sizes > 0]).tolist():
            rows = np.flatnonzero(sizes == size)
            chance[rows] *= self._regions(column, size, right[names[0]][seqs[1][rows]])
        return chance

    def _regions(self, column: str, size: int, heads: Keys) -> Floats:
        """Per pair the share of the right side's IDs with the same region (first places)."""
        mask = np.uint64(16**size - 1)
        wanted, place = np.unique((heads & mask) + np.uint64(1), return_inverse=True)
        if self._bearers is not None:
            counts, with_value = self._bearers.of(column, size, wanted)
            return np.asarray((counts / max(with_value, 1))[place])
        names = (f"{column}_head", f"{column}_head_mask")
        counts, with_value = np.zeros(len(wanted)), 0
        for _, part in self._both.right.parts(names):
            every = part.columns[names[0]][part.columns[names[1]] & mask == mask]
            counts += counts_of(wanted, (every & mask) + np.uint64(1))
            with_value += len(every)
        return np.asarray((counts / max(with_value, 1))[place])
