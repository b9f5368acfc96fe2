"""A sender's own workbook with the rows to mend marked in it; apart, for the library that can do so loads for long."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import Alignment, Font, PatternFill

from reports.returned_sheet import ATTENTION, REASON, REFUSED, SheetMarks

_LARGEST_LAID_OUT = 6 << 20
"""Above so many bytes of packed workbook, openpyxl would take minutes and gigabytes."""


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
    head = page.cell(sheet.header_row, column, REASON)
    head.font = Font(bold=True)
    page.column_dimensions[head.column_letter].width = 48
    for mark in sheet.marks:
        fill = PatternFill("solid", start_color=REFUSED if mark.refused else ATTENTION)
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
    for number, colour in ((2, REFUSED), (3, ATTENTION)):
        page.cell(number, 1).fill = PatternFill("solid", start_color=colour)
