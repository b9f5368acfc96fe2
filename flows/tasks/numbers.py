"""One task number per lead and sheet date, with a check code: keyed, so that neither can be guessed or swapped.

The number names the lead, not the person, and is the same in every sheet of a date. Letters only, none that reads as
another or spells a word, so that no spreadsheet takes a number for a figure or a date.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from flows.keys import DistrictKey

_LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
_LEAD, _CHECK = 10, 5
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\u4e00]")
_BLANKS = re.compile("[\\s'\u200b\ufeff]+")
_NUMBER = re.compile(rf"(\d{{6}})-?([{_LETTERS}]{{{_LEAD}}})")
_CODE = re.compile(rf"[{_LETTERS}]{{{_CHECK}}}")


def lead_letters(key: DistrictKey, person_key: str, code: str) -> str:
    """The ten letters that stand for one lead of one person."""
    return _letters(key.token("task", f"{person_key}|{code}"), _LEAD)


def task_number(as_of: date, letters: str) -> str:
    """`261120-BCDFGHJKMN`."""
    return f"{as_of:%y%m%d}-{letters}"


def check_code(key: DistrictKey, number: str) -> str:
    """Five letters that only the district can have written beside this number."""
    return _letters(key.token("task check", number), _CHECK)


def read_number(cell: str) -> str | None:
    """A task number however it was typed; None for any other text."""
    found = _NUMBER.fullmatch(_plain(cell))
    return f"{found[1]}-{found[2]}" if found else None


def read_code(cell: str) -> str | None:
    """A check code however it was typed; None for any other text."""
    text = _plain(cell)
    return text if _CODE.fullmatch(text) else None


def sheet_date(number: str) -> date | None:
    """The date of the data the sheet was made from."""
    try:
        return datetime.strptime(number[:6], "%y%m%d").date()
    except ValueError:
        return None


def _plain(cell: str) -> str:
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", cell).upper())
    return _BLANKS.sub("", text)


def _letters(token: str, length: int) -> str:
    number, letters = int(token[:32], 16), ""
    for _ in range(length):
        number, at = divmod(number, len(_LETTERS))
        letters += _LETTERS[at]
    return letters
