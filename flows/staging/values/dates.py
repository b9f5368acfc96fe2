"""One date per cell, whole or as an ISO prefix (YYYY, YYYY-MM), from every form an office writes."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

from flows.staging.values.cells import Cell, Cleaned, cell_text, merged, narrow
from schemas.placeholders import means_nothing, placeholders

_CHINESE = re.compile(
    r"([〇○零一二三四五六七八九]{4})年(?:([一二三四五六七八九十]{1,3})月(?:([一二三四五六七八九十]{1,3})[日号])?)?"
)
_DIGITS = {character: str(value) for value, character in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
_EPOCH = date(1899, 12, 30)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PARTS = re.compile(r"(\d{4})\s*[-./年\\·、]\s*(\d{1,2})\s*(?:[-./月\\·、]\s*(?:(\d{1,2})\s*[日号]?)?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_YEAR = re.compile(r"(\d{4})年?")
_MOMENT = re.compile(
    r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?[T\s]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:[.,]\d+)?)?秒?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{1,2})?\s*$"
)
SHANGHAI = ZoneInfo("Asia/Shanghai")
_LATE = ((16, 0), (23, 0))
"""What a local midnight reads in UTC, and an hour before midnight: summer time of 1986 to 1991 taken off once more."""
_TIME = re.compile(r"[T\s]+\d{1,2}[:时点]\d{0,2}.*$")
_HALF = re.compile(
    r"[T\s]*(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜间|[AaPp]\.?[Mm]\.?)\s*(?:(\d{1,2})(?=[:时点]))?"
)
_HALF_AFTER = re.compile(r"[T\s]+(\d{1,2})((?:[:时点]\d{1,2}){1,2}(?:\.\d+)?)\s*([AaPp])\.?[Mm]\.?$")
_AFTERNOON = frozenset({"下午", "傍晚", "晚上", "夜间", "P"})
_WHOLE = re.compile(r"(\d{4,8})\.0*")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_WORDS = re.compile(r"(\(.*\)|星期.|周.|生|起|止)$")
_OPEN = {"至今", "长期", "永久", "长期有效", "无固定期限", "不限", "现在", "目前", "今"}


@cache
def empty_days() -> frozenset[str]:
    """Days, as ISO text, that programs write where there is no date."""
    return frozenset(placeholders()["dates"]["empty"])


def clean_date(cell: Cell) -> Cleaned:
    """A whole date. A month alone stands for its first day, by the repair `month_only`; a year alone is not used."""
    if type(cell) is date and 1910 < cell.year < 2089 and cell.isoformat() not in empty_days():
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
    if prefix[:7] + "-01" in empty_days():
        return Cleaned(None, merged([*repairs, "default_date"]))
    dropped = () if prefix[7:] in ("", "-01") else ("day_dropped",)
    return Cleaned(date.fromisoformat(prefix[:7] + "-01"), merged([*repairs, *dropped]))


def _prefix(cell: Cell) -> tuple[str | None, tuple[str, ...]]:
    if isinstance(cell, datetime | date):
        local, zoned = _in_shanghai(cell) if isinstance(cell, datetime) else (cell, ())
        return _checked(local.year, local.month, local.day, zoned)
    if isinstance(cell, time | timedelta):
        return None, ("zero_date",)
    if isinstance(cell, float | int):
        return _from_number(float(cell))
    if (match := _ISO.fullmatch(cell)) is not None:
        return _checked(int(match[1]), int(match[2]), int(match[3]), ())
    text, repairs = narrow(cell)
    if (bare := text.strip("'‘’\"“”")) != text:
        text, repairs = bare, (*repairs, "leading_quote")
    if means_nothing(text) or text == "0":
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


def late_column(cells: Iterable[Cell]) -> bool:
    """Whether every date of a column has a time that is really the midnight after: 23:59:xx, 23:00, 16:00.

    Source: midnights written in UTC, rounded down from a float, or moved by a summer time that was.
    """
    moments = [_moment(cell) for cell in cells if not _is_blank(cell)]
    return bool(moments) and all(moment is not None and _is_late(moment) for moment in moments)


def next_day(cell: Cell) -> Cell:
    """The day after that of a cell of a late column."""
    moment = _moment(cell)
    return cell if moment is None else (moment + timedelta(days=1)).date()


def _is_blank(cell: Cell) -> bool:
    return isinstance(cell, str) and means_nothing(cell)


def _is_late(moment: datetime) -> bool:
    late = (moment.hour, moment.minute)
    return late == (23, 59) or (late in _LATE and moment.second == 0)


def _moment(cell: Cell) -> datetime | None:
    """The local moment a cell gives, null where it gives no time of the day."""
    if isinstance(cell, datetime):
        return _in_shanghai(cell)[0]
    if isinstance(cell, float) and 1 <= cell < 80000 and not cell.is_integer():
        return datetime.combine(_EPOCH, time()) + timedelta(days=cell)
    text = _whole_day_clock(narrow(cell)[0]) if isinstance(cell, str) else ""
    if "." in text and _SERIAL.fullmatch(text):
        return _moment(float(text))
    match = _MOMENT.fullmatch(text)
    read = _read_moment(match) if match else None
    return _in_shanghai(read)[0] if read else None


def _read_moment(result: re.Match[str]) -> datetime | None:
    try:
        moment = datetime(*(int(part or 0) for part in result.groups()[:6]))  # type: ignore[arg-type]
        zone = _zone(result[7])
    except ValueError:
        return None
    return moment.replace(tzinfo=zone) if zone else moment


def _zone(text: str | None) -> timezone | None:
    if not text or text in ("Z", "UTC", "GMT"):
        return UTC if text else None
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def _in_shanghai(moment: datetime) -> tuple[datetime, tuple[str, ...]]:
    """A moment with a zone as the clocks of China show it; named where that is another day."""
    if moment.tzinfo is None or not 1 < moment.year < 9999:
        return moment.replace(tzinfo=None), ()
    local = moment.astimezone(SHANGHAI).replace(tzinfo=None)
    return local, ("next_day",) if local.date() != moment.date() else ()


def _whole_day_clock(text: str) -> str:
    """A time of the twelve-hour clock in twenty-four hours: `下午3:05`, `3:05 PM` are 15:05, `上午 12:10` is 0:10."""
    if match := _HALF_AFTER.search(text):
        return f"{text[: match.start()]} {_hour(match[1], match[3].upper())}{match[2]}"
    match = _HALF.search(text)
    if match is None or not text[: match.start()].strip():
        return text
    half = match[1][:1].upper() if match[1].isascii() else match[1]
    hour = f" {_hour(match[2], half)}" if match[2] else ""
    return f"{text[: match.start()]}{hour}{text[match.end() :]}"


def _hour(text: str, half: str) -> int:
    hour = int(text)
    if half in _AFTERNOON:
        return hour + 12 if hour < 12 else hour
    return 0 if hour == 12 and half != "中午" else hour


def _from_text(text: str, repairs: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """A date as text; a number with `.0` is read as shown, and a serial number's fraction is a time of its day."""
    text = _whole_day_clock(text)
    if match := _WHOLE.fullmatch(text):
        text, repairs = match[1], (*repairs, "float_text")
    elif _SERIAL.fullmatch(text):
        text = text.partition(".")[0]
    if (match := _MOMENT.fullmatch(text)) and match[7] and (moment := _read_moment(match)):
        local, zoned = _in_shanghai(moment)
        return _checked(local.year, local.month, local.day, (*repairs, *zoned))
    bare = _WORDS.sub("", _TIME.sub("", text)).strip()
    if match := _CHINESE.fullmatch(bare):
        bare = "-".join(_arabic(part) for part in match.groups() if part)
        repairs = (*repairs, "chinese_digits")
    if match := _PARTS.fullmatch(bare):
        return _checked(*_numbers(match), repairs)
    if re.fullmatch(r"\d{5}", bare) and 3653 <= int(bare) < 80000:
        day = _EPOCH + timedelta(days=int(bare))
        return _checked(day.year, day.month, day.day, (*repairs, "serial_date"))
    if match := _COMPACT.fullmatch(bare):
        return _checked(*_numbers(match), repairs)
    if (match := _YEAR.fullmatch(bare)) and 1850 <= int(match[1]) <= 2100:
        return match[1], repairs
    if bare.startswith(("0000", "1900-01-00", "1900/1/0", "1900.1.0")):
        return None, (*repairs, "zero_date")
    return None, (*repairs, "unusable_date")


def _arabic(text: str) -> str:
    """`二〇〇一` as 2001, `二十三` as 23."""
    if "十" not in text:
        return "".join(_DIGITS[character] for character in text)
    tens, _, ones = text.partition("十")
    return (_DIGITS.get(tens, "") or "1") + (_DIGITS.get(ones, "") or "0")


def _numbers(result: re.Match[str]) -> tuple[int, int, int | None]:
    return int(result[1]), int(result[2]), int(result[3]) if result[3] else None


def _checked(year: int, month: int, day: int | None, repairs: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    if day and f"{year:04d}-{month:02d}-{day:02d}" in empty_days() and year < 2099:
        return None, (*repairs, "default_date")
    if year >= 2099:
        return None, (*repairs, "open_ended")
    if day == 0 or month == 0 or year < 1850:
        whole = year in (0, 1899, 1900) or month == 0
        return None, (*repairs, "zero_date" if whole else "unusable_date")
    if month > 12 or (day is not None and day > monthrange(year, month)[1]):
        return None, (*repairs, "unusable_date")
    return f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day else ""), repairs
