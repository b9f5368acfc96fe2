"""One task number per lead and sheet date, with a check code that binds what the row shows: neither can be guessed,
nor moved to another row.

The number names the lead, not the person, and is the same in every sheet of a date. Letters only, none that reads as
another or spells a word, so that no spreadsheet takes a number for a figure or a date.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from flows.home.keys import DistrictKey

_LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
_LEAD, _ROW, _PHONE = 10, 5, 3
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\u4e00]")
_BLANKS = re.compile("[\\s'\u200b\ufeff]+")
_NUMBER = re.compile(rf"(\d{{6}})-?([{_LETTERS}]{{{_LEAD}}})")
_CODE = re.compile(rf"([{_LETTERS}]{{{_ROW}}})(?:-?([{_LETTERS}]{{{_PHONE}}}))?")
_PHONE_ENDS = re.compile(r"([\d*]{3})[\d*]{4}([\d*]{4})")


@dataclass(frozen=True)
class BoundCells:
    """What a row shows of its person and its lead, which its check code binds; None where there is no such column."""

    name: str | None = None
    phone: str | None = None
    unit: str | None = None
    street: str | None = None
    kind: str | None = None


def lead_letters(key: DistrictKey, person_key: str, code: str) -> str:
    """The ten letters that stand for one lead of one person."""
    return _letters(key.token("task", f"{person_key}|{code}"), _LEAD)


def task_number(as_of: date, letters: str) -> str:
    """`261120-BCDFGHJKMN`."""
    return f"{as_of:%y%m%d}-{letters}"


def check_code(key: DistrictKey, number: str, cells: BoundCells) -> str:
    """`BCDFG-HJK`: letters that only the district can have written beside this number, in a row that shows this.

    The telephone has letters of its own: once the copies it was read from are destroyed, the others can still be held
    against a row whose columns a street cut. A name or a telephone written out in full is bound by what was masked.
    """
    name, unit, street, kind = (plain_cell(text) for text in (cells.name, cells.unit, cells.street, cells.kind))
    told = "|".join((number, _masked_name(name), unit, street, kind))
    row, phone = key.token("task row", told), key.token("task phone", f"{number}|{masked_phones(cells.phone)}")
    return f"{_letters(row, _ROW)}-{_letters(phone, _PHONE)}"


def row_fits(key: DistrictKey, number: str, code: str, cells: BoundCells) -> bool:
    """Whether a code is this number's in a row that shows this, whatever telephone it shows."""
    return code[:_ROW] == check_code(key, number, cells)[:_ROW]


def phone_fits(key: DistrictKey, number: str, code: str, cells: BoundCells) -> bool:
    """Whether a code's last letters are this number's and the shown telephone's."""
    return code[_ROW:] == check_code(key, number, cells)[_ROW:]


def old_code(key: DistrictKey, number: str) -> str:
    """The five letters that sheets bore before a code bound its row: they go with the number alone."""
    return _letters(key.token("task check", number), _ROW)


def read_number(cell: str) -> str | None:
    """A task number however it was typed; None for any other text."""
    match = _NUMBER.fullmatch(_plain(cell))
    return f"{match[1]}-{match[2]}" if match else None


def read_code(cell: str) -> str | None:
    """A check code however it was typed; None for any other text."""
    match = _CODE.fullmatch(_plain(cell))
    return None if match is None else "-".join(part for part in match.groups() if part)


def sheet_date(number: str) -> date | None:
    """The date of the data the sheet was made from."""
    try:
        return datetime.strptime(number[:6], "%y%m%d").date()
    except ValueError:
        return None


def plain_cell(text: str | None) -> str:
    """A cell as a code binds it: width, blanks, line breaks and a leading quote do not count."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text or ""))


def masked_phones(text: str | None) -> str:
    """The telephones of a cell, of each what a sheet shows: 138****5678; other words as they are."""
    clean = unicodedata.normalize("NFKC", text or "")
    parts = (_BLANKS.sub("", part) for part in re.split(r"[\n、,，;；/]", clean))
    return "|".join(_PHONE_ENDS.sub(r"\1****\2", part) for part in parts if part)


def _masked_name(name: str) -> str:
    return "*" if not name or name[0] == "*" else f"{name[0]}*"


def _plain(cell: str) -> str:
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", cell).upper())
    return _BLANKS.sub("", text)


def _letters(token: str, length: int) -> str:
    number, letters = int(token[:32], 16), ""
    for _ in range(length):
        number, at = divmod(number, len(_LETTERS))
        letters += _LETTERS[at]
    return letters
