"""One validity per cell: a last day, a term counted from the day of issue, without end, or written but unreadable."""

from __future__ import annotations

import re
from calendar import monthrange

from flows.staging.values.cells import Cell, Cleaned, cell_text, merged, narrow
from flows.staging.values.dates import clean_partial_date
from schemas.placeholders import means_nothing

OPEN, UNREAD = "open", "unread"
_FIRST_YEAR = 1900
"""A number from here on is a year, not a term."""
_WITHOUT_END = re.compile("长期|永久|无固定期限|不限|无限期|一直有效|^(?:2099|9999)[-./年]")
_UNTIL = re.compile("^(?:有效期)?(?:截止|截至|至|到)")
_HEAD = re.compile("^(?:自|从|于)?[^0-9一二两三四五六七八九十百半]{0,8}(?:之日|当日|日)?起(?:算|计算|计)?")
_NUMBER = "[0-9]{1,4}|[一二两三四五六七八九十百]{1,5}|半"
_UNIT = "天|日|周|星期|月|季度|季|年"
_TERM = re.compile(rf"(?:为|有效期)?({_NUMBER})(?:\.0+)?(个)?(自然|工作)?({_UNIT})?(半)?(?:内|以内|之内|整|有效)*")
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7}
_MONTHS = {"月": 1, "季度": 3, "季": 3, "年": 12}


def clean_validity(cell: Cell) -> Cleaned:
    """`2026-11-20` (of a month its last day), `P90D`, `P3M`, `open`, or `unread` for words nobody can count with."""
    text, repairs = narrow(cell_text(cell))
    bare = _UNTIL.sub("", re.sub(r"\s", "", text).strip("'‘’\"“”"))
    if means_nothing(bare) or bare == "0":
        return Cleaned(None, repairs)
    if _WITHOUT_END.search(bare):
        return Cleaned(OPEN, merged([*repairs, "open_ended"]))
    term = _term(_HEAD.sub("", bare))
    if term is not None:
        return Cleaned(term, merged(repairs if bare.isdigit() else [*repairs, "term_in_words"]))
    day = clean_partial_date(bare if isinstance(cell, str) else cell)
    if day.value is None and isinstance(cell, str) and "open_ended" not in day.repairs:
        day = clean_partial_date(_UNTIL.sub("", text))  # a time of the day needs the blank before it
    if day.value is None:
        if "open_ended" in day.repairs:
            return Cleaned(OPEN, day.repairs)
        return Cleaned(UNREAD, merged([*repairs, "unusable_validity"]))
    return Cleaned(_last_day(str(day.value)), day.repairs)


def _term(text: str) -> str | None:
    """A number with its unit; one without counts days."""
    match = _TERM.fullmatch(text)
    if match is None:
        return None
    number, counted, working, unit, half = match.groups()
    if unit is None and (counted or working or not number.isdigit()):
        return None
    if number.isdigit() and int(number) >= _FIRST_YEAR:
        return None
    if unit in _MONTHS:
        months = _MONTHS[unit] // 2 if number == "半" else _value(number) * _MONTHS[unit]
        months += _MONTHS[unit] // 2 if half else 0
        return f"P{months}M" if months else "P15D"
    if number == "半" or half:
        return None
    days = _value(number) * _DAYS[unit or "天"]
    # Nobody is called late by a calendar of holidays: five working days are at most eleven days with one.
    days = days * 7 // 5 + 4 if working == "工作" else days
    return f"P{days}D" if days else None


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    hundreds, mark, rest = number.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    total = _DIGITS.get(hundreds, 1) * 100 if mark else 0
    return total + (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)


def _last_day(prefix: str) -> str:
    """The last day a date can mean: of a month its end, of a year its end."""
    if len(prefix) == 4:
        return f"{prefix}-12-31"
    if len(prefix) == 7:
        return f"{prefix}-{monthrange(int(prefix[:4]), int(prefix[5:]))[1]:02d}"
    return prefix
