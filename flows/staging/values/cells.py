"""One cleaned value per cell, with the named repairs that made it; what all cleaners share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

Cell = str | float | int | bool | date | datetime | time | timedelta

INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\u180e\u2066-\u2069\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_ODD_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\x85\t\r\n\x0b\x0c]")
LOST = "\ufffd"
"""What a decoder puts where bytes were damaged."""
BLANKS = re.compile(r"\s+")
NO_VALUE = frozenset(
    {
        "",
        "无",
        "暂无",
        "未知",
        "不详",
        "空",
        "-",
        "--",
        "/",
        "NULL",
        "null",
        "None",
        "NONE",
        "N/A",
        "#N/A",
        "未填写",
        "未登记",
    }
)
"""Words for a cell without a value, whatever its field."""
_FORMULA_TEXT = re.compile(r'=\s*"(.*)"', re.DOTALL)
"""How some systems keep digits as text in a .csv: `="500113…"`."""


class Cleaned(NamedTuple):
    """One cell's value as staging keeps it; `repairs` is empty when the cell was already right."""

    value: Any
    repairs: tuple[str, ...] = ()


EMPTY = Cleaned(None)
Cleaner = Callable[[Cell], Cleaned]


def cell_text(cell: Cell) -> str:
    """A cell as text, numbers as a spreadsheet would show them in full."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)


def tidy(text: str) -> tuple[str, tuple[str, ...]]:
    """Text without invisible characters, odd blanks as plain ones, trimmed; trimming plain blanks is no repair."""
    if text.isprintable() and LOST not in text and text[:1] != "=":  # no control, format or private-use character
        return text.strip(), ()  # and no blank but the plain one
    repairs: list[str] = []
    if formula := _formula_text(text):
        text = formula[1]
        repairs.append("formula_text")
    if LOST in text:
        text = text.replace(LOST, "□")
        repairs.append("lost_character")
    if INVISIBLE.search(text):
        text = INVISIBLE.sub("", text)
        repairs.append("zero_width")
    if _ODD_BLANK.search(text):
        text = _ODD_BLANK.sub(" ", text)
        repairs.append("spaces")
    return text.strip(), tuple(repairs)


def _formula_text(text: str) -> re.Match[str] | None:
    return _FORMULA_TEXT.fullmatch(text.strip()) if "=" in text[:3] else None


def narrow(text: str) -> tuple[str, tuple[str, ...]]:
    """Tidied text in NFKC, so that full-width digits and letters become plain."""
    text, repairs = tidy(text)
    if text.isascii():
        return text, repairs
    plain = unicodedata.normalize("NFKC", text)
    return (plain.strip(), (*repairs, "full_width")) if plain != text else (text, repairs)


def blank(original: str, repairs: Iterable[str]) -> Cleaned:
    """A cell with nothing left in it: nothing to tell where it held only blanks, else what was taken out."""
    return Cleaned(None, merged(repairs)) if original.strip() else EMPTY


def merged(repairs: Iterable[str]) -> tuple[str, ...]:
    """Repairs without repetitions, in order."""
    return tuple(dict.fromkeys(repairs))
