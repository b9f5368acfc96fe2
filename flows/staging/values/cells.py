"""One cleaned value per cell, with the named repairs that made it; what all cleaners share."""

from __future__ import annotations

import html
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

Cell = str | float | int | bool | date | datetime | time | timedelta

INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u00ad\u180b-\u180f\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""Control and format characters, fillers, variation selectors: nothing that a reader sees."""
_ODD_BLANK = re.compile("[\u00a0\u2800\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\x85\t\r\n\x0b\x0c]")
LOST = "\ufffd"
"""What a decoder puts where bytes were damaged."""
BLANKS = re.compile(r"\s+")
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


_ENTITY = re.compile("&(?:#[0-9]{2,7}|#[xX][0-9a-fA-F]{2,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_RADICAL = re.compile("[\u2e80-\u2fdf\u31c0-\u31ef]")
_UNPRINTED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""What Python takes for printable and no reader sees."""


@cache
def _radicals() -> dict[int, str]:
    """Radicals and strokes of CJK by code point: the ideograph each equals."""
    text = (resources.files("flows.staging.values") / "characters.toml").read_text("utf-8")
    pairs = "".join(tomllib.loads(text)["radicals"].split())
    return {ord(radical): whole for radical, whole in zip(pairs[::2], pairs[1::2], strict=True)}


def tidy(text: str) -> tuple[str, tuple[str, ...]]:
    """Text as a reader sees it: without invisible characters, odd blanks as plain ones, HTML entities and radicals as
    the characters they stand for, trimmed; trimming plain blanks is no repair."""
    if text.isprintable() and not (LOST in text or text[:1] == "=" or "&" in text or _odd(text)):
        return text.strip(), ()  # no control, format or private-use character, and no blank but the plain one
    repairs: list[str] = []
    if (plain := _unescaped(text)) != text:
        text = plain
        repairs.append("html_entity")
    if _RADICAL.search(text):
        text = text.translate(_radicals())
        repairs.append("radical")
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


def _odd(text: str) -> bool:
    return not text.isascii() and bool(_RADICAL.search(text) or _UNPRINTED.search(text))


def _unescaped(text: str) -> str:
    """HTML entities as their characters, also where they were escaped twice: `&amp;middot;`."""
    for _ in range(3):
        if "&" not in text or not _ENTITY.search(text):
            break
        text = _ENTITY.sub(lambda result: html.unescape(result[0]), text)
    return text


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
