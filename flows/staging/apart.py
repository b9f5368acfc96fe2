"""One old workbook read in a process of its own: `python apart.py < book.xls`, cells pickled to standard output.

Run as a script, never imported: it must start fast, so it knows nothing of the package. A mangled compound file can
send the reader round in circles or make it abort; the limits set here then end this process and not the run.
"""

from __future__ import annotations

import io
import pickle
import resource
import sys

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

SECONDS, BYTES = 8, 1 << 30


def main(rows_limit: int, columns_limit: int, cells_limit: int) -> None:
    """Answer with ("sheets", …), or with the name of what is wrong; limits end the process."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer: tuple[str, object]
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())) as book:
            answer = (
                "sheets",
                [_sheet(book, meta, (rows_limit, columns_limit, cells_limit)) for meta in book.sheets_metadata],
            )
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


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
