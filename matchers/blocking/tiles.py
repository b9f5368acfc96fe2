"""Pairs of sides that lie in a spool, tile by tile: a range of left rows against a range of right rows.

All pairs of one tile are held against columns of its two ranges alone, which are read once for it: what is in memory at
a time is two ranges and the tile's pairs, whatever the rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import PAIRS_AT_ONCE, Pairs, distinct, packed, unpacked
from matchers.sides.encoded import Both, Side
from matchers.sides.spool import Spool, SpoolFile

_PAIR_BYTES = 8


class _Range(Mapping[str, Any]):
    """Columns of a range of rows, each read when it is first asked for."""

    def __init__(self, side: Side, rows: slice) -> None:
        self._side, self._rows = side, rows
        self._read: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            if name not in self._read:
                self._read[name] = self._side.columns[name][self._rows]
            return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._side.columns)

    def __len__(self) -> int:
        return len(self._side.columns)


def tiled(both: Both, batches: Iterable[Pairs]) -> Iterator[tuple[Both, np.uint64, Iterable[Pairs]]]:
    """The sides of each tile, what its pairs' numbers are short of, and its pairs, numbered within it.

    Sides in memory are one tile with the batches as they come.
    """
    if both.spool is None:
        yield both, np.uint64(0), batches
        return
    rows = both.spool.tile_rows
    files = _by_tile(both.spool, both, batches, rows)
    left: tuple[int, Side] | None = None
    done, of = 0, sum(file.bytes_put for file in files.values()) // _PAIR_BYTES
    for (here, there), file in sorted(files.items()):
        both.progress("逐块比较（对）", done, of)
        done += file.bytes_put // _PAIR_BYTES
        if left is None or left[0] != here:
            left = here, _ranged(both.left, here, rows)
        pairs = distinct(np.concatenate([np.frombuffer(file.get(one), np.uint64) for one in range(len(file))]))
        first = packed(np.array([here * rows]), np.array([there * rows]))[0]
        sides = Both(left[1], _ranged(both.right, there, rows), both.same)
        yield sides, first, (pairs[part : part + PAIRS_AT_ONCE] - first for part in range(0, len(pairs), PAIRS_AT_ONCE))


def _ranged(side: Side, number: int, rows: int) -> Side:
    part = slice(number * rows, min((number + 1) * rows, side.rows))
    return Side(part.stop - part.start, _Range(side, part))


def _by_tile(spool: Spool, both: Both, batches: Iterable[Pairs], rows: int) -> dict[tuple[int, int], SpoolFile]:
    """The pairs of each tile in a file of its own."""
    across = -(-both.right.rows // rows)
    found: dict[tuple[int, int], SpoolFile] = {}
    for batch in batches:
        for tile, pairs in _split(batch, rows, across):
            place = divmod(tile, across)
            if place not in found:
                found[place] = spool.file()
            found[place].put(pairs.tobytes())
    return found


def _split(batch: Pairs, rows: int, across: int) -> Iterator[tuple[int, Pairs]]:
    left, right = unpacked(batch)
    tile: npt.NDArray[np.int32] = (left // rows * across + right // rows).astype(np.int32)
    order = np.argsort(tile, kind="stable")
    numbers, firsts = np.unique(tile[order], return_index=True)
    ends = [*firsts[1:].tolist(), len(order)]
    for number, first, end in zip(numbers.tolist(), firsts.tolist(), ends, strict=True):
        yield number, batch[order[first:end]]
