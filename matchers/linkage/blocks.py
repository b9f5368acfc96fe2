"""Rows of both sides that share a rule's key: rows without a partner are sifted out before anything is joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Pairs = npt.NDArray[np.uint64]
"""A pair in one integer: the left row's number in the upper 32 bits, the right row's in the lower."""
Seqs = npt.NDArray[np.int64]

_MIXES = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))
_SPREAD_BITS, _MOST_BITS = 2, 26
PAIRS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Blocks:
    """One rule's pairs, not yet made: left rows, and the run of right rows each is held against."""

    rule: str
    left: Seqs
    starts: Seqs
    counts: Seqs
    right: Seqs
    same: bool

    @property
    def pairs(self) -> int:
        """How many pairs there are, each once."""
        total = int(self.counts.sum())
        return (total - len(self.left)) // 2 if self.same else total

    def batches(self, most: int = PAIRS_AT_ONCE) -> Iterator[Pairs]:
        """The pairs, about so many at a time."""
        ends = np.cumsum(self.counts)
        start = 0
        while start < len(ends):
            done = int(ends[start - 1]) if start else 0
            stop = max(int(np.searchsorted(ends, done + most, side="right")), start + 1)
            yield self._made(slice(start, stop))
            start = stop

    def _made(self, part: slice) -> Pairs:
        counts = self.counts[part]
        firsts = np.cumsum(counts) - counts
        places = np.arange(int(counts.sum())) + np.repeat(self.starts[part] - firsts, counts)
        left, right = np.repeat(self.left[part], counts), self.right[places]
        pairs = packed(left, right)
        return pairs[left < right] if self.same else pairs


def packed(left: Seqs, right: Seqs) -> Pairs:
    """Pairs as integers."""
    return left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)


def unpacked(pairs: Pairs) -> tuple[Seqs, Seqs]:
    """Row numbers of both sides."""
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def make_blocks(rule: str, left: Keys, right: Keys, *, same: bool, crowd: int | None = None) -> Blocks:
    """Rows with equal keys; a key of 0 is none, and so is one that more than `crowd` rows of a side bear."""
    rows, others = _sharing(left, right)
    keys, others_keys = left.take(rows), right.take(others)
    by_key = np.argsort(others_keys)
    others, others_keys = others[by_key], others_keys[by_key]
    heads = np.flatnonzero(np.concatenate([np.ones(min(len(others), 1), bool), others_keys[1:] != others_keys[:-1]]))
    if not len(heads):
        none = np.zeros(0, np.int64)
        return Blocks(rule, none, none, none, none, same)
    by_key = np.argsort(keys)
    rows, keys = rows[by_key], keys[by_key]
    sizes = np.diff(np.append(heads, len(others)))
    place = np.minimum(np.searchsorted(others_keys[heads], keys), len(heads) - 1)
    met = others_keys[heads].take(place) == keys
    if crowd is not None:
        here = np.bincount(place[met], minlength=len(heads))
        met &= (np.maximum(here, sizes) <= crowd).take(place)
    place = place[met]
    return Blocks(rule, rows[met], heads[place], sizes[place], others, same)


def _sharing(left: Keys, right: Keys) -> tuple[Seqs, Seqs]:
    """Rows of both sides whose key the other side has too, and a few by chance."""
    rows, others = _sifted(left, right, _MIXES[0])
    again, others_again = _sifted(left.take(rows), right.take(others), _MIXES[1])
    return rows.take(again), others.take(others_again)


def _sifted(left: Keys, right: Keys, mix: np.uint64) -> tuple[Seqs, Seqs]:
    """One sieve: first the left rows, then the right rows by what is left of the left."""
    bits = min(max(len(left), len(right), 1).bit_length() + _SPREAD_BITS, _MOST_BITS)
    rows = _seen(right, left, mix, bits)
    return rows, _seen(left.take(rows), right, mix, bits)


def _seen(there: Keys, asked: Keys, mix: np.uint64, bits: int) -> Seqs:
    """Rows of those asked whose key may be there; a key of 0 never is."""
    shift = np.uint64(64 - bits)
    marks = np.zeros(1 << bits, bool)
    for part in slices(len(there)):
        marks[((there[part] * mix) >> shift).view(np.int64)] = True
    found = np.empty(len(asked), bool)
    for part in slices(len(asked)):
        marks.take(((asked[part] * mix) >> shift).view(np.int64), out=found[part], mode="clip")
        found[part] &= asked[part] != 0
    return np.flatnonzero(found)


def slices(rows: int, size: int = 1 << 16) -> Iterator[slice]:
    """Slices of so many rows; by default so many that a column's part stays in the processor's cache."""
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def distinct_batches(blocks: Iterable[Blocks], most: int = PAIRS_AT_ONCE) -> Iterator[Pairs]:
    """Pairs of all rules, sorted and each once within a batch; one that two rules bring may come in two batches."""
    waiting: list[Pairs] = []
    held = 0
    for block in blocks:
        for batch in block.batches(most):
            waiting.append(batch)
            held += len(batch)
            if held >= most:
                yield distinct(np.concatenate(waiting))
                waiting, held = [], 0
    if held:
        yield distinct(np.concatenate(waiting))


def distinct(values: Pairs) -> Pairs:
    """Sorted, each once. NumPy's own `unique` builds a hash table first, which takes four times as long."""
    values = np.sort(values)
    firsts: npt.NDArray[np.bool_] = np.concatenate([np.ones(min(len(values), 1), bool), values[1:] != values[:-1]])
    return np.asarray(values[firsts], np.uint64)
