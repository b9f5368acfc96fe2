"""One file per layout and container: the same cells as every kind of file an office sends."""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter
import xlwt

Cells = list[list[Any]]
Area = tuple[int, int, int, int]
"""A merged area: first row, first column, last row, last column, counted from 0."""


@dataclass(frozen=True)
class Layout:
    """Cells of one sheet, its merged areas, and the rows a reader must find: (row as shown, name)."""

    cells: Cells
    rows: tuple[tuple[int, str], ...]
    merged: tuple[Area, ...] = ()
    hidden: tuple[int, ...] = ()
    passed_over: int | None = None
    said: str | None = None
    also: dict[str, Any] = field(default_factory=dict)


def xlsx(layout: Layout) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("Sheet1")
        for row, cells in enumerate(layout.cells):
            for column, cell in enumerate(cells):
                if cell not in ("", None):
                    page.write(row, column, cell)
        for top, left, bottom, right in layout.merged:
            page.merge_range(top, left, bottom, right, layout.cells[top][left])
        for row in layout.hidden:
            page.set_row(row, None, None, {"hidden": True})
    return out.getvalue()


def xls(layout: Layout) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("Sheet1", cell_overwrite_ok=True)
    for row, cells in enumerate(layout.cells):
        for column, cell in enumerate(cells):
            if cell not in ("", None):
                page.write(row, column, cell)
    for top, left, bottom, right in layout.merged:
        page.write_merge(top, bottom, left, right, layout.cells[top][left])
    for row in layout.hidden:
        page.row(row).hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def html_xls(layout: Layout) -> bytes:
    covered = {
        (row, column)
        for top, left, bottom, right in layout.merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (row, column) != (top, left)
    }
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in layout.merged}
    lines = []
    for row, cells in enumerate(layout.cells):
        line = ""
        for column, cell in enumerate(cells):
            if (row, column) not in covered:
                down, across = spans.get((row, column), (1, 1))
                span = (f" rowspan={down}" if down > 1 else "") + (f" colspan={across}" if across > 1 else "")
                line += f"<td{span}>{html.escape(str(cell or ''))}</td>"
        lines.append(
            f"<tr height=0 style='mso-yfti:1; display: none'>{line}</tr>"
            if row in layout.hidden
            else f"<tr>{line}</tr>"
        )
    page = f"<html><head><meta charset=gb2312></head><body><table border=1>{''.join(lines)}</table></body></html>"
    return page.encode("gb18030")


def text(layout: Layout, encoding: str, delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    width = max(map(len, layout.cells))
    for row in layout.cells:
        cells = ["" if cell is None else cell for cell in row]
        writer.writerow([*cells, *[""] * (width - len(cells))] if any(cells) else [])
    return out.getvalue().encode(encoding)


def zipped(files: dict[str, bytes], encoding: str = "utf-8") -> bytes:
    """A .zip whose names are written in an encoding, as Windows (GBK) or others (UTF-8) do."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if encoding != "utf-8":
                entry = _Named(name, encoding)
            package.writestr(entry, data)
    return out.getvalue()


class _Named(zipfile.ZipInfo):
    """A member whose name is stored as raw bytes, without the UTF-8 flag."""

    def __init__(self, name: str, encoding: str) -> None:
        super().__init__(name)
        self._raw = name.encode(encoding)
        self.compress_type = zipfile.ZIP_DEFLATED

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self._raw, self.flag_bits & ~0x800


CONTAINERS: dict[str, Callable[[Layout], bytes]] = {
    "xlsx": xlsx,
    "et": xlsx,
    "xls": xls,
    "html.xls": html_xls,
    "csv": lambda layout: text(layout, "utf-8"),
    "bom.csv": lambda layout: text(layout, "utf-8-sig"),
    "gb.csv": lambda layout: text(layout, "gb18030"),
    "gb.xls": lambda layout: text(layout, "gb18030", "\t"),
    "u16.txt": lambda layout: text(layout, "utf-16", "\t"),
    "tsv": lambda layout: text(layout, "utf-8", "\t"),
    "zip": lambda layout: zipped({"里层/名单.xlsx": xlsx(layout)}),
}
"""By the ending of the file: a writer that puts the same cells into that kind of file."""

ENCODINGS = {
    "html.xls": "gb18030", "csv": "utf-8", "bom.csv": "utf-8", "gb.csv": "gb18030", "gb.xls": "gb18030",
    "u16.txt": "utf-16", "tsv": "utf-8",
}  # fmt: skip
