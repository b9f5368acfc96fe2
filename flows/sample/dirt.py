"""Dirt: each kind befalls the cells that can have it at its stated rate, is tagged on the row and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from flows.sample.ids import check_digit
from flows.sample.options import Rates
from flows.sample.sheets import Cell, NameShown, Sheet, Shown
from flows.sample.spelling import alter_name

_FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_INVISIBLE = ("\u00a0", "\t", "\u200b", "\ufeff")


@dataclass(frozen=True)
class _Kind:
    """One kind of dirt on IDs: its name, which IDs can have it, what it makes of one, what is left to see."""

    name: str
    can: Callable[[str], bool]
    make: Callable[[str, int, bool], Cell]
    left: Shown


def _any(_value: str) -> bool:
    return True


def _not_x(value: str) -> bool:
    return value[-1] != "X"


def _x(value: str) -> bool:
    return value[-1] == "X"


def _float_keeps_15(value: str) -> bool:
    return _not_x(value) and str(int(float(value)))[:15] == value[:15] and str(int(float(value))) != value


def _last_century(value: str) -> bool:
    return value[6:8] == "19"


def _wrong_digit(value: str, pick: int, _book: bool) -> Cell:
    at = 6 + pick % 11
    return value[:at] + str((int(value[at]) + 1 + pick % 9) % 10) + value[at + 1 :]


def _swapped(value: str, pick: int, _book: bool) -> Cell:
    places = [at for at in range(6, 16) if value[at] != value[at + 1]]
    at = places[pick % len(places)]
    return value[:at] + value[at + 1] + value[at] + value[at + 2 :]


def _invisible(value: str, pick: int, _book: bool) -> Cell:
    sign = _INVISIBLE[pick % len(_INVISIBLE)]
    return value + sign if pick % 2 else value[:6] + (sign if sign != "\t" else "\u200b") + value[6:]


def _seventeen(value: str, pick: int, _book: bool) -> Cell:
    at = pick % 17
    return value[:at] + value[at + 1 :]


def _scientific(value: str, _pick: int, _book: bool) -> Cell:
    return f"{float(value):.5E}"


def _zeros(value: str, _pick: int, book: bool) -> Cell:
    return int(value[:15] + "000") if book else value[:15] + "000"


def _float(value: str, _pick: int, _book: bool) -> Cell:
    return str(int(float(value)))


_ID_KINDS = (
    _Kind("id_excel_zeros", _not_x, _zeros, Shown.FIRST_15),
    _Kind("id_excel_float", _float_keeps_15, _float, Shown.FIRST_15),
    _Kind("id_scientific", _not_x, _scientific, Shown.NOTHING),
    _Kind("id_leading_quote", _any, lambda value, _pick, _book: "'" + value, Shown.FULL),
    _Kind("id_full_width", _any, lambda value, _pick, _book: value.translate(_FULL_WIDTH), Shown.FULL),
    _Kind("id_lower_x", _x, lambda value, _pick, _book: value.lower(), Shown.FULL),
    _Kind("id_cyrillic_x", _x, lambda value, pick, _book: value[:17] + "хХ"[pick % 2], Shown.FULL),
    _Kind("id_invisible", _any, _invisible, Shown.FULL),
    _Kind("id_fifteen", _last_century, lambda value, _pick, _book: value[:6] + value[8:17], Shown.FULL),
    _Kind("id_seventeen", _any, _seventeen, Shown.NOTHING),
    _Kind("id_wrong_digit", _any, _wrong_digit, Shown.CONFLICT),
    _Kind("id_swapped", _any, _swapped, Shown.CONFLICT),
    _Kind("id_missing", _any, lambda _value, _pick, _book: None, Shown.NOTHING),
)


def soil(sheet: Sheet, rates: Rates, rng: np.random.Generator) -> None:
    """Soil one sheet's IDs, names, phones and dates, in place."""
    if "id_number" in sheet.cells:
        _soil_ids(sheet, rates, rng)
    if "name" in sheet.cells:
        _soil_names(sheet, rates, rng)
    _soil_phones(sheet, rates, rng)
    for name in [name for name in sheet.cells if name in DATE_FIELDS]:
        _soil_dates(sheet, name, rates, rng)


def struck(sheet: Sheet, kind: str, rate: float, rows: Iterable[int], rng: np.random.Generator) -> list[int]:
    """The rows of these that a kind of dirt befalls; counts those that could have had it."""
    able = np.fromiter(rows, np.int64)
    sheet.eligible[kind] = sheet.eligible.get(kind, 0) + len(able)
    return [int(row) for row in able[rng.random(len(able)) < rate]]


def _soil_ids(sheet: Sheet, rates: Rates, rng: np.random.Generator) -> None:
    cells = sheet.cells["id_number"]
    book = sheet.layout.form == "xlsx"
    clean = {row for row in range(len(sheet)) if isinstance(cells[row], str) and sheet.id_shown[row] != Shown.NOTHING}
    for kind in _ID_KINDS:
        whole = kind.name == "id_missing"
        able = [row for row in sorted(clean) if whole or (sheet.id_shown[row] == Shown.FULL and kind.can(str(cells[row])))]
        for row in struck(sheet, kind.name, rates[kind.name], able, rng):
            before = str(cells[row])
            made = kind.make(before, int(rng.integers(0, 10**6)), book)
            if kind.left == Shown.CONFLICT and check_digit(str(made)[:17]) == str(made)[17]:
                continue
            cells[row] = made
            sheet.id_shown[row] = kind.left
            sheet.tag(row, kind.name)
            clean.discard(row)


def _soil_names(sheet: Sheet, rates: Rates, rng: np.random.Generator) -> None:
    cells = sheet.cells["name"]
    clean = {row for row in range(len(sheet)) if sheet.name_shown[row] == NameShown.FULL}
    kinds = (
        "name_dot_variant", "name_rare_broken", "name_blank_inside", "name_traditional", "name_homophone",
        "name_other_character", "name_swapped",
    )  # fmt: skip
    for kind in kinds:
        able = [row for row in sorted(clean) if alter_name(str(cells[row]), kind, 0) is not None]
        for row in struck(sheet, kind, rates[kind], able, rng):
            made = alter_name(str(cells[row]), kind, int(rng.integers(0, 10**6)))
            if made is None:
                continue
            cells[row] = made
            if kind in ("name_rare_broken", "name_other_character", "name_swapped"):
                sheet.name_shown[row] = NameShown.ALTERED
            sheet.tag(row, kind)
            clean.discard(row)


def _soil_phones(sheet: Sheet, rates: Rates, rng: np.random.Generator) -> None:
    cells = sheet.cells.get("phones")
    if cells is None:
        return
    clean = {row for row in range(len(sheet)) if cells[row] is not None}
    for kind in ("phone_missing", "phone_landline", "phone_several", "phone_prefixed", "phone_punctuated"):
        full = [row for row in sorted(clean) if kind == "phone_missing" or sheet.phone_shown[row] == Shown.FULL]
        for row in struck(sheet, kind, rates[kind], full, rng):
            cells[row] = _phone(kind, str(cells[row]), int(rng.integers(0, 10**8)))
            if kind in ("phone_missing", "phone_landline"):
                sheet.phone_shown[row] = Shown.NOTHING
            sheet.tag(row, kind)
            clean.discard(row)


def _phone(kind: str, value: str, pick: int) -> Cell:
    if kind == "phone_missing":
        return None
    if kind == "phone_landline":
        return f"023-6{pick % 10**7:07d}"
    if kind == "phone_several":
        other = f"1{('37', '51', '86', '99')[pick % 4]}{pick:08d}"
        return value + "、/；，"[pick % 4] + other
    if kind == "phone_prefixed":
        return ("+86", "0086", "+86 ", "86-")[pick % 4] + value
    sign = "- "[pick % 2]
    return f"{value[:3]}{sign}{value[3:7]}{sign}{value[7:]}"


DATE_FIELDS = (
    "birth_date", "joined_on", "full_member_on", "lost_contact_on", "issued_on", "valid_until", "received_on",
    "left_on", "last_contact_on", "established_on", "registered_on", "valid_from", "valid_to", "started_on", "reported_on",
)  # fmt: skip


def _soil_dates(sheet: Sheet, name: str, rates: Rates, rng: np.random.Generator) -> None:
    cells, facts = sheet.cells[name], sheet.facts.get(name)
    clean = {row for row in range(len(sheet)) if facts is not None and facts[row] is not None}
    kept = name in ("issued_on", "valid_until")  # a letter without its dates is no letter
    for kind in ("date_missing", "date_zero", "date_other_form"):
        for row in struck(sheet, kind, 0.0 if kept and kind != "date_other_form" else rates[kind], sorted(clean), rng):
            fact = facts[row] if facts is not None else None
            cells[row] = written_date(fact, int(rng.integers(0, 7)), sheet.layout.form == "xlsx") if kind == "date_other_form" else (None if kind == "date_missing" else "1900-01-00")
            if facts is not None and kind != "date_other_form":
                facts[row] = None
            sheet.tag(row, kind)
            clean.discard(row)


def written_date(day: object, form: int, book: bool) -> Cell:
    """One date in one of the seven forms clerks write."""
    iso = str(day)
    return _written(iso, form, book)


@cache
def _written(iso: str, form: int, book: bool) -> Cell:
    year, month, day = iso.split("-")
    serial = int((np.datetime64(iso) - np.datetime64("1899-12-30")).astype(int))
    forms: tuple[Cell, ...] = (
        year + month + day, f"{year}.{month}.{day}", f"{year}.{int(month)}.{int(day)}",
        f"{year}年{int(month)}月{int(day)}日", f"{year}/{int(month)}/{int(day)}",
        serial if book else str(serial), f"{year}-{month}-{day}",
    )  # fmt: skip
    return forms[form]
