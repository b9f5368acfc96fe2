"""One entry per row of one table held against itself: the number of the first row that is the same entity.

In deduplication the rows of one person must not make that person's values look common: a value's chance is counted over
entities, not over rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.blocking.blocks import Keys, Pairs, Seqs, unpacked
from matchers.encoding.several import Numbers
from matchers.encoding.strings import digests, strings
from matchers.sides.encoded import Side

_BETWEEN = "\x1f"
_MIX, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


def mixed(rows: int, columns: Iterable[Keys]) -> Keys:
    """One 64-bit digest per row of its values in all columns."""
    marks = np.zeros(rows, np.uint64)
    for values in columns:
        marks = (marks * _MIX ^ values) * _STIR
        marks ^= marks >> np.uint64(31)
    return marks


def grouped(marks: Keys) -> Seqs:
    """Per row the number of the first row with the same digest."""
    _, firsts, place = np.unique(marks, return_index=True, return_inverse=True)
    return np.asarray(firsts[place], np.int64)


def identical_rows(side: Side) -> Seqs:
    """Per row the first row that is equal in every encoded column: they are one entity."""
    parts = side.parts(tuple(side.columns))
    return grouped(np.concatenate([row_marks(part) for _, part in parts]))


def row_marks(side: Side) -> Keys:
    """One 64-bit digest per row of all its encoded columns."""
    return mixed(side.rows, (_value_marks(column) for column in side.columns.values()))


def _value_marks(values: Any) -> Keys:
    if isinstance(values, np.ndarray):
        return values.astype(np.uint64)
    if isinstance(values, Numbers):
        marks = np.zeros(len(values), np.uint64)
        np.add.at(marks, values.rows(), values.same * _STIR)
        return marks
    return digests(strings(values))


def _cell_marks(cells: pa.Array) -> Keys:
    if not pa.types.is_list(cells.type):
        return digests(strings(cells.cast(pa.string())))
    import pyarrow.compute as pc  # loads slowly, and tables without cells of several texts do without it

    return digests(strings(pc.binary_join(cells, _BETWEEN)))


def joined(entities: Seqs, links: Pairs) -> Seqs:
    """Per row the first row of its entity after the rows of these pairs were merged (connected components)."""
    roots = entities.copy()
    left, right = unpacked(links)
    while True:
        lowest = np.minimum(roots[left], roots[right])
        before = roots.copy()
        np.minimum.at(roots, before[left], lowest)
        np.minimum.at(roots, before[right], lowest)
        roots = roots[roots]
        if np.array_equal(roots, before):
            return roots


class DistinctPerEntity:
    """Counts a value once per entity that has it."""

    def __init__(self, entities: Seqs) -> None:
        self.first: npt.NDArray[np.bool_] = entities == np.arange(len(entities))
        sizes = np.bincount(entities, minlength=len(entities))
        self._rows = np.flatnonzero(sizes[entities] > 1)
        self._entities = entities[self._rows]

    def of(self, keys: Keys) -> Keys:
        """The keys (uint64), set to 0 in every further row of an entity with the same key."""
        if not len(self._rows):
            return keys
        own = keys[self._rows]
        order = np.lexsort((self._entities, own))
        own, entities = own[order], self._entities[order]
        again = np.flatnonzero((own[1:] == own[:-1]) & (entities[1:] == entities[:-1])) + 1
        distinct = keys.copy()
        distinct[self._rows[order[again]]] = 0
        return distinct
