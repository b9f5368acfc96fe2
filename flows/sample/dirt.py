"""Dirt: each kind befalls the cells that can have it at its stated rate, is tagged on the row and counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from flows.sample.options import Rates
from flows.sample.people import Flags
from flows.sample.sheets import Cell, Masking, NameShown, SampleSheet
from flows.sample.spelling import alter_name, can_alter
from schemas.people import check_digit

_FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_INVISIBLE = ("\u00a0", "\t", "\u200b", "\ufeff")


Able = Literal["any", "not_x", "x", "last_century", "float_keeps_15"]


@dataclass(frozen=True)
class _Kind:
    """One kind of dirt on IDs: its name, which IDs can have it, what it makes of one, what is left to see."""

    name: str
    can: Able
    make: Callable[[str, int, bool], Cell]
    left: Masking


def _abilities(cells: list[Cell], whole: Flags) -> dict[Able, Flags]:
    """Which rows' whole IDs could have which family of dirt."""
    ids = [str(cell) if full else "" for cell, full in zip(cells, whole, strict=True)]
    last_x = np.array([entry[-1:] == "X" for entry in ids], bool)
    return {
        "any": whole,
        "x": whole & last_x,
        "not_x": whole & ~last_x,
        "last_century": np.array([entry[6:8] == "19" for entry in ids], bool),
        "float_keeps_15": np.array([bool(entry) and _float_keeps_15(entry) for entry in ids], bool),
    }


def _float_keeps_15(value: str) -> bool:
    if value[-1] == "X":
        return False
    through = str(int(float(value)))
    return through[:15] == value[:15] and through != value


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
    _Kind("id_excel_zeros", "not_x", _zeros, Masking.FIRST_15),
    _Kind("id_excel_float", "float_keeps_15", _float, Masking.FIRST_15),
    _Kind("id_scientific", "not_x", _scientific, Masking.NOTHING),
    _Kind("id_leading_quote", "any", lambda value, _pick, _book: "'" + value, Masking.FULL),
    _Kind("id_full_width", "any", lambda value, _pick, _book: value.translate(_FULL_WIDTH), Masking.FULL),
    _Kind("id_lower_x", "x", lambda value, _pick, _book: value.lower(), Masking.FULL),
    _Kind("id_cyrillic_x", "x", lambda value, pick, _book: value[:17] + "хХ"[pick % 2], Masking.FULL),
    _Kind("id_invisible", "any", _invisible, Masking.FULL),
    _Kind("id_fifteen", "last_century", lambda value, _pick, _book: value[:6] + value[8:17], Masking.FULL),
    _Kind("id_seventeen", "any", _seventeen, Masking.NOTHING),
    _Kind("id_wrong_digit", "any", _wrong_digit, Masking.CONFLICT),
    _Kind("id_swapped", "any", _swapped, Masking.CONFLICT),
    _Kind("id_missing", "any", lambda _value, _pick, _book: None, Masking.NOTHING),
)


def soil(sheet: SampleSheet, rates: Rates, rng: np.random.Generator) -> None:
    """Soil one sheet's IDs, names, phones and dates, in place."""
    if "id_number" in sheet.cells:
        _soil_ids(sheet, rates, rng)
    if "name" in sheet.cells:
        _soil_names(sheet, rates, rng)
    _soil_phones(sheet, rates, rng)
    for name in [name for name in sheet.cells if name in DATE_FIELDS and name in sheet.facts]:
        _soil_dates(sheet, name, rates, rng)
    _soil_periods(sheet, rates, rng)


def struck(sheet: SampleSheet, kind: str, rate: float, able: Flags, rng: np.random.Generator) -> list[int]:
    """The rows among the able that a kind of dirt befalls; counts those that could have had it."""
    rows = np.flatnonzero(able)
    sheet.eligible[kind] = sheet.eligible.get(kind, 0) + len(rows)
    return [int(row) for row in rows[rng.random(len(rows)) < rate]]


def _soil_ids(sheet: SampleSheet, rates: Rates, rng: np.random.Generator) -> None:
    """At most one kind per ID; masked IDs can only go missing."""
    cells, book = sheet.cells["id_number"], sheet.layout.form == "xlsx"
    clean = np.array([cell is not None for cell in cells], bool)
    can = _abilities(cells, sheet.id_shown == Masking.FULL)
    for kind in _ID_KINDS:
        able = clean if kind.name == "id_missing" else clean & can[kind.can]
        for row in struck(sheet, kind.name, rates[kind.name], able, rng):
            made = kind.make(str(cells[row]), int(rng.integers(0, 10**6)), book)
            if kind.left == Masking.CONFLICT and check_digit(str(made)[:17]) == str(made)[17]:
                continue
            cells[row] = made
            sheet.id_shown[row] = kind.left
            sheet.tag(row, kind.name)
            clean[row] = False


_NAME_KINDS = (
    "name_dot_variant",
    "name_rare_broken",
    "name_blank_inside",
    "name_traditional",
    "name_homophone",
    "name_other_character",
    "name_swapped",
)


def _soil_names(sheet: SampleSheet, rates: Rates, rng: np.random.Generator) -> None:
    """At most one kind per name; masked names have none."""
    cells = sheet.cells["name"]
    clean = sheet.name_shown == NameShown.FULL
    for kind in _NAME_KINDS:
        names = {str(cells[row]) for row in np.flatnonzero(clean).tolist()}
        can = {name for name in names if can_alter(name, kind)}
        able = clean & np.array([cell in can for cell in cells], bool)
        for row in struck(sheet, kind, rates[kind], able, rng):
            made = alter_name(str(cells[row]), kind, int(rng.integers(0, 10**6)))
            if made is None:
                continue
            cells[row] = made
            if kind in ("name_rare_broken", "name_other_character", "name_swapped"):
                sheet.name_shown[row] = NameShown.ALTERED
            sheet.tag(row, kind)
            clean[row] = False


def _soil_phones(sheet: SampleSheet, rates: Rates, rng: np.random.Generator) -> None:
    """At most one kind per cell; masked phones can only go missing."""
    cells = sheet.cells.get("phones")
    if cells is None:
        return
    clean = np.array([cell is not None for cell in cells], bool)
    full = sheet.phone_shown == Masking.FULL
    for kind in ("phone_missing", "phone_landline", "phone_several", "phone_prefixed", "phone_punctuated"):
        able = clean if kind == "phone_missing" else clean & full
        for row in struck(sheet, kind, rates[kind], able, rng):
            cells[row] = _phone(kind, str(cells[row]), int(rng.integers(0, 10**8)))
            if kind in ("phone_missing", "phone_landline"):
                sheet.phone_shown[row] = Masking.NOTHING
            sheet.tag(row, kind)
            clean[row] = False


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
    "birth_date",
    "joined_on",
    "full_member_on",
    "lost_contact_on",
    "issued_on",
    "valid_until",
    "received_on",
    "left_on",
    "last_contact_on",
    "established_on",
    "registered_on",
    "valid_from",
    "valid_to",
    "started_on",
    "reported_on",
)


def _soil_dates(sheet: SampleSheet, name: str, rates: Rates, rng: np.random.Generator) -> None:
    """Other written forms, missing dates and Excel's day nought; a letter keeps its own dates."""
    cells, facts, book = sheet.cells[name], sheet.facts[name], sheet.layout.form == "xlsx"
    clean = np.array([fact is not None for fact in facts], bool)
    kinds = (
        ("date_other_form",)
        if name in ("issued_on", "valid_until")
        else ("date_missing", "date_zero", "date_other_form")
    )
    for kind in kinds:
        for row in struck(sheet, kind, rates[kind], clean, rng):
            if kind == "date_other_form":
                cells[row] = written_date(facts[row], int(rng.integers(0, 6)), book)
            else:
                cells[row], facts[row] = (None if kind == "date_missing" else "1900-01-00"), None
            sheet.tag(row, kind)
            clean[row] = False


def _soil_periods(sheet: SampleSheet, rates: Rates, rng: np.random.Generator) -> None:
    """An open end written as a word."""
    for name in ("period", "period_to"):
        cells = sheet.cells.get(name, [])
        for row in struck(sheet, "date_open_word", rates["date_open_word"], np.ones(len(cells), bool), rng):
            cells[row] = str(cells[row])[:-6] + "至今"
            sheet.tag(row, "date_open_word")


def written_date(day: object, form: int, book: bool) -> Cell:
    """One date in one of the seven forms clerks write."""
    iso = str(day)
    return _written(iso, form, book)


@cache
def _written(iso: str, form: int, book: bool) -> Cell:
    year, month, day = iso.split("-")
    serial = int((np.datetime64(iso) - np.datetime64("1899-12-30")).astype(int))
    forms: tuple[Cell, ...] = (
        year + month + day,
        f"{year}.{month}.{day}",
        f"{year}.{int(month)}.{int(day)}",
        f"{year}年{int(month)}月{int(day)}日",
        f"{year}/{int(month)}/{int(day)}",
        serial if book else str(serial),
        f"{year}-{month}-{day}",
    )
    return forms[form]
