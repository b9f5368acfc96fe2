"""Phones and dates as integers, whole columns at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.dates import empty_days, packed, written_day
from matchers.encoding.dummies import dummy_phones
from matchers.encoding.personal import only_phone
from matchers.encoding.strings import Strings, matrix, strings, strings_of
from matchers.encoding.swar import digits, nibbles, number, stars, u64

PHONE_PLACES = 11
_WHOLE = u64(0x0101010101010101)
_ELEVEN_SHOWN = u64(16**PHONE_PLACES - 1)
_DIGIT_OR_STAR = np.isin(np.arange(256), np.frombuffer(b"0123456789*", np.uint8))
Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


def encode_phones(column: pa.Array | pa.ChunkedArray) -> tuple[Words, Words]:
    """Digits of phones of eleven places and the mask of the places shown, four bits a place, the first the lowest.

    A dummy (13800000000) shows nothing. What is not eleven digits or stars is read number by number: separators, a
    country code, full-width digits.
    """
    parts = strings(column)
    values, mask = eleven_places(parts)
    others = rows_to_read(parts, mask == _ELEVEN_SHOWN, PHONE_PLACES)
    if len(others):
        again = strings_of([only_phone(text) for text in parts.texts(others)])
        values[others], mask[others] = eleven_places(again)
    none = dummy_phones(values, mask)
    values[none] = mask[none] = 0
    return values, mask


def eleven_places(parts: Strings) -> tuple[Words, Words]:
    """Digits and mask of rows of eleven places; zeros for others."""
    fits = parts.lengths == PHONE_PLACES
    first, second = (digits(np.where(fits, parts.raw_words(at), u64(0))) for at in (0, 8))
    last = u64(0xFFFFFF)
    values = nibbles(first[0]) | nibbles(second[0] & last) << u64(32)
    mask = nibbles(first[1] * u64(15)) | nibbles((second[1] & last) * u64(15)) << u64(32)
    return values, mask


def rows_to_read(parts: Strings, whole: npt.NDArray[np.bool_], places: int) -> Rows:
    """Filled rows that are neither whole numbers nor digits and stars of so many places."""
    rows = np.flatnonzero(~whole & (parts.lengths > 0))
    fitting = parts.lengths[rows] == places
    masked = _DIGIT_OR_STAR[matrix(parts, rows[fitting], places)].all(axis=1)
    fitting[fitting] = masked
    return np.asarray(rows[~fitting], np.int64)


def fits_digits_and_stars(parts: Strings, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which of these rows, all of eleven bytes, are of digits and stars alone."""
    first, second = (np.where(wanted, parts.raw_words(at), u64(0)) for at in (0, 8))
    known = digits(first)[1] | stars(first), (digits(second)[1] | stars(second)) & u64(0xFFFFFF)
    return np.asarray((known[0] == _WHOLE) & (known[1] == _WHOLE & u64(0xFFFFFF)), np.bool_)


def plain_days(parts: Strings) -> npt.NDArray[np.int32]:
    """yyyymmdd of rows that read yyyy-mm-dd or yyyymmdd, each part a possible one; 0 for others."""
    found = _written_plainly(parts)
    month, day = found // 100 % 100, found % 100
    found[(month < 1) | (month > 12) | (day < 1) | (day > 31)] = 0
    return found


def _written_plainly(parts: Strings) -> npt.NDArray[np.int32]:
    first, rest = parts.raw_words(0), parts.raw_words(8)
    iso = (parts.lengths == 10) & (first & u64(0xFF0000FF00000000) == u64(0x2D00002D00000000))
    short = (first & u64(0xFFFFFFFF)) | ((first >> u64(40)) & u64(0xFFFF)) << u64(32) | rest << u64(48)
    values, shown = digits(np.where(iso, short, np.where(parts.lengths == 8, first, u64(0))))
    return np.where(shown == _WHOLE, number(values), 0).astype(np.int32)


def encode_dates(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """yyyymmdd as a number, 0 where there is none: yyyy-mm-dd, yyyymmdd, Arrow dates and timestamps at once, other ways
    of writing a day (slashes, dots, 年月日, the day first, a time behind it) value by value.

    A moment with a zone is Asia/Shanghai's day; days that programs write where there is none (1970-01-01) are none.
    """
    if pa.types.is_timestamp(column.type):
        if column.type.tz is not None:
            import pyarrow.compute as pc

            column = pc.local_timestamp(column.cast(pa.timestamp(column.type.unit, "Asia/Shanghai")))
        column = column.cast(pa.date32(), safe=False)
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.string())
    parts = strings(column)
    found = _written_plainly(parts)
    found[(found // 100 % 100 > 12) | (found % 100 > 31)] = 0
    others = np.flatnonzero((found == 0) & (parts.lengths > 0))
    if len(others):
        found[others] = [packed(written_day(text)) for text in parts.texts(others)]
    found[empty_days(found)] = 0
    return found
