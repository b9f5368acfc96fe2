"""The day a checker meant, where a cell tells less than a whole date: a street writes 11月28日, or 26.11.28."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_DAY = re.compile(r"(?:(\d{2})[年./-])?(\d{1,2})[月./-](\d{1,2})[日号]?(?:[上下]午)?")


def day_between(text: str, first: date, last: date) -> date | None:
    """The one day from first to last that the text can mean; None where there is none, or more than one."""
    match = _DAY.fullmatch(re.sub(r"\s", "", unicodedata.normalize("NFKC", text)))
    if match is None:
        return None
    year, month, day = match.groups()
    years = [2000 + int(year)] if year else range(first.year, last.year + 1)
    days = {
        entry for entry in (_date(each, int(month), int(day)) for each in years) if entry and first <= entry <= last
    }
    return days.pop() if len(days) == 1 else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
