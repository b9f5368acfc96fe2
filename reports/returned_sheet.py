"""One sender's file as a workbook with the rows to mend coloured and an 原因 column; nothing in it can be executed.

A workbook keeps its own layout (`returned_book`, values only); any other file, or a very large one, is written anew.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

REFUSED, ATTENTION = "FFC7CE", "FFEB9C"
REASON = "原因"
_BAD_IN_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))


@dataclass(frozen=True)
class Mark:
    """One row to mend."""

    row: int
    refused: bool
    reason: str


@dataclass(frozen=True)
class SheetMarks:
    """One sheet's rows to mend, and the last row of its header."""

    sheet: str | None
    header_row: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Cells:
    """One sheet's cells from A1 on."""

    sheet: str | None
    rows: Sequence[Sequence[Any]]


def written_anew(cells: Sequence[Cells], sheets: Sequence[SheetMarks], about: Sequence[str]) -> bytes:
    """The same cells row for row in a fresh workbook; texts stay texts, whatever sign they begin with."""
    out = io.BytesIO()
    marks = {sheet.sheet: sheet for sheet in sheets}
    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(out, plain) as book:
        formats = {
            "refused": book.add_format({"bg_color": f"#{REFUSED}", "num_format": "@"}),
            "attention": book.add_format({"bg_color": f"#{ATTENTION}", "num_format": "@"}),
            "head": book.add_format({"bold": True}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        page = book.add_worksheet("退回说明")
        page.set_column(0, 0, 100)
        for number, line in enumerate(about):
            page.write_string(number, 0, line, {1: formats["refused"], 2: formats["attention"]}.get(number))
        taken = {"退回说明"}
        for cell in cells:
            if cell.sheet in marks:
                _write(book.add_worksheet(_name(cell.sheet, taken)), cell, marks[cell.sheet], formats)
    return out.getvalue()


def _name(sheet: str | None, taken: set[str]) -> str:
    """A name a workbook takes: 31 characters, none forbidden, none twice."""
    base = (sheet or "数据").translate(_BAD_IN_NAME)[:28] or "数据"
    name, number = base, 1
    while name.lower() in {other.lower() for other in taken}:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name


def _write(page: Any, cells: Cells, sheet: SheetMarks, formats: Mapping[str, Any]) -> None:
    by_row: dict[int, Mark] = {}
    reasons: dict[int, list[str]] = {}
    for mark in sheet.marks:
        by_row.setdefault(mark.row, mark)
        reasons.setdefault(mark.row, []).append(mark.reason)
    width = max(map(len, cells.rows), default=0)
    page.set_column(0, max(width - 1, 0), 16)
    page.set_column(width, width, 48)
    for number, row in enumerate(cells.rows, 1):
        mark_here = by_row.get(number)
        style = formats["refused" if mark_here.refused else "attention"] if mark_here else None
        for column, value in enumerate(row):
            _write_cell(page, (number - 1, column), value, (style, formats["day"]))
        if number == sheet.header_row:
            page.write_string(number - 1, width, REASON, formats["head"])
        elif mark_here:
            page.write_string(number - 1, width, "；".join(reasons[number]), style)


def _write_cell(page: Any, place: tuple[int, int], value: Any, styles: tuple[Any, Any]) -> None:
    style, day = styles
    if value is None or value == "":
        if style:
            page.write_blank(*place, None, style)
    elif isinstance(value, bool):
        page.write_boolean(*place, value, style)
    elif isinstance(value, int | float):
        page.write_number(*place, value)
    elif isinstance(value, dt.datetime | dt.date):
        page.write_datetime(*place, value, day)
    else:
        page.write_string(*place, str(value)[:32_767], style)
