"""Rows of both sides that share a rule's key: one sort of words that hold a key's bits, its side and its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.encoding.several import spans
from matchers.encoding.slices import slices

Keys = npt.NDArray[np.uint64]
Pairs = npt.NDArray[np.uint64]
"""A pair in one integer: the left row's number in the upper 32 bits, the right row's in the lower."""
Seqs = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint64]

_MIX = np.uint64(0x9E3779B97F4A7C15)
PAIRS_AT_ONCE = 4_000_000
_SLOTS_PER_KEY, _MOST_SLOTS = 3, 29
"""In bits: eight slots a key, so that one key in eight meets another by chance, and at most half a gigabyte of them."""


@dataclass(frozen=True)
class Blocks:
    """One rule's pairs, not yet made: left rows, and the run of right rows each is pairs_waiting against."""

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
        left, right = np.repeat(self.left[part], counts), self.right[spans(self.starts[part], counts)]
        pairs = packed(left, right)
        return pairs[left < right] if self.same else pairs


def packed(left: Seqs, right: Seqs) -> Pairs:
    """Pairs as integers."""
    return left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)


def unpacked(pairs: Pairs) -> tuple[Seqs, Seqs]:
    """Row numbers of both sides."""
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


@dataclass(frozen=True)
class Keyed:
    """Keys of one side's rows, 0 where a row has none; `bearers`: the row of each key, where a row may have several."""

    keys: Keys
    rows: int
    bearers: Seqs | None = None


def make_blocks(rule: str, left: Keyed, right: Keyed, *, same: bool, crowd: int | None = None) -> Blocks:
    """Rows with equal keys; a key of 0 is none, and so is one that more than `crowd` rows of a side bear."""
    bits = row_bits(left.rows, right.rows)
    sides = (left,) if same else (left, right)
    marks = [marked(keyed, side, bits) for side, keyed in enumerate(sides)]
    several = any(keyed.bearers is not None for keyed in sides)
    return blocks_of_marks(rule, marks, bits, several=several, crowd=crowd)


def row_bits(*rows: int) -> np.uint64:
    """How many bits of a mark a row's number takes.

    Keys are told apart by as many bits as are left in a word: a few pairs come by chance.
    """
    return np.uint64(max(rows).bit_length())


def blocks_of_marks(
    rule: str, sides: list[Marks], bits: np.uint64, *, several: bool, crowd: int | None = None
) -> Blocks:
    """The blocks of the marks of two sides, or of one, which are used up. `several`: a row may have several keys."""
    same = len(sides) == 1
    marks = sides.pop() if same else np.concatenate(_likely_shared(sides))
    marks.sort()
    if several:  # a row with two numbers that have one key bears it once
        marks = marks[np.concatenate([np.ones(min(len(marks), 1), bool), marks[1:] != marks[:-1]])]
    firsts, turns, ends = _groups(marks, bits, same=same)
    there = ends - turns
    here = there if same else turns - firsts
    if crowd is not None:
        kept = np.maximum(here, there) <= crowd
        firsts, turns, here, there = firsts[kept], turns[kept], here[kept], there[kept]
    numbers = (np.uint64(1) << bits) - np.uint64(1)
    rows, others = ((marks.take(spans(*part)) & numbers).astype(np.int64) for part in ((firsts, here), (turns, there)))
    starts = np.cumsum(there) - there
    return Blocks(rule, rows, np.repeat(starts, here), np.repeat(there, here), others, same)


def _likely_shared(sides: list[Marks]) -> tuple[Marks, Marks]:
    """The marks whose key may stand on the other side too, and nearly no others.

    In most rules a row's key is its own: what is not on the other side is left out before the sort, which takes longer.
    """
    right, left = sides.pop(), sides.pop()
    shift = np.uint64(64 - min(max(len(left), len(right)).bit_length() + _SLOTS_PER_KEY, _MOST_SLOTS))
    left = _in_slots_of(left, right, shift)
    return left, _in_slots_of(right, left, shift)


def _in_slots_of(marks: Marks, other: Marks, shift: np.uint64) -> Marks:
    taken = np.zeros(1 << 64 - int(shift), bool)
    for part in slices(len(other)):
        taken[(other[part] >> shift).view(np.int64)] = True
    return np.concatenate(
        [
            np.zeros(0, np.uint64),
            *(marks[part][taken[(marks[part] >> shift).view(np.int64)]] for part in slices(len(marks))),
        ]
    )


def marked(keyed: Keyed, side: int, bits: np.uint64, *, first: int = 0, part: tuple[int, int] = (0, 0)) -> Marks:
    """Pack (stirred key, side, row number) into one uint64 per key of a row.

    `first`: the number of the first row. `part`: only keys of one part of all, by its number and how many bits of the
    stirred key tell parts apart.
    """
    keys, bearers = keyed.keys, keyed.bearers
    below = bits + np.uint64(1)
    number, told_by = (np.uint64(one) for one in part)
    found, done = np.empty(len(keys), np.uint64), 0
    for some in slices(len(keys)):
        mark = (keys[some] * _MIX >> below) << below
        kept = keys[some] != 0
        if part[1]:
            kept &= mark >> (np.uint64(64) - told_by) == number
        rows = np.arange(some.start, some.stop, dtype=np.uint64) if bearers is None else bearers[some].astype(np.uint64)
        mark |= rows + np.uint64(first) | np.uint64(side) << bits
        mark = mark[kept]
        found[done : done + len(mark)] = mark
        done += len(mark)
    return found[:done]


def _groups(marks: Marks, bits: np.uint64, *, same: bool) -> tuple[Seqs, Seqs, Seqs]:
    """Of keys that bring pairs: where their left rows begin, where their right rows do, where those end."""
    apart, turned = np.ones(len(marks) + 1, bool), np.zeros(len(marks), bool)
    for part in slices(len(marks) - 1):
        after = slice(part.start + 1, part.stop + 1)
        other = (marks[part] ^ marks[after]) >> bits
        np.greater(other, 1, out=apart[after])
        np.equal(other, 1, out=turned[after])
    heads = np.flatnonzero(apart)
    if same:
        several = np.flatnonzero(np.diff(heads) > 1)
        return heads[several], heads[several], heads[several + 1]
    turns = np.flatnonzero(turned)
    place = np.searchsorted(heads, turns, side="right")
    return heads[place - 1], turns, heads[place]


def distinct_batches(blocks: Iterable[Blocks], most: int = PAIRS_AT_ONCE) -> Iterator[Pairs]:
    """Pairs of all rules, sorted and each once within a batch; one that two rules bring may come in two batches."""
    waiting: list[Pairs] = []
    pairs_waiting = 0
    for block in blocks:
        for batch in block.batches(most):
            waiting.append(batch)
            pairs_waiting += len(batch)
            if pairs_waiting >= most:
                yield distinct(np.concatenate(waiting))
                waiting, pairs_waiting = [], 0
    if pairs_waiting:
        yield distinct(np.concatenate(waiting))


def distinct(values: Pairs) -> Pairs:
    """Sorted, each once. NumPy's own `unique` builds a hash table first, which takes four times as long."""
    values = np.sort(values)
    firsts: npt.NDArray[np.bool_] = np.concatenate([np.ones(min(len(values), 1), bool), values[1:] != values[:-1]])
    return np.asarray(values[firsts], np.uint64)


@dataclass(frozen=True)
class Candidates:
    """All candidate pairs of a command, in batches; in a work folder what became of them is noted, tile by tile.

    `of`: how many they are, as far as that is known before they are made; one that two rules bring counts twice.
    """

    batches: Iterable[Pairs]
    of: int = 0

    def __iter__(self) -> Iterator[Pairs]:
        return iter(self.batches)
