"""Eight digits in one integer: tests and sums over all bytes of a word at once, for whole columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_ZEROS = np.uint64(0x3030303030303030)
_HIGH = np.uint64(0x8080808080808080)
_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
_ABOVE_NINE = np.uint64(0x7676767676767676)
_EACH = np.uint64(0x0101010101010101)
_STARS = np.uint64(0x2A2A2A2A2A2A2A2A)
_BYTES = np.uint64(0x00FF00FF00FF00FF)


def u64(number: int) -> np.uint64:
    """A constant that keeps columns of 64 bits as they are."""
    return np.uint64(number)


def digits(words: Words) -> tuple[Words, Words]:
    """Per byte its digit, 0 where there is none, and 1 where there is one; words are of ASCII bytes."""
    values = words ^ _ZEROS
    none = (values | ((values & _LOW) + _ABOVE_NINE)) & _HIGH
    shown = (none >> u64(7)) ^ _EACH
    return values & ((shown << u64(4)) - shown), shown


def stars(words: Words) -> Words:
    """Per byte 1 where it is a star, else 0."""
    other = words ^ _STARS
    return ~(((other & _LOW) + _LOW) | other | _LOW) >> u64(7)


def nibbles(values: Words) -> Words:
    """Eight bytes below 16 as eight nibbles, the first in the lowest four bits."""
    pairs = (values | (values >> u64(4))) & _BYTES
    fours = (pairs | (pairs >> u64(8))) & u64(0x0000FFFF0000FFFF)
    return (fours | (fours >> u64(16))) & u64(0xFFFFFFFF)


def number(values: Words) -> Words:
    """Eight digits as a decimal number, the first the highest."""
    pairs = (values * u64(10) + (values >> u64(8))) & _BYTES
    fours = (pairs * u64(100) + (pairs >> u64(16))) & u64(0x0000FFFF0000FFFF)
    return (fours * u64(10000) + (fours >> u64(32))) & u64(0xFFFFFFFF)


def weighed(values: Words, weights: tuple[int, ...]) -> Words:
    """The sum of eight digits times their weights; no sum of four may pass 65,535."""
    total = np.zeros(len(values), np.uint64)
    for first in (0, 1):
        lanes = (values >> u64(8 * first)) & _BYTES
        factor = sum(weight << (16 * (3 - place)) for place, weight in enumerate(weights[first::2]))
        total += (lanes * u64(factor)) >> u64(48)
    return total
