"""One resident ID pattern per cell: 18 places of digits, X last, `*` where not shown (GB 11643)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from math import ulp
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flows.staging.values.cells import BLANKS, Cell, Cleaned, blank, cell_text, merged, narrow
from schemas.people import (
    ID_CHECKS,
    ID_WEIGHTS,
    check_digit,
    dummies,
    has_unknown_tail,
    is_birth,
    is_made_up_id,
    is_valid_id,
    shows_impossible_birth,
)
from schemas.placeholders import means_nothing

_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FULL = re.compile(r"[0-9]{17}[0-9X]")
_INSIDE = re.compile(r"(?<![0-9*])[0-9]{17}[0-9X](?![0-9A-Z*])")
_SCIENTIFIC = re.compile(r"([1-9])(?:\.([0-9]+))?E\+?0?17")
_MASKS = re.compile("[*＊×●○•·?？_#＃█■□◯✱※∗⁎]")
DUMMY = "dummy_number"
_FEW = 3
_GENUINE = 110
_OTHER_DIGITS = 2
_TENS = 10 ** np.arange(17, -1, -1, dtype=np.int64)
_CROSSED = re.compile("[0-9]{17}[×✕✖╳]")
_FLOAT_TEXT = re.compile(r"^([0-9]{15,18})\.0+$")
_QUOTES = "'\"‘’“”`´＇＂"


class ResidentId(NamedTuple):
    """One cell's ID: its 18-place pattern (null when it is none), its kind, and the cell's cleaned text."""

    pattern: str | None
    kind: str | None
    text: str | None


NO_ID = ResidentId(None, None, None)


@dataclass(frozen=True)
class ColumnSigns:
    """What the column as a whole shows of Excel's damage to its all-digit IDs."""

    zeros: bool = False
    floats: bool = False
    numbers: bool = True
    """Numbers in the column end in other digits than a zero where Excel still shows one, so a zero there is a digit."""


def number_signs(signs: ColumnSigns, numbers: Iterable[object]) -> ColumnSigns:
    """The signs with what the column's cells that are numbers show."""
    fifteenth = [f"{cell:.14e}"[15] for cell in numbers if isinstance(cell, float) and 1e17 <= cell < 1e18]
    zeros = fifteenth.count("0")
    return replace(signs, numbers=len(fifteenth) - zeros >= _OTHER_DIGITS * zeros)


def column_signs(texts: pa.Array) -> tuple[ColumnSigns, npt.NDArray[np.bool_]]:
    """What a column of distinct texts shows, and which of them are valid IDs that need no second look."""
    eighteen = pc.and_(pc.equal(pc.binary_length(texts), 18), pc.string_is_ascii(texts))
    whole = eighteen.fill_null(False).to_numpy(zero_copy_only=False)
    places = _places(texts.filter(pa.array(whole)))
    signs, right = _signs(places, _valid(places))
    valid = np.zeros(len(whole), bool)
    valid[whole] = right
    return signs, valid


def _signs(places: npt.NDArray[np.int16], right: npt.NDArray[np.bool_]) -> tuple[ColumnSigns, npt.NDArray[np.bool_]]:
    """What rows of eighteen places show of Excel, and which of the right ones are beyond doubt.

    Excel's zeros fit the check digit once in eleven; an ID ends in 000 by itself once in 1,100. So where more than one
    all-digit ID in 110 ends in zeros that do not fit, those that fit are damaged too. A float's tail is no such proof:
    of whole IDs one in 64 could be one, so there most must look like it. Four zeros are Excel's in one of ten damaged
    IDs; a column in which they are more frequent has them for digits that nobody knew.
    """
    digits: npt.NDArray[np.bool_] = np.logical_and.reduce((places >= 0) & (places <= 9), axis=1)
    if (counted := int(digits.sum())) < _FEW:
        return ColumnSigns(), right
    numbers = np.where(digits[:, None], places, 0).astype(np.int64) @ _TENS
    tails, unknown = digits & (numbers % 1000 == 0), digits & (numbers % 10_000 == 0)
    excel = int((tails & ~right & ~unknown).sum())
    zeros = excel * _GENUINE > counted and excel >= _OTHER_DIGITS * int(unknown.sum())
    floats = bool((digits & (numbers.astype(np.float64).astype(np.int64) == numbers)).sum() * 2 > counted)
    return ColumnSigns(zeros, floats), right & ~unknown & ~(tails & zeros) & (not floats)


def _places(texts: pa.Array) -> npt.NDArray[np.int16]:
    """A row of eighteen numbers per text of eighteen bytes: its digits, other characters outside 0 to 9."""
    if not len(texts):
        return np.zeros((0, 18), np.int16)
    _, offsets, data = texts.buffers()
    first = int(np.frombuffer(offsets, np.int32)[texts.offset])
    return np.frombuffer(data, np.uint8)[first : first + 18 * len(texts)].reshape(-1, 18).astype(np.int16) - 48


def _valid(places: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    digits, last = places[:, :17], np.where(places[:, 17] == ord("X") - 48, 10, places[:, 17])
    shaped = ((digits >= 0) & (digits <= 9)).all(axis=1) & (last >= 0) & (last <= 10)
    shaped &= (places[:, 17] <= 9) | (places[:, 17] == ord("X") - 48)
    checks = np.array([10 if check == "X" else int(check) for check in ID_CHECKS])
    fits = checks[np.where(shaped, digits @ np.array(ID_WEIGHTS, np.int16), 0) % 11] == last
    year = digits[:, 6:10].astype(np.int32) @ np.array([1000, 100, 10, 1])
    month, day = digits[:, 10] * 10 + digits[:, 11], digits[:, 12] * 10 + digits[:, 13]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = np.array(_DAYS)[np.where((month >= 1) & (month <= 12), month, 0)] + (leap & (month == 2))
    result: npt.NDArray[np.bool_] = (
        shaped
        & fits
        & (year >= dummies().first_birth_year)
        & (year <= dummies().last_birth_year)
        & (day >= 1)
        & (day <= days)
    )
    return result


def id_cleaner(signs: ColumnSigns, *, licence: bool = False) -> Callable[[Cell], Cleaned]:
    """The cleaner of one column's cells."""
    return partial(clean_licence if licence else clean_id, signs=signs)


def clean_id(cell: Cell, signs: ColumnSigns | None = None) -> Cleaned:
    """A `ResidentId` with the repairs that made it; every pattern keeps each digit the cell shows for certain."""
    signs = signs or ColumnSigns()
    if isinstance(cell, float | int):
        return _from_number(float(cell), signs)
    original = cell_text(cell)
    if means_nothing(shown := original if _FULL.fullmatch(original) else narrow(original)[0]) and shown:
        return Cleaned(None, ("placeholder",))
    text, repairs = _plain(original)
    if not text:
        return blank(original, repairs)
    result, more = _read(text, signs)
    if (
        result.pattern is None
        and (inside := _INSIDE.findall(text))
        and len(inside) == 1
        and _rest_has_no_digit(text, inside[0])
    ):
        result, more = _read(inside[0], signs)
        more = ("extra_text", *more)
    return _cleaned_id(result, merged([*repairs, *more]))


def _cleaned_id(result: ResidentId, repairs: tuple[str, ...]) -> Cleaned:
    """The ID, unless it stands for none; zeros at its end that stand for digits nobody knew become a mask."""
    pattern, known = result.pattern, tuple(repair for repair in repairs if repair not in _VERDICTS)
    if any(is_made_up_id(entry) for entry in {pattern, result.text} if entry):
        return Cleaned(None, (*known, DUMMY))
    if pattern is not None and shows_impossible_birth(pattern):
        return Cleaned(ResidentId(None, "other", result.text), (*known, "impossible_birth"))
    if pattern is not None and has_unknown_tail(pattern):
        shown = pattern[:-4] + "****"
        if not shown.strip("*"):
            return Cleaned(None, (*known, DUMMY))
        return Cleaned(ResidentId(shown, "masked", result.text), (*known, "unknown_tail"))
    return Cleaned(result, repairs)


def clean_licence(cell: Cell, signs: ColumnSigns | None = None) -> Cleaned:
    """A licence number that may be the holder's ID: only 18 places count as one, other numbers are no loss."""
    cleaned = clean_id(cell, signs)
    result: ResidentId | None = cleaned.value
    if result is None or result.text is None or result.kind in (None, "excel15", "masked"):
        return cleaned
    if result.kind in ("full", "invalid") and len(result.text) == 18 and is_birth(result.text[6:14]):
        return cleaned
    other = ResidentId(None, "other", result.text)
    return Cleaned(other, tuple(repair for repair in cleaned.repairs if repair not in _VERDICTS))


_VERDICTS = ("unusable_id", "fifteen_digits", "seventeen_digits", "check_digit")


def _rest_has_no_digit(text: str, inside: str) -> bool:
    return not any(character.isdigit() for character in text.replace(inside, ""))


def _plain(text: str) -> tuple[str, list[str]]:
    """Upper-case text without blanks, quotes and look-alikes of X; mask characters as `*`."""
    if _FULL.fullmatch(text):
        return text, []
    text, first = narrow(text)
    repairs = list(first)
    steps: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("leading_quote", lambda value: value.strip(_QUOTES)),
        ("cyrillic", lambda value: value.replace("х", "X").replace("Х", "X").replace("Χ", "X").replace("χ", "X")),
        ("spaces", lambda value: BLANKS.sub("", value)),
        ("float_text", lambda value: _FLOAT_TEXT.sub(r"\1", value)),
        ("crossed_x", _crossed),
        ("lower_case_x", lambda value: value[:-1] + "X" if value[-1:] == "x" else value),
        ("mask_character", _masked),
    )
    for repair, change in steps:
        changed = change(text)
        if changed != text:
            text = changed
            repairs.append(repair)
    return text.upper(), repairs


def _crossed(text: str) -> str:
    """A multiplication sign for the X that the check digit asks for; elsewhere it hides the last place."""
    return text[:17] + "X" if _CROSSED.fullmatch(text) and check_digit(text[:17]) == "X" else text


def _masked(text: str) -> str:
    """All mask signs as `*`. An X is a mask unless it stands last behind a digit, or where `*` is the mask already."""
    if not any(character.isdigit() for character in text) and not _MASKS.search(text):
        return text
    text = _MASKS.sub("*", text)
    if not re.fullmatch(r"[0-9*xX]+", text):
        return text
    last = text[-1:] if text[-1:] in "xX" and (text[-2:-1].isdigit() or "*" in text[:-1]) else ""
    body = text[: len(text) - len(last)]
    return re.sub("[xX]", "*", body) + last.upper()


def _read(text: str, signs: ColumnSigns) -> tuple[ResidentId, tuple[str, ...]]:
    if _FULL.fullmatch(text):
        return _from_eighteen(text, signs)
    if re.fullmatch(r"[0-9]{15}", text):
        return _from_fifteen(text)
    if re.fullmatch(r"[0-9]{17}", text):
        return _from_seventeen(text)
    if re.fullmatch(r"[0-9]{3}[0-9X]", text):
        return _resident_id("*" * 14 + text, "tail4", text), ()
    if match := _SCIENTIFIC.fullmatch(text):
        return _from_scientific(text, match[1] + (match[2] or ""))
    if re.fullmatch(r"[0-9*]*\*[0-9*]*X?", text):
        return _from_mask(text)
    return ResidentId(None, "other", text), ("unusable_id",)


def _resident_id(pattern: str, kind: str, text: str) -> ResidentId:
    return ResidentId(pattern, kind, text)


def _from_eighteen(text: str, signs: ColumnSigns) -> tuple[ResidentId, tuple[str, ...]]:
    valid = is_valid_id(text)
    if text.isdecimal() and is_birth(text[6:14]):
        if has_unknown_tail(text) and not signs.zeros:
            return _unknown_tail(text, text)
        if text.endswith("000") and (signs.zeros or not valid):
            return _resident_id(text[:15] + "***", "excel15", text), ("excel_tail",)
        if _is_float_tail(text) and (signs.floats or not valid):
            return _from_float(int(text), text, "float_tail")
    return _resident_id(text, "full" if valid else "invalid", text), (() if valid else ("check_digit",))


def _unknown_tail(whole: str, text: str) -> tuple[ResidentId, tuple[str, ...]]:
    """An ID whose sequence number is 000: nobody has such a one, so its last four digits were not known."""
    return _resident_id(whole[:14] + "****", "masked", text), ("unknown_tail",)


def _is_float_tail(text: str) -> bool:
    """A number that a float holds exactly: what is left when an ID went through one (spacing 16 to 128 here)."""
    return int(float(text)) == int(text)


def _from_float(number: int, text: str, repair: str) -> tuple[ResidentId, tuple[str, ...]]:
    """What a float still shows for certain: the digits that every number rounded to it has in common, at most 15."""
    half = int(ulp(float(number)) / 2)
    return _sure(number - half, number + half, text, repair)


def _sure(least: int, most: int, text: str, repair: str) -> tuple[ResidentId, tuple[str, ...]]:
    """The digits that all numbers from one to another begin with, at most 15."""
    ends = zip(str(least), str(most), strict=True)
    sure = "".join(low for low, high in takewhile(lambda pair: pair[0] == pair[1], ends))[:15]
    return _resident_id(sure.ljust(18, "*"), "excel15" if len(sure) == 15 else "masked", text), (repair,)


def _from_fifteen(text: str) -> tuple[ResidentId, tuple[str, ...]]:
    whole = text[:6] + "19" + text[6:]
    if not is_birth(whole[6:14]):
        return ResidentId(None, "other", text), ("unusable_id",)
    if text.endswith("000"):
        return _unknown_tail(whole, text)
    return _resident_id(whole + check_digit(whole), "full", text), ("fifteen_digits",)


def _from_seventeen(text: str) -> tuple[ResidentId, tuple[str, ...]]:
    """A place is lost, nobody knows which: only what all IDs that it could have been have in common is certain.

    Where it could have been but one, that is still a guess of its last places.
    """
    could = {
        whole
        for at in range(18)
        for digit in (ID_CHECKS if at == 17 else ID_CHECKS.replace("X", ""))
        if is_valid_id(whole := text[:at] + digit + text[at:]) and whole[6:8] in ("19", "20")
    }
    sure = "".join(places.pop() if len(places := set(column)) == 1 else "*" for column in zip(*could, strict=True))
    if not sure.strip("*"):
        return ResidentId(None, "other", text), ("unusable_id",)
    return _resident_id(sure if "*" in sure else sure[:15] + "***", "masked", text), ("seventeen_digits",)


def _from_scientific(text: str, digits: str) -> tuple[ResidentId, tuple[str, ...]]:
    """What `1.10105E+17` shows. Six digits are right as they stand, since a year begins with 1 or 2 and rounds down.

    Fifteen or more may be cut off, as by Excel, or rounded, as by LibreOffice, which turns …072842 into …073.
    """
    if len(digits) >= 15:
        number, unit = int(digits[:18].ljust(18, "0")), 10 ** max(18 - len(digits), 0)
        return _sure(number - max(unit // 2, 32), number + max(unit - 1, 32), text, "rounded_tail")
    sure = digits if len(digits) == 6 else digits[:-1]
    return _resident_id(sure.ljust(18, "*"), "masked", text), ("scientific",)


def _from_mask(text: str) -> tuple[ResidentId, tuple[str, ...]]:
    """A masked ID; where the mask is shorter or longer than what it hides, the ends are kept in their places."""
    visible = sum(character != "*" for character in text)
    if not visible:
        return ResidentId(None, None, text), ("masked_whole",)
    if len(text) == 18:
        return _resident_id(text, "masked", text), ()
    head, tail = text[: text.index("*")], text[text.rindex("*") + 1 :]
    middle = visible - len(head) - len(tail)
    if len(head) + len(tail) > 17:
        return ResidentId(None, "other", text), ("unusable_id",)
    pattern = head + "*" * (18 - len(head) - len(tail)) + tail
    return _resident_id(pattern, "masked", text), ("mask_length", *(("mask_middle",) if middle else ()))


def _from_number(number: float, signs: ColumnSigns) -> Cleaned:
    """An ID that Excel kept as a number: fifteen digits are certain, the rest is gone."""
    text = cell_text(number)
    if 1e17 <= number < 1e18:
        rounded = f"{number:.14e}"
        digits = rounded.replace(".", "")[:15]
        if not is_birth(digits[6:14]):
            return Cleaned(ResidentId(None, "other", text), ("unusable_id",))
        if float(rounded) != number:  # not Excel's fifteen digits but a float written in full
            return Cleaned(*_from_float(int(number), text, "excel_tail"))
        if digits.endswith("0") and not signs.numbers:
            return Cleaned(*_unknown_tail(digits + "000", text))
        return _cleaned_id(ResidentId(digits + "***", "excel15", text), ("excel_tail",))
    if number.is_integer() and number > 0:
        return _cleaned_id(*_read(text, ColumnSigns()))
    return Cleaned(ResidentId(None, "other", text), ("unusable_id",))
