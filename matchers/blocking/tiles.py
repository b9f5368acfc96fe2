"""Pairs of sides that lie in a spool, tile by tile: a range of left rows against a range of right rows.

All pairs of a tile are compared by the columns of the rows that stand in them alone, which are read once for it: what
is in memory at a time is those columns and the tile's pairs, whatever the tables' rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import PAIRS_AT_ONCE, Candidates, Pairs, Seqs, distinct, packed, unpacked
from matchers.sides.encoded import Both, Side
from matchers.sides.spool import Spool, SpoolFile
from matchers.sides.spooled_column import array_content

_PAIR_BYTES = 8
_PAIRS = "pairs"
_RANGES_PER_TILE = 2
"""Pairs are kept apart by ranges of half a tile's rows; a tile is as many of them as there is room for their rows."""
_Place = tuple[int, int]


class _Rows(Mapping[str, Any]):
    """Columns of some rows of a side, each read when it is first asked for."""

    def __init__(self, side: Side, rows: Seqs) -> None:
        self._side, self._rows = side, rows
        self._read: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            if name not in self._read:
                self._read[name] = self._side.columns[name].take(self._rows)
            return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._side.columns)

    def __len__(self) -> int:
        return len(self._side.columns)


@dataclass(frozen=True)
class OpenTile:
    """The sides of a tile, its pairs numbered within it, and the rows of both tables that it holds (null: all)."""

    both: Both
    rows: tuple[Seqs, Seqs] | None
    batches: Iterable[Pairs]

    def in_tables(self, pairs: Pairs) -> Pairs:
        """Pairs of the tile by their row numbers in the whole tables."""
        if self.rows is None:
            return pairs
        left, right = unpacked(pairs)
        return packed(self.rows[0].take(left), self.rows[1].take(right))


@dataclass(frozen=True)
class Tile:
    """A tile whose pairs are read when it is opened. `name`: what its result is noted by, where the work is noted."""

    opened: Callable[[], OpenTile]
    name: str | None = None


def tiled(both: Both, batches: Iterable[Pairs]) -> Iterator[Tile]:
    """The tiles of spooled sides; sides in memory are one tile with the batches as they come."""
    if both.spool is None:
        whole = OpenTile(both, None, _watched(both, batches) if isinstance(batches, Candidates) else batches)
        yield Tile(lambda: whole)
        return
    named = isinstance(batches, Candidates)
    files = _pairs_made(both.spool) if named else None
    if files is None:
        files = _by_tile(both.spool, both, batches)
        if named:
            both.spool.note(_PAIRS, [[*place, file.note()] for place, file in files.items()])
    groups = _together(files, both.spool.tile_rows)
    done, of = 0, sum(file.bytes_put for file in files.values()) // _PAIR_BYTES
    for places in groups:
        both.progress("逐块比较（对）", done, of)
        own = [files.pop(place) for place in places]
        done += sum(file.bytes_put for file in own) // _PAIR_BYTES
        name = f"tile-{places[0][0]}-{places[0][1]}" if named else None
        yield Tile(partial(_opened, both, own), name)


def _watched(both: Both, candidates: Candidates) -> Iterator[Pairs]:
    """The batches, told of as they are taken."""
    done = 0
    for batch in candidates:
        both.progress("比较（对）", done, candidates.of)
        done += len(batch)
        yield batch


def _pairs_made(spool: Spool) -> dict[_Place, SpoolFile] | None:
    """The pairs of each pair of ranges as a killed command had made them."""
    noted = spool.noted(_PAIRS)
    return None if noted is None else {(here, there): spool.reopened(note) for here, there, note in noted}


def _together(files: Mapping[_Place, SpoolFile], tile_rows: int) -> list[list[_Place]]:
    """The places in order, as many together as bring no more rows of a side than a tile may hold.

    A tile holds no more rows of a side than it has pairs, nor more than its ranges have.
    """
    found: list[list[_Place]] = []
    rows = 0
    for place in sorted(files):
        own = min(files[place].bytes_put // _PAIR_BYTES, tile_rows // _RANGES_PER_TILE)
        if not found or rows + own > tile_rows:
            found.append([])
            rows = 0
        found[-1].append(place)
        rows += own
    return found


def _opened(both: Both, files: list[SpoolFile]) -> OpenTile:
    """The tile of the pairs in these files, sorted and each once."""
    left, right = unpacked(distinct(np.concatenate([_pairs_of(file) for file in files])))
    (lefts, left), (rights, right) = _numbered(left), _numbered(right)
    sides = Both(_of_rows(both.left, lefts), _of_rows(both.right, rights), both.same)
    inside = packed(left, right)
    batches = (inside[part : part + PAIRS_AT_ONCE] for part in range(0, len(inside), PAIRS_AT_ONCE))
    return OpenTile(sides, (lefts, rights), batches)


def _pairs_of(file: SpoolFile) -> Pairs:
    return np.concatenate([np.frombuffer(file.get(one), np.uint64) for one in range(len(file))])


def _numbered(seqs: Seqs) -> tuple[Seqs, Seqs]:
    """The rows that these are, in order and each once, and which of those each is."""
    first = int(seqs.min())
    there = np.zeros(int(seqs.max()) + 1 - first, bool)
    there[seqs - first] = True
    numbers = np.cumsum(there, dtype=np.int32)
    return np.flatnonzero(there) + first, numbers.take(seqs - first).astype(np.int64) - 1


def _of_rows(side: Side, rows: Seqs) -> Side:
    return Side(len(rows), _Rows(side, rows))


def _by_tile(spool: Spool, both: Both, batches: Iterable[Pairs]) -> dict[_Place, SpoolFile]:
    """The pairs of each pair of ranges in a file of their own."""
    rows = max(spool.tile_rows // _RANGES_PER_TILE, 1)
    across = -(-both.right.rows // rows)
    found: dict[_Place, SpoolFile] = {}
    for batch in batches:
        for tile, pairs in _split(batch, rows, across):
            place = divmod(tile, across)
            if place not in found:
                found[place] = spool.file()
            found[place].put(array_content(pairs))
    return found


def _split(batch: Pairs, rows: int, across: int) -> Iterator[tuple[int, Pairs]]:
    left, right = unpacked(batch)
    tile: npt.NDArray[np.int64] = left // rows * across + right // rows
    order = np.argsort(tile.astype(np.uint16) if int(tile.max(initial=0)) < 1 << 16 else tile, kind="stable")
    numbers, firsts = np.unique(tile[order], return_index=True)
    ends = [*firsts[1:].tolist(), len(order)]
    for number, first, end in zip(numbers.tolist(), firsts.tolist(), ends, strict=True):
        yield number, batch[order[first:end]]
