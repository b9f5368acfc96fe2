"""Rows poured into a workbook are the bytes the library writes cell by cell."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import xlsxwriter

from flows.sample.pouring import Place, PouredRows, pour
from flows.sample.sheets import Cell

COLUMNS: list[list[Cell]] = [
    ["张伟", " 前", "后\u00a0", "<甲>&乙", "_x0041_", "\x01制表\t", "两\n行", None, "'引\""],
    [date(1990, 1, 1), None, "1990.1.1", 32874, date(2026, 11, 20), None, "至今", None, date(1900, 3, 1)],
    [1, 500113199001011000, 2.5, None, -3, 0, 10**15 + 1, None, 7],
]
EVERY = 3


def _book(rows: bool) -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_numbers": False})
    page = book.add_worksheet("名册")
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    for at in range(len(COLUMNS)):
        page.write_string(0, at, f"栏{at}", bold)
    if not rows:
        page.write_datetime(int(_numbers()[-1]) - 1, 0, date(2026, 1, 1), day)
    for number, cells in zip(_numbers() if rows else (), zip(*COLUMNS, strict=True), strict=False):
        for at, cell in enumerate(cells):
            if isinstance(cell, str):
                page.write_string(int(number) - 1, at, cell)
            elif isinstance(cell, date):
                page.write_datetime(int(number) - 1, at, cell, day)
            elif cell is not None:
                page.write_number(int(number) - 1, at, cell)
    page.write_string(20, 0, "合计")
    book.add_worksheet("数据字典").hide()
    book.close()
    return out.getvalue()


def _numbers() -> np.ndarray:
    """Row numbers with a blank line after every third."""
    order = np.arange(len(COLUMNS[0]))
    return order + order // EVERY + 2


def test_poured_rows_are_byte_for_byte_what_the_library_writes(tmp_path: Path) -> None:
    numbers, path = _numbers(), tmp_path / "名册.xlsx"
    parts = [slice(0, 4), slice(4, None)]
    portions = [PouredRows(numbers[part], [column[part] for column in COLUMNS]) for part in parts]
    pour(_book(rows=False), Place("xl/worksheets/sheet1.xml", int(numbers[-1]), 27), portions, path)
    assert path.read_bytes() == _book(rows=True)
