"""One value per cell of the simple kinds: text, codes and yes/no by value map, whole numbers, credit codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from flows.staging.values.cells import BLANKS, Cell, Cleaned, blank, cell_text, merged, narrow, tidy
from schemas.people import is_made_up_id
from schemas.placeholders import means_nothing

_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_INTEGER = re.compile(r"([0-9]{1,9})(?:\.0+)?\s*(天|日|人|名|个|家|岁)?")
_FLOAT_TEXT = re.compile(r"([0-9]{2,18})\.0+")
"""How a number reads that went through a program which keeps all numbers as floats."""
_QUOTED = re.compile(r"['‘’`]+([0-9A-Za-z][0-9A-Za-z\-]*(?:\.0+)?)['‘’`]?")
"""A number kept as text by Excel's leading quote, which is no part of it."""
_USCC = re.compile(r"[0-9A-Z]{18}")


def clean_text(cell: Cell) -> Cleaned:
    """Text as written, but for invisible characters, odd blanks and full-width digits and letters."""
    if isinstance(cell, float | int):
        text = cell_text(cell)
        return Cleaned(text, ("excel_tail",)) if abs(cell) >= 1e15 else Cleaned(text)
    text, repairs = tidy(cell if isinstance(cell, str) else cell_text(cell))
    if not text:
        return Cleaned(None, repairs)
    if means_nothing(text):
        return Cleaned(None, merged([*repairs, "placeholder"]))
    if match := _QUOTED.fullmatch(text):
        text, repairs = match[1], (*repairs, "leading_quote")
    if match := _FLOAT_TEXT.fullmatch(text):
        text, repairs = match[1], (*repairs, "float_text")
    if _WIDE.search(text):
        text = _WIDE.sub(lambda result: unicodedata.normalize("NFKC", result[0]), text)
        repairs = (*repairs, "full_width")
    return Cleaned(text, repairs)


_CODE_AHEAD = re.compile(r"^\d{1,2}[-_.、:|/]*(?=\D)")
"""A dictionary code before its word: 01-中共党员, 13群众."""
_BRACKETS_AFTER = re.compile(r"(?<=.)\([^()不非未否无停退除失注吊离开]*\)$")
"""A remark in brackets after the word, unless it takes it back: 正常(参保), but not 党员(已除名)."""


def map_cleaner(values: Mapping[str, str]) -> Callable[[Cell], Cleaned]:
    """A cleaner for codes: the canonical value, or null with `unknown_value`."""
    return partial(_mapped, {_map_key(key): value for key, value in values.items()})


def yes_no_cleaner(values: Mapping[str, str]) -> Callable[[Cell], Cleaned]:
    """A cleaner for yes and no: true, false, null for a known word that says neither, or null with `unknown_value`."""
    keys: dict[str, object] = {_map_key(key): _YES_NO[value] for key, value in values.items()}
    return partial(_mapped, keys)


_YES_NO = {"yes": True, "no": False, "silent": None}
_CODE = re.compile(r"\d\d")


def speaks_in_codes(values: Mapping[str, str], cells: Iterable[Cell]) -> bool:
    """Whether a cell of the column is a two-digit code of the map: its other numbers are codes of that standard too."""
    return any(_CODE.fullmatch(key := _map_key(cell_text(cell))) and key in values for cell in cells)


def _mapped(values: Mapping[str, object], cell: Cell) -> Cleaned:
    text = cell_text(cell)
    key = _map_key(text)
    for form in (key, _CODE_AHEAD.sub("", key), _BRACKETS_AFTER.sub("", key)):
        if form in values:
            return Cleaned(values[form])
    if not key:
        return blank(text, ("zero_width",))
    if means_nothing(narrow(text)[0]):
        return Cleaned(None, ("placeholder",))
    return Cleaned(None, ("unknown_value",))


def _map_key(text: str) -> str:
    return BLANKS.sub("", narrow(text)[0]).upper()


def clean_integer(cell: Cell) -> Cleaned:
    """A whole number, its counting word taken off."""
    if isinstance(cell, float | int):
        whole = float(cell).is_integer() and abs(cell) < 2**31
        return Cleaned(int(cell)) if whole else Cleaned(None, ("unusable_number",))
    text, repairs = narrow(cell_text(cell))
    if means_nothing(text):
        return Cleaned(None, merged([*repairs, *(("placeholder",) if text else ())]))
    match = _INTEGER.fullmatch(text.replace(",", ""))
    if not match:
        return Cleaned(None, merged([*repairs, "unusable_number"]))
    return Cleaned(int(match[1]), merged([*repairs, *(("counting_word",) if match[2] else ())]))


def clean_uscc(cell: Cell) -> Cleaned:
    """A unified social credit code (GB 32100) in capitals; other registration numbers are kept as written."""
    if isinstance(cell, str) and _USCC.fullmatch(cell) and not is_made_up_id(cell):
        return Cleaned(cell)
    if isinstance(cell, float | int):
        text = cell_text(cell)
        return Cleaned(None, ("excel_tail",)) if abs(cell) >= 1e15 else Cleaned(text)
    text, repairs = narrow(cell_text(cell))
    if means_nothing(text):
        return Cleaned(None, merged([*repairs, *(("placeholder",) if text else ())]))
    bare = BLANKS.sub("", text).strip("'‘’\"")
    result = [*repairs, *(("spaces",) if bare != text else ()), *(("lower_case",) if bare.upper() != bare else ())]
    if is_made_up_id(bare):
        return Cleaned(None, merged([*result, "dummy_number"]))
    return Cleaned(bare.upper(), merged(result))
