"""Office files as departments send them: workbooks with titles, merged cells and tails, and CSV in three encodings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import xlsxwriter

from flows.sample.people import Numbers
from flows.sample.pouring import Place, PouredRows, pour
from flows.sample.sheets import Cell, Layout, SampleSheet

_CREATED = datetime(2026, 1, 1)
_PORTION = 20_000
"""Rows made at a time, so that a file of a million is never held whole."""


def write_sheet(sheet: SampleSheet, rows: Numbers, folder: Path, day: date) -> Numbers:
    """Write these rows as the file of a day; gives each one's row number as a spreadsheet shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = _Lines(sheet.layout, sheet.headers)
    if sheet.layout.form == "xlsx":
        _write_workbook(sheet, rows, folder / sheet.file_on(day), lines)
    else:
        _write_text(sheet, rows, folder / sheet.file_on(day), lines)
    return lines.places(np.arange(len(rows)))


class _Lines:
    """Where things stand in a file: header lines, rows and blank lines between them."""

    def __init__(self, layout: Layout, headers: dict[str, str]) -> None:
        self.layout = layout
        self.headers = headers
        self.lead = len(layout.titles) + (1 if layout.groups else 0) + 1

    def places(self, numbers: Numbers) -> Numbers:
        """Row numbers, from 1, of the rows of these orders."""
        blanks = numbers // self.layout.blank_every if self.layout.blank_every else 0
        return self.lead + numbers + blanks + 1

    def tail(self, count: int) -> list[list[str]]:
        """合计 and 制表人 lines."""
        return [["合计", str(count)], ["制表人：数据管理员", "审核人：", "制表日期："]] if self.layout.tail else []


def _portions(sheet: SampleSheet, rows: Numbers) -> Iterator[tuple[Numbers, list[list[Cell]]]]:
    """Orders of some rows, and their cells column by column."""
    columns = [sheet.cells[name] for name in sheet.headers]
    for at in range(0, len(rows), _PORTION):
        some = rows[at : at + _PORTION].tolist()
        yield np.arange(at, at + len(some)), [[column[row] for row in some] for column in columns]


def _write_text(sheet: SampleSheet, rows: Numbers, path: Path, lines: _Lines) -> None:
    width, every = len(sheet.headers), sheet.layout.blank_every
    with path.open("w", encoding=sheet.layout.encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        for title in sheet.layout.titles:
            writer.writerow([title] + [""] * (width - 1))
        if sheet.layout.groups:
            writer.writerow([text for text, span in sheet.layout.groups for text in [text] + [""] * (span - 1)])
        writer.writerow(sheet.headers.values())
        for numbers, columns in _portions(sheet, rows):
            written = list(zip(*([_text(cell) for cell in column] for column in columns), strict=True))
            start = 0
            for end in np.flatnonzero((numbers + 1) % every == 0).tolist() if every else ():
                writer.writerows(written[start : end + 1])
                writer.writerow([""] * width)
                start = end + 1
            writer.writerows(written[start:])
        for tail in lines.tail(len(rows)):
            writer.writerow(tail + [""] * (width - len(tail)))


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)


def _write_workbook(sheet: SampleSheet, rows: Numbers, path: Path, lines: _Lines) -> None:
    """What stands around the rows is written by the library; the rows are poured."""
    layout, out = sheet.layout, BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_numbers": False})
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
    last = int(lines.places(np.array([len(rows) - 1]))[0])
    dated = any(type(sheet.cells[name][row]) is date for name in sheet.headers for row in rows.tolist())
    if dated:
        page.write_datetime(last - 1, 0, _CREATED, day)
    else:
        page.write_string(last - 1, 0, "")
    end = int(lines.places(np.array([len(rows)]))[0])
    for offset, tail in enumerate(lines.tail(len(rows))):
        for column, text in enumerate(tail):
            page.write_string(end + offset, column, text)
    if layout.hidden:
        other = book.add_worksheet("数据字典")
        other.write_string(0, 0, "字段说明")
        other.hide()
    book.close()
    portions = (PouredRows(lines.places(numbers), columns) for numbers, columns in _portions(sheet, rows))
    pour(out.getvalue(), Place("xl/worksheets/sheet1.xml", last, len(rows) * width), portions, path)
