"""Cells of several telephone numbers, some of them masked: the best of all pairs of numbers counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from matchers.encoding.cells import (
    encode_phone_lists,
)
from matchers.encoding.several import Numbers, spans
from matchers.kinds.comparing import Bools, PairRows, Test, everything
from matchers.kinds.plain import Kind

Words = npt.NDArray[np.uint64]
Seqs = npt.NDArray[np.int64]
_FOUR = np.uint64(16**4 - 1)


_ENDS = np.uint64(16**3 - 1 | (16**11 - 1) - (16**7 - 1))
_TO_TAIL = np.uint64(28)


def _phone_ends(numbers: Numbers) -> tuple[Bools, Words]:
    """A mask of the numbers with three unmasked places in front and four behind, and those places as one key."""
    ends = (numbers.digits & np.uint64(16**3 - 1)) << np.uint64(16) | numbers.digits >> _TO_TAIL
    return numbers.mask & _ENDS == _ENDS, ends


def _whole_phones(numbers: Numbers) -> tuple[Bools, Words]:
    return numbers.whole, numbers.same


Rank = Callable[[tuple[Numbers, Numbers], Seqs, Seqs], npt.NDArray[np.uint8]]
"""Per pair of numbers of two sides, by their places, how well they agree."""


def _best(rows: PairRows, rank: Rank) -> npt.NDArray[np.uint8]:
    """Per pair the best rank over all pairs of a left and a right number (uint8); 0 where a row has no number."""

    def best_of() -> npt.NDArray[np.uint8]:
        (one_side, left_rows), (other_side, right_rows) = (_numbers_of(rows, side) for side in (0, 1))
        sides, seqs_of = (one_side, other_side), (left_rows, right_rows)
        counts = [numbers.counts(seqs) for numbers, seqs in zip(sides, seqs_of, strict=True)]
        firsts = [numbers.offsets[seqs] for numbers, seqs in zip(sides, seqs_of, strict=True)]
        best = np.zeros(len(rows), np.uint8)
        single = np.flatnonzero((counts[0] == 1) & (counts[1] == 1))
        best[single] = rank(sides, firsts[0][single], firsts[1][single])
        several = np.flatnonzero((counts[0] * counts[1]) > 1)
        if len(several):
            each = counts[0][several] * counts[1][several]
            place = np.repeat(several, each)
            turn = spans(np.zeros(len(several), np.int64), each)
            left, right = firsts[0][place] + turn // counts[1][place], firsts[1][place] + turn % counts[1][place]
            np.maximum.at(best, place, rank(sides, left, right))
        return best

    return np.asarray(rows.derived(("phones", rank), best_of), np.uint8)


def _numbers_of(rows: PairRows, side: int) -> tuple[Numbers, Seqs]:
    """One side's numbers and the rows of the pairs among them; of a spooled side the pairs' rows alone are read."""
    numbers = rows.sides[side][f"{rows.column}_all"]
    if isinstance(numbers, Numbers):
        return numbers, rows.seqs[side]
    taken: Numbers = numbers.take(rows.seqs[side])
    return taken, np.arange(len(taken))


def _agreement(sides: tuple[Numbers, Numbers], left: Seqs, right: Seqs) -> npt.NDArray[np.uint8]:
    """Per pair of numbers: 5 equal, 4 both ends agree, 3 the last four, 2 anything, 1 conflict, 0 nothing in both."""
    left_numbers, right_numbers = sides
    masks = left_numbers.mask[left], right_numbers.mask[right]
    unmasked = masks[0] & masks[1]
    levels = np.full(len(left), 2, np.uint8)
    levels[unmasked == 0] = 0
    levels[unmasked >> _TO_TAIL == _FOUR] = 3
    levels[unmasked & _ENDS == _ENDS] = 4
    levels[
        ((left_numbers.digits[left] ^ right_numbers.digits[right]) & unmasked != 0) | (masks[0] == 0) | (masks[1] == 0)
    ] = 1
    near = np.flatnonzero((levels == 4) | (masks[0] == 0) & (masks[1] == 0))
    first, second = left[near], right[near]
    same = (
        (left_numbers.same[first] == right_numbers.same[second])
        & left_numbers.whole[first]
        & right_numbers.whole[second]
    )
    levels[near[same]] = 5
    return levels


def _could_agree(sides: tuple[Numbers, Numbers], left: Seqs, right: Seqs) -> npt.NDArray[np.uint8]:
    """Per pair of numbers the places unmasked in both: 4 all, 3 both ends, 2 the last four, 1 any."""
    first, second = sides
    unmasked = first.mask[left] & second.mask[right]
    possible = np.ones(len(left), np.uint8)
    possible[unmasked >> _TO_TAIL == _FOUR] = 2
    possible[unmasked & _ENDS == _ENDS] = 3
    possible[first.whole[left] & second.whole[right]] = 4
    return possible


def _phones_at(rank: int) -> Test:
    return lambda rows: np.asarray(_best(rows, _agreement) == rank, np.bool_)


PHONE_LISTS = Kind(
    encode=encode_phone_lists,
    keys={"full": "", "head3_tail4": ""},
    lists={"full": _whole_phones, "head3_tail4": _phone_ends},
    missing=_phones_at(0),
    levels={
        "full": _phones_at(5),
        "head3_tail4": _phones_at(4),
        "tail4": _phones_at(3),
        "partial": _phones_at(2),
        "conflict": everything,
    },
    share_of={"full": "full", "head3_tail4": "head3_tail4"},
    classes=(
        (lambda rows: _best(rows, _could_agree) >= 4, ("full",)),
        (lambda rows: _best(rows, _could_agree) == 3, ("head3_tail4",)),
        (lambda rows: _best(rows, _could_agree) == 2, ("tail4",)),
        (everything, ("partial",)),
    ),
    against=frozenset({"conflict"}),
)
