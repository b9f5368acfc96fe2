"""Numbers that stand for none, found over whole encoded columns: what schemas/people.py knows, as integers."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from matchers.encoding.swar import u64
from schemas.people import PHONE_PLACES, dummies

Words = npt.NDArray[np.uint64]
_TO_LAST_FOUR = u64(4 * (PHONE_PLACES - 4))
Flags = npt.NDArray[np.bool_]


def packed_digits(text: str) -> int:
    """Digits as four bits a place, the first the lowest."""
    return sum(int(digit) << 4 * place for place, digit in enumerate(text))


@cache
def _known_phones() -> Words:
    return np.sort(np.array([packed_digits(one) for one in dummies().phones if len(one) == PHONE_PLACES], np.uint64))


@cache
def _runs(places: int) -> Words:
    """One digit over and over, and digits each one more or one less than the one before, of so many places."""
    found = {digit * places for digit in "0123456789"}
    found |= {"".join(map(str, range(first, first + places))) for first in range(11 - places)}
    found |= {text[::-1] for text in found}
    return np.sort(np.array([packed_digits(one) for one in found], np.uint64))


def dummy_phones(values: Words, mask: Words) -> Flags:
    """Which whole phones (eleven places, packed) are dummies: known by heart, or ending in a long run."""
    near = np.flatnonzero(_last_four()[values >> _TO_LAST_FOUR] & (mask == u64(16**PHONE_PLACES - 1)))
    run = dummies().run
    ends = values[near] >> u64(4 * (PHONE_PLACES - run))
    found = np.zeros(len(values), bool)
    found[near] = _among(values[near], _known_phones()) | _among(ends, _runs(run))
    return found


@cache
def _last_four() -> Flags:
    """By the last four digits of a phone, whether it may be a dummy: few are."""
    found = np.zeros(1 << 16, bool)
    found[_known_phones() >> _TO_LAST_FOUR] = found[_runs(4)] = True
    return found


def dummy_ids(head: Words, tail: Words, rows: npt.NDArray[np.int64]) -> Flags:
    """Which of these rows' whole IDs (two packed halves) are one digit over and over or digits counted up or down."""
    first = (head[rows] & u64(15)).astype(np.int64)
    places = np.arange(17)
    values = np.stack([_place(head[rows], tail[rows], place) for place in range(17)], axis=1)
    found = np.zeros(len(rows), bool)
    for step in (0, 1, -1):
        found |= (values == (first[:, None] + step * places) % 10).all(axis=1)
    return found


def _place(head: Words, tail: Words, place: int) -> npt.NDArray[np.int64]:
    half, at = (head, place) if place < 9 else (tail, place - 9)
    return np.asarray((half >> u64(4 * at)) & u64(15), np.int64)


def _among(values: Words, known: Words) -> Flags:
    """Which values are among a few known ones (sorted)."""
    place = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.asarray(known[place] == values, np.bool_)
