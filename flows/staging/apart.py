"""One old workbook read in a process of its own: `python apart.py < book.xls`, cells pickled to standard output.

Run as a script, never imported: it must start fast, so it knows nothing of the package. A mangled compound file can
send the reader round in circles or make it abort; the limits set here then end this process and not the run.
"""

from __future__ import annotations

import io
import pickle
import resource
import struct
import sys
from collections.abc import Iterator

import olefile
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

SECONDS, BYTES = 8, 1 << 30
_BEGIN, _END, _SHEET, _ROW = 0x809, 0x0A, 0x85, 0x208
_ROW_HIDDEN = 0x20


def main(rows_limit: int, columns_limit: int, cells_limit: int) -> None:
    """Answer with ("sheets", …), or with the name of what is wrong; limits end the process."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer: tuple[str, object]
    try:
        data = sys.stdin.buffer.read()
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            limits = (rows_limit, columns_limit, cells_limit)
            sheets = [_sheet(book, meta, limits) for meta in book.sheets_metadata]
        answer = "sheets", _with_hidden_rows(sheets, data)
    except PasswordError:
        answer = "password", None
    except CalamineError as error:
        answer = ("password" if "password" in str(error).lower() else "broken"), None
    except OverflowError:
        answer = "too_wide", None
    sys.stdout.buffer.write(pickle.dumps(answer, protocol=5))


def _sheet(book: CalamineWorkbook, meta: SheetMetadata, limits: tuple[int, int, int]) -> tuple[object, ...]:
    """Name, whether it is shown, whether it is a sheet, cells and merged areas; OverflowError beyond the limits."""
    name, visible, kind = meta.name, meta.visible == SheetVisibleEnum.Visible, meta.typ == SheetTypeEnum.WorkSheet
    if not kind:
        return name, visible, kind, [], ()
    sheet = book.get_sheet_by_name(name)
    if sheet.end is None or not sheet.height:
        return name, visible, kind, [], ()
    last_row, last_column = sheet.end
    if last_row >= limits[0] or last_column >= limits[1] or last_row * last_column > limits[2]:
        raise OverflowError
    return name, visible, kind, sheet.to_python(skip_empty_area=False), tuple(sheet.merged_cell_ranges or ())


def _with_hidden_rows(sheets: list[tuple[object, ...]], data: bytes) -> list[tuple[object, ...]]:
    """Every sheet with the numbers of its hidden rows; none where the records cannot be followed."""
    try:
        result = _hidden_rows(data)
    except (OSError, ValueError, IndexError, KeyError, TypeError, struct.error):  # a mangled file
        result = []
    return [(*sheet, result[at] if at < len(result) else ()) for at, sheet in enumerate(sheets)]


def _hidden_rows(data: bytes) -> list[tuple[int, ...]]:
    """Hidden rows per sheet, in workbook order, as a spreadsheet numbers them ([MS-XLS] 2.4.28 and 2.4.221)."""
    with olefile.OleFileIO(io.BytesIO(data)) as package:
        if not package.exists("Workbook"):
            return []
        book = package.openstream("Workbook").read()
    starts = [struct.unpack_from("<I", body)[0] for kind, body in _records(book, 0) if kind == _SHEET]
    return [
        tuple(
            struct.unpack_from("<H", body)[0] + 1
            for kind, body in _records(book, start)
            if kind == _ROW and struct.unpack_from("<H", body, 12)[0] & _ROW_HIDDEN
        )
        for start in starts
    ]


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream (type, body), without those of charts inside it."""
    depth = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, book[at + 4 : at + 4 + size]
        at += 4 + size


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
