"""Cells that hold something and yet show nothing to compare by, counted by column and reason for the reports.

Empty cells, words for nothing and cells hidden altogether are not among them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.dates import NONE, written_part
from matchers.encoding.ids import KINDS
from matchers.encoding.personal import only_phone, plain_id, plain_phone
from matchers.encoding.strings import dictionary_codes, row_array, strings
from schemas.people import has_unknown_tail, is_dummy_id, is_dummy_phone
from schemas.placeholders import means_nothing

UNREAD = b"sanzhao.unread"
"""In a table of pairs: counts by side and column, as JSON."""
SIDES = {"left": "左表", "right": "右表", "table": "表中"}
# The forms that tell whether a cell shows anything, with their value where it does not; the first a kind has counts.
_EMPTY = (("kind", 0), ("mask", 0), ("day", 0), ("value", 0), ("core", 0), ("male", -1))
_IDS, _PHONES, _DATES = ("resident_id", "masked_id"), ("phone", "phones"), ("date", "partial_date")


@dataclass(frozen=True)
class Unread:
    """Rows of one column, by why they show nothing.

    `unreadable`: no value of the column's kind. `dummy`: a number or day that stands for none. `failed_check`: an ID
    that is none by its check digit or birth date; it may stand near a valid one and is no key. `shared`: a number
    beside too many names.
    """

    unreadable: int = 0
    dummy: int = 0
    failed_check: int = 0
    shared: int = 0

    def __add__(self, other: Unread) -> Unread:
        return Unread(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))


def unread_cells(cells: pa.Array, forms: Mapping[str, Any], kind: str) -> Unread:
    """The counts of some rows of a column, held against their encoded forms."""
    failed = int((forms["kind"] == KINDS["invalid"]).sum()) if kind in _IDS else 0
    empty = showing_nothing(forms)
    if len(empty) == cells.null_count:
        return Unread(failed_check=failed)
    return replace(unread_rows(cells, empty, kind), failed_check=failed)


def unread_rows(cells: pa.Array | pa.ChunkedArray, rows: npt.NDArray[np.int64], kind: str) -> Unread:
    """The counts of these rows of a column, which show nothing: which of them are filled, and which with dummies."""
    return unread_texts(Counter(_texts(cells, rows)), kind)


def unread_texts(texts: Mapping[str, int], kind: str) -> Unread:
    """The counts of texts that show nothing, each with how many rows have it."""
    filled = {text: number for text, number in texts.items() if _filled(text)}
    dummy = sum(number for text, number in filled.items() if _is_dummy(text, kind))
    return Unread(unreadable=sum(filled.values()) - dummy, dummy=dummy)


def _texts(cells: pa.Array | pa.ChunkedArray, rows: npt.NDArray[np.int64]) -> list[str]:
    """These rows' texts where they are not empty, without Arrow's `take`, which loads all it can compute."""
    if pa.types.is_list(cells.type):  # telephones: several texts in a cell
        given = cells.take(row_array(rows)).drop_null().to_pylist()
        return ["；".join(filter(None, texts)) for texts in given]
    if isinstance(cells, pa.DictionaryArray):
        rows = dictionary_codes(cells, -1)[rows]
        rows, cells = rows[rows >= 0], cells.dictionary
    parts = strings(cells)
    return parts.texts(rows[parts.lengths[rows] > 0])


def showing_nothing(forms: Mapping[str, Any]) -> Any:
    """Rows of encoded forms in which a column shows nothing."""
    for form, value in _EMPTY:
        if form in forms:
            return np.flatnonzero(forms[form] == value)
    return np.flatnonzero(forms["all"].counts() == 0)


def _filled(text: str) -> bool:
    return not means_nothing(text) and bool(text.strip("*＊ "))


def _is_dummy(text: str, kind: str) -> bool:
    tests: dict[str, Callable[[str], bool]] = {
        **dict.fromkeys(_PHONES, lambda text: is_dummy_phone(only_phone(text) or plain_phone(text))),
        **dict.fromkeys(_IDS, lambda text: is_dummy_id(plain_id(text)) or has_unknown_tail(plain_id(text))),
        **dict.fromkeys(_DATES, lambda text: written_part(text) != NONE),
    }
    return kind in tests and tests[kind](text)


def with_shared(counts: Mapping[str, Unread], shared: Mapping[str, int]) -> dict[str, Unread]:
    """The counts with rows whose number stands beside too many names; columns with nothing to tell left out."""
    found = {column: replace(one, shared=shared.get(column, 0)) for column, one in counts.items()}
    return {column: one for column, one in found.items() if one != Unread()}


def noted(pairs: pa.Table, sides: Mapping[str, Mapping[str, Unread]]) -> pa.Table:
    """The table with the counts beside it."""
    counts_by_side = {
        side: {column: asdict(one) for column, one in found.items()} for side, found in sides.items() if found
    }
    if not counts_by_side:
        return pairs
    return pairs.replace_schema_metadata({**(pairs.schema.metadata or {}), UNREAD: json.dumps(counts_by_side).encode()})


def unread_of(pairs: pa.Table) -> dict[str, dict[str, Unread]]:
    """The counts that stand beside a table."""
    counts_by_side = json.loads((pairs.schema.metadata or {}).get(UNREAD, b"{}"))
    return {side: {column: Unread(**one) for column, one in found.items()} for side, found in counts_by_side.items()}


def unread_lines(sides: Mapping[str, Mapping[str, Unread]]) -> list[str]:
    """One Chinese line per column that has such cells."""
    return [
        f"{SIDES[side]} {column} 列：{_reasons(one)}" for side, found in sides.items() for column, one in found.items()
    ]


def _reasons(one: Unread) -> str:
    parts = (
        (one.unreadable, "格有字而读不出"),
        (one.dummy, "格是假号或默认值"),
        (one.failed_check, "格校验位或出生日期不对"),
        (one.shared, "格的号码与许多不同姓名并列"),
    )
    return "，".join(f"{count:,} {text}" for count, text in parts if count) + "；这些不作一致的依据"
