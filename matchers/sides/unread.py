"""Counts, per column and reason, of filled cells that give no value to compare, for the reports.

Not counted are empty cells, words that mean "nothing", and cells masked altogether.
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
"""The key of a pair table's schema metadata under which the counts by side and column are stored, as JSON."""
SIDES = {"left": "左表", "right": "右表", "table": "表中"}
# Encoded forms with the value they have where a cell gives no value; the first one that a kind of column has decides.
_EMPTY = (("kind", 0), ("mask", 0), ("day", 0), ("value", 0), ("core", 0), ("male", -1))
_IDS, _PHONES, _DATES = ("resident_id", "masked_id"), ("phone", "phones"), ("date", "partial_date")


@dataclass(frozen=True)
class Unread:
    """Counts of one column's cells by the reason why they give no value.

    `unreadable`: no value of the column's kind. `dummy`: a made-up number or date. `failed_check`: an ID whose check
    digit or birth date is wrong, which is no blocking key but may be compared with a similar ID. `shared`: telephones
    or IDs that occur with too many names.
    """

    unreadable: int = 0
    dummy: int = 0
    failed_check: int = 0
    shared: int = 0

    def __add__(self, other: Unread) -> Unread:
        return Unread(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))


def unread_cells(cells: pa.Array, forms: Mapping[str, Any], kind: str) -> Unread:
    """The counts of a column's cells, given their encoded forms and the column's kind."""
    failed = int((forms["kind"] == KINDS["invalid"]).sum()) if kind in _IDS else 0
    empty = showing_nothing(forms)
    if len(empty) == cells.null_count:
        return Unread(failed_check=failed)
    return replace(unread_rows(cells, empty, kind), failed_check=failed)


def unread_rows(cells: pa.Array | pa.ChunkedArray, rows: npt.NDArray[np.int64], kind: str) -> Unread:
    """The counts, unreadable or dummy, of the given rows of a column, all of which give no value."""
    return unread_texts(Counter(_texts(cells, rows)), kind)


def unread_texts(texts: Mapping[str, int], kind: str) -> Unread:
    """The counts of texts that give no value; `texts` maps each to its number of rows."""
    filled = {text: number for text, number in texts.items() if _filled(text)}
    dummy = sum(number for text, number in filled.items() if _is_dummy(text, kind))
    return Unread(unreadable=sum(filled.values()) - dummy, dummy=dummy)


def _texts(cells: pa.Array | pa.ChunkedArray, rows: npt.NDArray[np.int64]) -> list[str]:
    """The non-empty texts of the given rows; Arrow's `take`, which loads pyarrow.compute, is used for lists only."""
    if pa.types.is_list(cells.type):  # telephones: several texts in a cell
        given = cells.take(row_array(rows)).drop_null().to_pylist()
        return ["；".join(filter(None, texts)) for texts in given]
    if isinstance(cells, pa.DictionaryArray):
        rows = dictionary_codes(cells, -1)[rows]
        rows, cells = rows[rows >= 0], cells.dictionary
    parts = strings(cells)
    return parts.texts(rows[parts.lengths[rows] > 0])


def showing_nothing(forms: Mapping[str, Any]) -> Any:
    """Row numbers (int64) whose encoded forms hold no value."""
    for form, value in _EMPTY:
        if form in forms:
            return np.flatnonzero(forms[form] == value)
    return np.flatnonzero(forms["all"].counts() == 0)


def _filled(text: str) -> bool:
    """Whether a text is neither a word for nothing nor all mask."""
    return not means_nothing(text) and bool(text.strip("*＊ "))


def _is_dummy(text: str, kind: str) -> bool:
    """Whether a text is a made-up value of its kind of column: a dummy telephone or ID, or a date that is no value."""
    tests: dict[str, Callable[[str], bool]] = {
        **dict.fromkeys(_PHONES, lambda text: is_dummy_phone(only_phone(text) or plain_phone(text))),
        **dict.fromkeys(_IDS, lambda text: is_dummy_id(plain_id(text)) or has_unknown_tail(plain_id(text))),
        **dict.fromkeys(_DATES, lambda text: written_part(text) != NONE),
    }
    return kind in tests and tests[kind](text)


def with_shared(counts: Mapping[str, Unread], shared: Mapping[str, int]) -> dict[str, Unread]:
    """The counts per column with those of shared numbers added; columns whose counts are all 0 are left out."""
    found = {column: replace(one, shared=shared.get(column, 0)) for column, one in counts.items()}
    return {column: one for column, one in found.items() if one != Unread()}


def noted(pairs: pa.Table, sides: Mapping[str, Mapping[str, Unread]]) -> pa.Table:
    """The table of pairs with the counts in its schema metadata; unchanged where there are none."""
    counts_by_side = {
        side: {column: asdict(one) for column, one in found.items()} for side, found in sides.items() if found
    }
    if not counts_by_side:
        return pairs
    return pairs.replace_schema_metadata({**(pairs.schema.metadata or {}), UNREAD: json.dumps(counts_by_side).encode()})


def unread_of(pairs: pa.Table) -> dict[str, dict[str, Unread]]:
    """Per side and column the counts stored in a table's schema metadata by `noted`."""
    counts_by_side = json.loads((pairs.schema.metadata or {}).get(UNREAD, b"{}"))
    return {side: {column: Unread(**one) for column, one in found.items()} for side, found in counts_by_side.items()}


def unread_lines(sides: Mapping[str, Mapping[str, Unread]]) -> list[str]:
    """One Chinese line per side and column with counts."""
    return [
        f"{SIDES[side]} {column} 列：{_reasons(one)}" for side, found in sides.items() for column, one in found.items()
    ]


def _reasons(one: Unread) -> str:
    """The counts of one column as Chinese text."""
    parts = (
        (one.unreadable, "格有字而读不出"),
        (one.dummy, "格是假号或默认值"),
        (one.failed_check, "格校验位或出生日期不对"),
        (one.shared, "格的号码与许多不同姓名并列"),
    )
    return "，".join(f"{count:,} {text}" for count, text in parts if count) + "；这些不作一致的依据"
