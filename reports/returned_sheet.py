"""One sender's file as a workbook with the rows to mend coloured and an 原因 column; nothing in it can be executed.

A workbook keeps its own layout (openpyxl, values only); any other file, or a very large one, is written anew.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import Alignment, Font, PatternFill

_REFUSED, _ATTENTION = "FFC7CE", "FFEB9C"
_REASON = "原因"
_LARGEST_LAID_OUT = 6 << 20
"""Above so many bytes of packed workbook, openpyxl would take minutes and gigabytes."""
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


def laid_out(data: bytes, sheets: Sequence[SheetMarks], about: Sequence[str]) -> bytes | None:
    """The sender's workbook itself, marked: no formulas, links or macros are kept. Null where that cannot be done."""
    if len(data) > _LARGEST_LAID_OUT or data[:2] != b"PK":
        return None
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False, keep_vba=False)
        for sheet in sheets:
            _mark(book[sheet.sheet] if sheet.sheet else book.active, sheet)
        _about(book.create_sheet("退回说明", 0), about)
        out = io.BytesIO()
        book.save(out)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, zipfile.BadZipFile):
        return None
    return out.getvalue()


def _mark(page: Any, sheet: SheetMarks) -> None:
    column = 1 + max(
        [page.max_column, *(area.max_col for area in page.merged_cells.ranges)] if page.max_column < 200 else
        [_last_filled(page)]
    )  # fmt: skip
    head = page.cell(sheet.header_row, column, _REASON)
    head.font = Font(bold=True)
    page.column_dimensions[head.column_letter].width = 48
    for mark in sheet.marks:
        fill = PatternFill("solid", start_color=_REFUSED if mark.refused else _ATTENTION)
        for place in range(1, column + 1):
            page.cell(mark.row, place).fill = fill
        cell = page.cell(mark.row, column)
        if not isinstance(cell, MergedCell):
            old = f"{cell.value}；" if cell.value else ""
            cell.value = old + mark.reason
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _last_filled(page: Any) -> int:
    return max((cell.column for row in page.iter_rows() for cell in row if cell.value not in (None, "")), default=1)


def _about(page: Any, lines: Iterable[str]) -> None:
    for number, line in enumerate(lines, 1):
        page.cell(number, 1, line).data_type = "s"
    page.column_dimensions["A"].width = 100
    for number, colour in ((2, _REFUSED), (3, _ATTENTION)):
        page.cell(number, 1).fill = PatternFill("solid", start_color=colour)


def written_anew(cells: Sequence[Cells], sheets: Sequence[SheetMarks], about: Sequence[str]) -> bytes:
    """The same cells row for row in a fresh workbook; texts stay texts, whatever sign they begin with."""
    out = io.BytesIO()
    marks = {sheet.sheet: sheet for sheet in sheets}
    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(out, plain) as book:
        formats = {
            "refused": book.add_format({"bg_color": f"#{_REFUSED}", "num_format": "@"}),
            "attention": book.add_format({"bg_color": f"#{_ATTENTION}", "num_format": "@"}),
            "head": book.add_format({"bold": True}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        page = book.add_worksheet("退回说明")
        page.set_column(0, 0, 100)
        for number, line in enumerate(about):
            page.write_string(number, 0, line, {1: formats["refused"], 2: formats["attention"]}.get(number))
        taken = {"退回说明"}
        for one in cells:
            if one.sheet in marks:
                _write(book.add_worksheet(_name(one.sheet, taken)), one, marks[one.sheet], formats)
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
            page.write_string(number - 1, width, _REASON, formats["head"])
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
