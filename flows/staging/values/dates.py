"""One date per cell, whole or as an ISO prefix (YYYY, YYYY-MM), from every form an office writes."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta

from flows.staging.values.cells import NO_VALUE, Cell, Cleaned, cell_text, merged, narrow

_CHINESE = re.compile(
    r"([〇○零一二三四五六七八九]{4})年(?:([一二三四五六七八九十]{1,3})月(?:([一二三四五六七八九十]{1,3})[日号])?)?"
)
_DIGITS = {character: str(value) for value, character in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
_EPOCH = date(1899, 12, 30)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PARTS = re.compile(r"(\d{4})\s*[-./年\\·、]\s*(\d{1,2})\s*(?:[-./月\\·、]\s*(?:(\d{1,2})\s*[日号]?)?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_YEAR = re.compile(r"(\d{4})年?")
_TIME = re.compile(r"[T\s]+\d{1,2}[:时]\d{1,2}.*$")
_WORDS = re.compile(r"(\(.*\)|星期.|周.|生|起|止)$")
_OPEN = {"至今", "长期", "永久", "长期有效", "无固定期限", "不限", "现在", "目前", "今"}
_NOTHING = NO_VALUE | {"0"}


def clean_date(cell: Cell) -> Cleaned:
    """A whole date. A month alone stands for its first day, by the repair `month_only`; a year alone is not used."""
    if type(cell) is date and 1900 < cell.year < 2099:
        return Cleaned(cell)
    prefix, repairs = _prefix(cell)
    if prefix is None:
        return Cleaned(None, repairs)
    if len(prefix) == 4:
        return Cleaned(None, merged([*repairs, "year_only"]))
    if len(prefix) == 7:
        return Cleaned(date.fromisoformat(prefix + "-01"), merged([*repairs, "month_only"]))
    return Cleaned(date.fromisoformat(prefix), repairs)


def clean_partial_date(cell: Cell) -> Cleaned:
    """An ISO prefix: as much of the date as the cell gives."""
    prefix, repairs = _prefix(cell)
    return Cleaned(prefix, repairs)


def clean_month(cell: Cell) -> Cleaned:
    """The first day of a month (YYYYMM and its kin)."""
    prefix, repairs = _prefix(cell)
    if prefix is None:
        return Cleaned(None, repairs)
    if len(prefix) == 4:
        return Cleaned(None, merged([*repairs, "year_only"]))
    dropped = () if prefix[7:] in ("", "-01") else ("day_dropped",)
    return Cleaned(date.fromisoformat(prefix[:7] + "-01"), merged([*repairs, *dropped]))


def _prefix(cell: Cell) -> tuple[str | None, tuple[str, ...]]:
    if isinstance(cell, datetime | date):
        return _checked(cell.year, cell.month, cell.day, ())
    if isinstance(cell, time | timedelta):
        return None, ("zero_date",)
    if isinstance(cell, float | int):
        return _from_number(float(cell))
    if (found := _ISO.fullmatch(cell)) is not None:
        return _checked(int(found[1]), int(found[2]), int(found[3]), ())
    text, repairs = narrow(cell)
    if (bare := text.strip("'‘’\"“”")) != text:
        text, repairs = bare, (*repairs, "leading_quote")
    if text in _NOTHING:
        return None, (repairs if not text else (*repairs, "placeholder"))
    if text in _OPEN:
        return None, (*repairs, "open_ended")
    return _from_text(text, repairs)


def _from_number(number: float) -> tuple[str | None, tuple[str, ...]]:
    """A number: eight, six or four digits as written, else an Excel serial; `1990.1` may be month 1 or 10."""
    text = cell_text(number)
    if re.fullmatch(r"(19|20)\d\d\.\d\d", text):
        return _from_text(text, ())
    if re.fullmatch(r"(19|20)\d\d\.\d", text):
        return text[:4], ("month_lost",)
    if number == 0:
        return None, ("zero_date",)
    if not number.is_integer() and 1 <= number < 80000:
        number = float(int(number))
        text = cell_text(number)
    return _from_text(text, ()) if number.is_integer() else (None, ("unusable_date",))


def _from_text(text: str, repairs: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    bare = _WORDS.sub("", _TIME.sub("", text)).strip()
    if found := _CHINESE.fullmatch(bare):
        bare = "-".join(_arabic(part) for part in found.groups() if part)
        repairs = (*repairs, "chinese_digits")
    if found := _PARTS.fullmatch(bare):
        return _checked(*_numbers(found), repairs)
    if re.fullmatch(r"\d{5}", bare) and 3653 <= int(bare) < 80000:
        day = _EPOCH + timedelta(days=int(bare))
        return day.isoformat(), (*repairs, "serial_date")
    if found := _COMPACT.fullmatch(bare):
        return _checked(*_numbers(found), repairs)
    if (found := _YEAR.fullmatch(bare)) and 1850 <= int(found[1]) <= 2100:
        return found[1], repairs
    if bare.startswith(("0000", "1900-01-00", "1900/1/0", "1900.1.0")):
        return None, (*repairs, "zero_date")
    return None, (*repairs, "unusable_date")


def _arabic(text: str) -> str:
    """`二〇〇一` as 2001, `二十三` as 23."""
    if "十" not in text:
        return "".join(_DIGITS[character] for character in text)
    tens, _, ones = text.partition("十")
    return (_DIGITS.get(tens, "") or "1") + (_DIGITS.get(ones, "") or "0")


def _numbers(found: re.Match[str]) -> tuple[int, int, int | None]:
    return int(found[1]), int(found[2]), int(found[3]) if found[3] else None


def _checked(year: int, month: int, day: int | None, repairs: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    if year >= 2099:
        return None, (*repairs, "open_ended")
    if day == 0 or month == 0 or year < 1850:
        whole = year in (0, 1899, 1900) or month == 0
        return None, (*repairs, "zero_date" if whole else "unusable_date")
    if month > 12 or (day is not None and day > monthrange(year, month)[1]):
        return None, (*repairs, "unusable_date")
    return f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day else ""), repairs
