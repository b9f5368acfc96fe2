"""Phones and dates as integers, whole columns at a time."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

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
    """yyyymmdd as a number, 0 where there is none: yyyy-mm-dd, yyyymmdd, Arrow dates and timestamps at once, other ways
    of writing a day (slashes, dots, 年月日, the day first, a time behind it) value by value.

    A moment with a zone is Asia/Shanghai's day.
    """
    if pa.types.is_timestamp(column.type):
        if column.type.tz is not None:
            import pyarrow.compute as pc

            column = pc.local_timestamp(column.cast(pa.timestamp(column.type.unit, "Asia/Shanghai")))
        column = column.cast(pa.date32(), safe=False)
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.string())
    parts = strings(column)
    first, rest = parts.raw_words(0), parts.raw_words(8)
    iso = (parts.lengths == 10) & (first & u64(0xFF0000FF00000000) == u64(0x2D00002D00000000))
    short = (first & u64(0xFFFFFFFF)) | ((first >> u64(40)) & u64(0xFFFF)) << u64(32) | rest << u64(48)
    values, shown = digits(np.where(iso, short, np.where(parts.lengths == 8, first, u64(0))))
    found = np.where(shown == _WHOLE, number(values), 0).astype(np.int32)
    found[(found // 100 % 100 > 12) | (found % 100 > 31)] = 0
    others = np.flatnonzero((found == 0) & (parts.lengths > 0))
    if len(others):
        found[others] = [_day(text) for text in parts.texts(others)]
    return found


_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[T\s]+\d{1,2}[:：时].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})(?:[T\s]+\d{1,2}[:：].*)?")
_DIGITS_AND_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})[T\s]+\d{1,2}[:：]?.*")


@lru_cache(maxsize=1 << 16)
def _day(text: str) -> int:
    """yyyymmdd of one written day, 0 where it is none. With the year last, the day comes first unless it cannot."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if last := _YEAR_LAST.fullmatch(plain):
        day, month, year = map(int, last.groups())
        month, day = (day, month) if month > 12 else (month, day)
    elif first := _YEAR_FIRST.fullmatch(plain) or _DIGITS_AND_TIME.fullmatch(plain):
        year, month, day = map(int, first.groups())
    else:
        return 0
    return year * 10000 + month * 100 + day if 1 <= month <= 12 and 1 <= day <= 31 else 0
