"""One written day, whatever the writing: with slashes, dots, 年月日, the day first, a time behind it, as a serial."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from schemas.placeholders import means_nothing, placeholders

Day = tuple[int, int, int]
NONE: Day = (0, 0, 0)
_TIME = r"(?:[T\s]*(?:星期.|周.)?[T\s]*(?:上午|下午)?\s*\d{1,2}[:：时点].*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})\s*[-/.,_年]\s*(\d{{1,2}})\s*[-/.,_月]\s*(\d{{1,2}})\s*[日号]?{_TIME}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})\s*[-/.]\s*(\d{{1,2}})\s*[-/.]\s*(\d{{4}}){_TIME}")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0+|\d{6}|[T\s]*\d{1,2}[:：]?.*)?")
_SERIAL = re.compile(r"([1-7]\d{4})(?:\.\d+)?")
_PARTIAL = re.compile(r"(\d{4})(?:\D*(\d{1,2}))?(?:\D*(\d{1,2}))?\D*")
_DAY_ZERO = date(1899, 12, 30)
_YEARS = range(1800, 2201)


@lru_cache(maxsize=1 << 16)
def written_day(text: str) -> Day:
    """Year, month and day; zeros where it is none. With the year last, the day comes first unless it cannot.

    Five digits are a spreadsheet's count of days.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("'")
    if serial := _SERIAL.fullmatch(plain):
        found = _DAY_ZERO + timedelta(days=int(serial[1]))
        return found.year, found.month, found.day
    if last := _YEAR_LAST.fullmatch(plain):
        day, month, year = map(int, last.groups())
        month, day = (day, month) if month > 12 else (month, day)
    elif first := _YEAR_FIRST.fullmatch(plain) or _DIGITS.fullmatch(plain):
        year, month, day = map(int, first.groups())
    else:
        return NONE
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else NONE


@lru_cache(maxsize=1 << 16)
def written_part(text: str) -> Day:
    """The same of a day in part: zeros for a month or day that is not given."""
    if (found := written_day(text)) != NONE:
        return found
    part = _PARTIAL.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not part or means_nothing(text):
        return NONE
    year, month, day = (int(one or 0) for one in part.groups())
    return (year, month, day) if year in _YEARS and month <= 12 and day <= 31 else NONE


def packed(day: Day) -> int:
    """yyyymmdd as a number."""
    return day[0] * 10000 + day[1] * 100 + day[2]


@cache
def _empty() -> npt.NDArray[np.int32]:
    return np.array(sorted(int(text.replace("-", "")) for text in placeholders()["dates"]["empty"]), np.int32)


def empty_days(days: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Which of the days (yyyymmdd) are those that programs write where there is none."""
    known = _empty()
    return np.asarray(known[np.minimum(np.searchsorted(known, days), len(known) - 1)] == days, np.bool_)
