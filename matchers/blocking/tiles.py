"""Pairs of sides that lie in a spool, tile by tile: a range of left rows against a range of right rows.

All pairs of one tile are held against columns of its two ranges alone, which are read once for it: what is in memory at
a time is two ranges and the tile's pairs, whatever the rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import PAIRS_AT_ONCE, Candidates, Pairs, distinct, packed, unpacked
from matchers.sides.encoded import Both, Side
from matchers.sides.spool import Spool, SpoolFile

_PAIR_BYTES = 8
_PAIRS = "pairs"


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


@dataclass(frozen=True)
class Tile:
    """The sides of a tile, what the numbers of its pairs are short of, and the pairs, numbered within it.

    `name`: what its result is noted by, where the work is noted.
    """

    both: Both
    first: np.uint64
    batches: Iterable[Pairs]
    name: str | None = None


def tiled(both: Both, batches: Iterable[Pairs]) -> Iterator[Tile]:
    """The tiles of spooled sides; sides in memory are one tile with the batches as they come."""
    if both.spool is None:
        yield Tile(both, np.uint64(0), _watched(both, batches) if isinstance(batches, Candidates) else batches)
        return
    rows = both.spool.tile_rows
    named = isinstance(batches, Candidates)
    files = _pairs_made(both.spool) if named else None
    if files is None:
        files = _by_tile(both.spool, both, batches, rows)
        if named:
            both.spool.note(_PAIRS, [[*place, file.note()] for place, file in files.items()])
    left: tuple[int, Side] | None = None
    done, of = 0, sum(file.bytes_put for file in files.values()) // _PAIR_BYTES
    for (here, there), file in sorted(files.items()):
        both.progress("逐块比较（对）", done, of)
        done += file.bytes_put // _PAIR_BYTES
        if left is None or left[0] != here:
            left = here, _ranged(both.left, here, rows)
        first = packed(np.array([here * rows]), np.array([there * rows]))[0]
        sides = Both(left[1], _ranged(both.right, there, rows), both.same)
        yield Tile(sides, first, _batches(file, first), f"tile-{here}-{there}" if named else None)


def _watched(both: Both, candidates: Candidates) -> Iterator[Pairs]:
    """The batches, told of as they are taken."""
    done = 0
    for batch in candidates:
        both.progress("比较（对）", done, candidates.of)
        done += len(batch)
        yield batch


def _pairs_made(spool: Spool) -> dict[tuple[int, int], SpoolFile] | None:
    """The pairs of each tile as a killed command had made them."""
    noted = spool.noted(_PAIRS)
    return None if noted is None else {(here, there): spool.reopened(note) for here, there, note in noted}


def _batches(file: SpoolFile, first: np.uint64) -> Iterator[Pairs]:
    pairs = distinct(np.concatenate([np.frombuffer(file.get(one), np.uint64) for one in range(len(file))]))
    for part in range(0, len(pairs), PAIRS_AT_ONCE):
        yield pairs[part : part + PAIRS_AT_ONCE] - first


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
