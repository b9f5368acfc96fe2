"""One sheet per street of every long list, so that each street is handed its own; the whole list stays on screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pyarrow.compute as pc

from reports.workbook.sheets import WorkbookSheet

UNKNOWN = "镇街不明"
INDEX = "目录"
_LONGEST_NAME = 31
"""Signs that a sheet's name may have."""
_MOST_STREETS = 100
"""More different streets than this are no streets of a district."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def split_by_street(sheets: Sequence[WorkbookSheet], least: int) -> list[WorkbookSheet]:
    """The sheets, each list of so many rows followed by its streets' own; such a list goes to paper by street only."""
    taken = {sheet.name for sheet in sheets}
    result: list[WorkbookSheet] = []
    for sheet in sheets:
        parts = list(_parts(sheet, taken)) if sheet.by_street and sheet.table.num_rows >= least else []
        result += [replace(sheet, on_screen=True), *parts] if len(parts) > 1 else [sheet]
    return result


def _parts(sheet: WorkbookSheet, taken: set[str]) -> Iterator[WorkbookSheet]:
    """The streets' sheets in the list's own order; rows keep the numbers that they have in the whole list."""
    column = sheet.table.column(str(sheet.by_street))
    streets = list(dict.fromkeys(column.to_pylist()))
    if len(streets) > _MOST_STREETS:
        return
    for street in streets:
        rows = sheet.table.filter(pc.is_null(column) if street is None else pc.equal(column, street))
        word = street or UNKNOWN
        name = sheet_name(f"{sheet.name}·{word}", taken)
        taken.add(name)
        yield replace(sheet, name=name, title=f"{sheet.title}（{word}）", table=rows, part_of=sheet.name)


def sheet_name(text: str, taken: Iterable[str]) -> str:
    """A name that a spreadsheet allows and no other sheet has."""
    names = {name.lower() for name in taken}
    clean = _FORBIDDEN.sub("", text).strip() or "表"
    name, number = clean[:_LONGEST_NAME], 1
    while name.lower() in names:
        number += 1
        name = f"{clean[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
    return name
