"""One list of telephone numbers per cell: 11 digits, `*` where masked; landlines with their area code."""

from __future__ import annotations

import re

from flows.staging.values.cells import BLANKS, Cell, Cleaned, blank, cell_text, merged, narrow
from schemas.people import is_dummy_phone
from schemas.placeholders import means_nothing

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_USUAL_MASK = re.compile(r"1[3-9][0-9]*\*+[0-9]+")
_MASKED = re.compile(r"[0-9*]*\*[0-9*]*")
_LANDLINE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}")
_AREA_CODE = re.compile(r"(?:0[0-9]{2,3}-|\(0[0-9]{2,3}\)-?)[2-9][0-9]{6,7}")
_MANY = re.compile(r"1[3-9][0-9]{9}(?:0?1[3-9][0-9]{9})+")
_SPLIT = re.compile(r"[、/;,|\\&]|或|和|\s{2,}|\n")
_COUNTRY = re.compile(r"^(?:\+|00)86|^86(?=1[3-9*][0-9*]{9}$)")
_EXTENSION = re.compile(r"(?:转|分机|EXT\.?|x|X|#|-)\s*([0-9]{1,6})$", re.IGNORECASE)
_JUNK = re.compile(r"[\s\-()‐‑‒–—―－.·']+")
_STARS = re.compile(r"[*＊×●○•?？_#■□◯✱※∗]")
_LETTERS = re.compile(r"[0-9*]*[xX][xX*]+[0-9]*")
_SCIENTIFIC = re.compile(r"1\.([0-9]+)E\+?10", re.IGNORECASE)
_LIST_SIGNS = str.maketrans("；，", ";,")
"""Between two numbers these are no full-width digits to complain of."""
_FLOAT_TEXT = re.compile(r"([0-9]{7,13})\.0+")
_BETWEEN = re.compile(r"(?<=[0-9*]{11})\s+(?=\+?[0-9])")


def clean_phones(cell: Cell) -> Cleaned:
    """A list of numbers without repetitions; null where the cell holds none."""
    if (
        isinstance(cell, str)
        and (_MOBILE.fullmatch(cell) or (len(cell) == 11 and _USUAL_MASK.fullmatch(cell)))
        and not is_dummy_phone(cell)
    ):
        return Cleaned((cell,))
    original = cell_text(cell)
    text, repairs = narrow(original.translate(_LIST_SIGNS))
    if means_nothing(text) or text == "0":
        return blank(original, repairs) if not text else Cleaned(None, merged([*repairs, "placeholder"]))
    numbers: list[str] = []
    result = list(repairs)
    for part in _SPLIT.split(_BETWEEN.sub(";", text)):
        if part.strip():
            number, more = _number(part.strip())
            numbers += number
            result += more
    if any(map(is_dummy_phone, numbers)):
        numbers = [number for number in numbers if not is_dummy_phone(number)]
        result.append("dummy_number")
    if not numbers and not result:
        result.append("unusable_phone")
    distinct = tuple(dict.fromkeys(numbers))
    if len(numbers) > 1:
        result.append("several_phones")
    return Cleaned(distinct or None, merged(result))


def _number(text: str) -> tuple[list[str], list[str]]:
    """The numbers of one part of a cell: nearly always one, or none that can be used."""
    if match := _SCIENTIFIC.fullmatch(text):
        return [("1" + match[1][:-1])[:11].ljust(11, "*")], ["scientific"]
    repairs: list[str] = []
    if match := _FLOAT_TEXT.fullmatch(text):
        text = match[1]
        repairs.append("float_text")
    plain = _JUNK.sub("", re.sub(r"^[^0-9*+(]*[::]|[^0-9*]+$", "", text))
    if plain != text:
        repairs.append(_parted(text))
    stars = _STARS.sub("*", plain)
    if _LETTERS.fullmatch(stars):
        stars = re.sub("[xX]", "*", stars)
    if stars != plain:
        repairs.append("mask_character")
    bare = _COUNTRY.sub("", stars)
    if bare != stars:
        repairs.append("country_code")
    if bare.startswith("01") and _MOBILE.fullmatch(bare[1:]):
        bare = bare[1:]
        repairs.append("leading_zero")
    return _judged(bare, text, repairs)


def _parted(text: str) -> str:
    """The repair of a number with signs inside; a landline with its area code set off is written as it should be."""
    if BLANKS.search(text):
        return "spaces"
    return "area_code" if _AREA_CODE.fullmatch(text) else "separators"


def _judged(bare: str, text: str, repairs: list[str]) -> tuple[list[str], list[str]]:
    if _MOBILE.fullmatch(bare) or _LANDLINE.fullmatch(bare):
        return [bare], repairs
    if _MASKED.fullmatch(bare):
        return _masked(bare, repairs)
    if _MANY.fullmatch(bare):
        return _MOBILE.findall(bare), repairs
    shorter = _JUNK.sub("", _EXTENSION.sub("", text))
    if _LANDLINE.fullmatch(shorter):
        return [shorter], ["extension"]
    return [], [*repairs, "dummy_number" if is_dummy_phone(bare) else "unusable_phone"]


def _masked(bare: str, repairs: list[str]) -> tuple[list[str], list[str]]:
    """A masked mobile; a mask of another length keeps the ends in their places."""
    head, tail = bare[: bare.index("*")], bare[bare.rindex("*") + 1 :]
    if not (head or tail):
        return [], [*repairs, "masked_whole"]
    if bare.startswith("0") or len(head) + len(tail) > 10:
        return [], [*repairs, "unusable_phone"]
    if len(bare) == 11:
        return [bare], repairs
    return [head + "*" * (11 - len(head) - len(tail)) + tail], [*repairs, "mask_length"]
