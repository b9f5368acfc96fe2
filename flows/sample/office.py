"""Office files as departments send them: workbooks with titles, merged cells and tails, and CSV in three encodings."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path

import numpy as np
import xlsxwriter

from flows.sample.people import Numbers
from flows.sample.sheets import Cell, Layout, Sheet

_CREATED = datetime(2026, 1, 1)


def write_sheet(sheet: Sheet, rows: Numbers, folder: Path, day: date) -> Numbers:
    """Write these rows as the file of a day; gives each one's row number as a spreadsheet shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = _Lines(sheet.layout, sheet.headers)
    places = np.array([lines.place(number) for number in range(len(rows))], np.int64)
    if sheet.layout.form == "xlsx":
        _write_workbook(sheet, rows, folder / sheet.file_on(day), lines)
    else:
        _write_text(sheet, rows, folder / sheet.file_on(day), lines)
    return places


class _Lines:
    """Where things stand in a file: header lines, rows and blank lines between them."""

    def __init__(self, layout: Layout, headers: dict[str, str]) -> None:
        self.layout = layout
        self.headers = headers
        self.lead = len(layout.titles) + (1 if layout.groups else 0) + 1

    def place(self, number: int) -> int:
        """Row number, from 1, of the row of this order."""
        blanks = number // self.layout.blank_every if self.layout.blank_every else 0
        return self.lead + number + blanks + 1

    def tail(self, count: int) -> list[list[str]]:
        """合计 and 制表人 lines."""
        return [["合计", str(count)], ["制表人：数据管理员", "审核人：", "制表日期："]] if self.layout.tail else []


def _columns(sheet: Sheet) -> list[list[Cell]]:
    return [sheet.cells[name] for name in sheet.headers]


def _write_text(sheet: Sheet, rows: Numbers, path: Path, lines: _Lines) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    width = len(sheet.headers)
    for title in sheet.layout.titles:
        writer.writerow([title] + [""] * (width - 1))
    if sheet.layout.groups:
        writer.writerow([text for text, span in sheet.layout.groups for text in [text] + [""] * (span - 1)])
    writer.writerow(sheet.headers.values())
    columns = [[_text(cell) for cell in column] for column in _columns(sheet)]
    for number, row in enumerate(rows):
        writer.writerow([column[row] for column in columns])
        if sheet.layout.blank_every and (number + 1) % sheet.layout.blank_every == 0:
            writer.writerow([""] * width)
    for tail in lines.tail(len(rows)):
        writer.writerow(tail + [""] * (width - len(tail)))
    path.write_bytes(buffer.getvalue().encode(sheet.layout.encoding))


def _text(cell: Cell) -> str:
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)


def _write_workbook(sheet: Sheet, rows: Numbers, path: Path, lines: _Lines) -> None:
    layout = sheet.layout
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": _CREATED, "author": ""})
    page = book.add_worksheet(layout.sheet)
    bold = book.add_format({"bold": True, "align": "center"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    width = len(sheet.headers)
    for at, title in enumerate(layout.titles):
        page.merge_range(at, 0, at, width - 1, title, bold)
    at = len(layout.titles)
    start = 0
    for text, span in layout.groups:
        page.merge_range(at, start, at, start + span - 1, text, bold) if span > 1 else page.write_string(
            at, start, text, bold
        )
        start += span
    for column, header in enumerate(sheet.headers.values()):
        page.write_string(lines.lead - 1, column, header, bold)
    columns = _columns(sheet)
    for number, row in enumerate(rows):
        line = lines.place(number) - 1
        for column, cells in enumerate(columns):
            cell = cells[row]
            if cell is None:
                continue
            if isinstance(cell, str):
                page.write_string(line, column, cell)
            elif isinstance(cell, date):
                page.write_datetime(line, column, cell, day)
            else:
                page.write_number(line, column, cell)
    end = lines.place(len(rows))
    for offset, tail in enumerate(lines.tail(len(rows))):
        for column, text in enumerate(tail):
            page.write_string(end + offset, column, text)
    if layout.hidden:
        other = book.add_worksheet("数据字典")
        other.write_string(0, 0, "字段说明")
        other.hide()
    book.close()
