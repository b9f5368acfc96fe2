"""Cells of several numbers: one entry per number, and per row where its numbers begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Seqs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def spans(firsts: Seqs, counts: Seqs) -> Seqs:
    """The places of spans that begin there and have so many places, one after another."""
    done = np.cumsum(counts) - counts
    places: Seqs = np.arange(int(counts.sum())) + np.repeat(firsts - done, counts)
    return places


@dataclass(frozen=True)
class Numbers:
    """The phone numbers of every row of a column.

    `offsets`: where a row's numbers begin, one entry more than rows. Per number: `same`, what whole numbers are equal
    by; `digits` and `mask`, four bits a place; `whole`, no place is hidden.
    """

    offsets: Seqs
    same: Words
    digits: Words
    mask: Words
    whole: Bools

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def counts(self, rows: Seqs | None = None) -> Seqs:
        """How many numbers each row shows."""
        if rows is None:
            return np.diff(self.offsets)
        return np.asarray(self.offsets[rows + 1] - self.offsets[rows], np.int64)

    def take(self, rows: Seqs) -> Numbers:
        """These rows."""
        return self.spanned(self.offsets[rows], self.counts(rows))

    def spanned(self, firsts: Seqs, counts: Seqs) -> Numbers:
        """Rows that each have so many numbers, one after another, beginning there."""
        return self._numbers(spans(firsts, counts), np.concatenate([[0], np.cumsum(counts)]))

    def kept(self, numbers: Bools) -> Numbers:
        """The same rows with some of their numbers."""
        offsets = np.concatenate([[0], np.cumsum(numbers)])[self.offsets]
        return self._numbers(np.flatnonzero(numbers), offsets)

    def rows(self) -> Seqs:
        """Per number its row."""
        return np.repeat(np.arange(len(self)), self.counts())

    def _numbers(self, places: Seqs, offsets: Seqs) -> Numbers:
        return Numbers(offsets, self.same[places], self.digits[places], self.mask[places], self.whole[places])


def one_after_another(parts: Sequence[Numbers]) -> Numbers:
    """The rows of several parts."""
    ends = np.cumsum([0, *(part.offsets[-1] for part in parts)])
    starts = [part.offsets[:-1] + end for part, end in zip(parts, ends, strict=False)]
    return Numbers(
        np.concatenate([*starts, ends[-1:]]),
        np.concatenate([part.same for part in parts]),
        np.concatenate([part.digits for part in parts]),
        np.concatenate([part.mask for part in parts]),
        np.concatenate([part.whole for part in parts]),
    )
