"""Many rows of a table put into a finished workbook, between its header and the end of the sheet.

A library that writes cell by cell takes half a minute for a ledger of 70,000 persons; whole columns are joined here
by Arrow instead. The workbook's own row of empty styled cells says how each column looks, and is replaced.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from reports.cells import FORMULA_STARTS, LONGEST

_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
_OPENING = "^[ \u3000\u00a0\u200b\ufeff]*[" + "".join(sign for sign in FORMULA_STARTS if sign != "-") + "-]"
_CELL = re.compile(r'<c r="([A-Z]+)\d+"(?: s="(\d+)")?/?>')
_EPOCH = date(1899, 12, 30)
_PORTION = 5_000
_LINE, _MOST_LINES = 14, 10
_RAGGED = 0.12
"""Of every line but the last so much stays empty, since a word, a date or a file's name is not broken."""


@dataclass(frozen=True)
class Poured:
    """One table and the spreadsheet row, counted from 1, where its template stands and its rows begin."""

    row: int
    table: pa.Table
    widths: tuple[float, ...]
    """Widths of the first columns in places of a digit; rows are made as high as the wrapped texts in these need."""


def pour(book: bytes, tables: Mapping[str, Poured]) -> bytes:
    """The workbook with each named part (`xl/worksheets/sheet1.xml`) filled from its table."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename not in tables:
                new.writestr(entry, data, zipfile.ZIP_DEFLATED)
                continue
            described = zipfile.ZipInfo(entry.filename, entry.date_time)
            described.compress_type = zipfile.ZIP_DEFLATED
            with new.open(described, "w", force_zip64=True) as part:
                for piece in _filled(data.decode(), tables[entry.filename]):
                    part.write(piece)
    return out.getvalue()


def _filled(sheet: str, poured: Poured) -> Iterator[bytes]:
    """The sheet's text, its template row replaced by the rows."""
    match = re.search(rf'<row r="{poured.row}"[^>]*>(.*?)</row>', sheet, re.DOTALL)
    if match is None:
        raise ValueError(f"no template row {poured.row}")
    cells = [(letters, style or "0") for letters, style in _CELL.findall(match[1])]
    last = poured.row + max(poured.table.num_rows, 1) - 1
    head = re.sub(r'<dimension ref="[^"]*"/>', f'<dimension ref="A1:{cells[-1][0]}{last}"/>', sheet[: match.start()])
    yield head.encode()
    for at in range(0, poured.table.num_rows, _PORTION):
        part = poured.table.slice(at, _PORTION).combine_chunks()
        yield _rows(part, poured.row + at, cells, _heights(part, poured.widths))
    yield sheet[match.end() :].encode()


def _rows(table: pa.Table, first: int, cells: list[tuple[str, str]], heights: pa.Array) -> bytes:
    numbers = pc.cast(pa.array(range(first, first + table.num_rows), pa.int32()), pa.string())
    ends = pc.binary_join_element_wise('" ht="', heights, '" customHeight="1">', "")
    parts = [
        _column(table.column(at).combine_chunks(), numbers, letters, style) for at, (letters, style) in enumerate(cells)
    ]
    rows = pc.binary_join_element_wise('<row r="', numbers, ends, *parts, "</row>", "")
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(rows)], pa.int32()), rows), "")
    return bytes(joined[0].as_buffer())


def _heights(table: pa.Table, widths: tuple[float, ...]) -> pa.Array:
    """Points each row needs; a Chinese character has three bytes and takes two places, a Latin one takes one."""
    lines = pa.array([1] * table.num_rows, pa.int32())
    for column, width in zip(table.columns, widths, strict=False):
        if pa.types.is_string(column.type):
            text = column.combine_chunks()
            places = pc.add(pc.binary_length(text), pc.utf8_length(text))
            full = pc.divide(pc.cast(places, pa.float64()), 2 * max(width - 1, 1.0))
            ragged = pc.multiply(pc.max_element_wise(pc.subtract(full, 1.0), 0.0), _RAGGED)
            needed = pc.ceil(pc.add(full, ragged))
            lines = pc.max_element_wise(lines, pc.cast(needed, pa.int32()))
    return pc.cast(pc.multiply(pc.min_element_wise(lines, _MOST_LINES), _LINE), pa.string())


def _column(values: pa.Array, numbers: pa.Array, letters: str, style: str) -> pa.Array:
    """Every cell of a column as XML; an empty one where there is nothing."""
    start = f'<c r="{letters}'
    if pa.types.is_date(values.type):
        days = pc.days_between(pa.scalar(_EPOCH, pa.date32()), pc.cast(values, pa.date32()))
        values = days
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        filled = pc.binary_join_element_wise(
            start, numbers, f'" s="{style}"><v>', pc.cast(values, pa.string()), "</v></c>", ""
        )
    else:
        text = plain_texts(values)
        filled = pc.binary_join_element_wise(
            start, numbers, f'" s="{style}" t="inlineStr"><is><t>', text, "</t></is></c>", ""
        )
    return pc.if_else(pc.is_null(filled), pc.binary_join_element_wise(start, numbers, f'" s="{style}"/>', ""), filled)


def plain_texts(values: pa.Array) -> pa.Array:
    """Texts as a sheet may hold them: no formula, no control character, marked up; blanks are null."""
    text = pc.utf8_slice_codeunits(pc.replace_substring_regex(pc.cast(values, pa.string()), _CONTROL, ""), 0, LONGEST)
    text = pc.if_else(pc.match_substring_regex(text, _OPENING), pc.binary_join_element_wise("'", text, ""), text)
    text = pc.utf8_trim_whitespace(text)
    text = pc.replace_substring_regex(text, r"_(x[0-9A-Fa-f]{4}_)", r"_x005F_\1")
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = pc.replace_substring(text, sign, name)
    return pc.if_else(pc.equal(text, ""), None, text)
