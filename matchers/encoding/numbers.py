"""Phones and dates as integers, whole columns at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.dummies import dummy_phones
from matchers.encoding.strings import strings
from matchers.encoding.swar import digits, nibbles, number, u64

PHONE_PLACES = 11
_WHOLE = u64(0x0101010101010101)
Words = npt.NDArray[np.uint64]


def encode_phones(column: pa.Array | pa.ChunkedArray) -> tuple[Words, Words]:
    """Digits of phones of eleven places and the mask of the places shown, four bits a place, the first the lowest.

    A dummy (13800000000) shows nothing.
    """
    parts = strings(column)
    fits = parts.lengths == PHONE_PLACES
    first, second = (digits(np.where(fits, parts.raw_words(at), u64(0))) for at in (0, 8))
    last = u64(0xFFFFFF)
    values = nibbles(first[0]) | nibbles(second[0] & last) << u64(32)
    mask = nibbles(first[1] * u64(15)) | nibbles((second[1] & last) * u64(15)) << u64(32)
    none = dummy_phones(values, mask)
    values[none] = mask[none] = 0
    return values, mask


def encode_dates(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """yyyymmdd as a number; yyyy-mm-dd, yyyymmdd, or Arrow dates; 0 where there is none."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.string())
    parts = strings(column)
    first, rest = parts.raw_words(0), parts.raw_words(8)
    iso = (parts.lengths == 10) & (first & u64(0xFF0000FF00000000) == u64(0x2D00002D00000000))
    short = (first & u64(0xFFFFFFFF)) | ((first >> u64(40)) & u64(0xFFFF)) << u64(32) | rest << u64(48)
    values, shown = digits(np.where(iso, short, np.where(parts.lengths == 8, first, u64(0))))
    return np.where(shown == _WHOLE, number(values), 0).astype(np.int32)
