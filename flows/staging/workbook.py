"""One grid per sheet of an .xlsx workbook; values as saved, nothing calculated, followed or run."""

from __future__ import annotations

import io

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from flows.staging.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Grid
from flows.staging.numberformats import show_numbers
from flows.staging.package import DAMAGED, MAX_UNPACKED, SheetFacts, look_through
from flows.staging.parts import with_usual_parts
from flows.staging.refusals import broken, password, too_wide
from flows.staging.values.cells import Cell
from schemas.policy import Reading

PACKAGE = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_workbook(data: bytes, where: str, reading: Reading) -> list[Grid]:
    """The sheets of a workbook. Raises InputError when it is damaged, protected, or would not fit in memory."""
    try:
        data = with_usual_parts(data, where, MAX_UNPACKED)
    except DAMAGED:
        raise broken(where) from None
    facts = look_through(data, where)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            grids = []
            for index, meta in enumerate(book.sheets_metadata):
                sheet = facts.sheets[index] if index < len(facts.sheets) else SheetFacts()
                skipped = _why_skipped(meta.visible, meta.typ, reading)
                grid = Grid(meta.name, [], skipped=skipped) if skipped else _grid(book, meta.name, sheet, where)
                if not grid.skipped:
                    grid.note, grid.since_1904 = _note(sheet), facts.since_1904
                    grid.remark = _remark(sheet, facts.notes, shown=meta.visible == SheetVisibleEnum.Visible)
                grids.append(grid)
            return grids
    except PasswordError:
        raise password(where) from None
    except CalamineError as error:
        if "password" in str(error).lower() or "EncryptedPackage".encode("utf-16-le") in data:
            raise password(where) from None
        raise broken(where) from None
    except (ValueError, OSError, OverflowError, MemoryError):
        raise broken(where) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a panic of the Rust reader on a mangled file
            raise broken(where) from None
        raise


def _why_skipped(visible: SheetVisibleEnum, kind: SheetTypeEnum, reading: Reading) -> str | None:
    if kind != SheetTypeEnum.WorkSheet:
        return "图表或宏表，未读取"
    if visible != SheetVisibleEnum.Visible and reading.hidden_sheets == "skip":
        return "隐藏的工作表，未读取；如有数据，请取消隐藏后重投"
    return None


def _grid(book: CalamineWorkbook, name: str, facts: SheetFacts, where: str) -> Grid:
    sheet = book.get_sheet_by_name(name)
    if sheet.end is None or not sheet.height:
        return Grid(name, [], skipped="空工作表")
    _check_size(sheet, where)
    rows = sheet.to_python(skip_empty_area=False)
    if facts.zeros:
        show_numbers(rows, facts.zeros)
    if facts.rounded:
        rows = [[_as_written(cell) if type(cell) is float else cell for cell in row] for row in rows]
    return Grid(name, rows, merged=tuple(sheet.merged_cell_ranges or ()), hidden=frozenset(facts.hidden))


def _as_written(cell: float) -> Cell:
    """A long number of a program that keeps fifteen digits, as its file has it: the last of them is rounded."""
    return f"{cell:.14E}" if abs(cell) >= 1e15 else cell


def _check_size(sheet: CalamineSheet, where: str) -> None:
    last_row, last_column = sheet.end or (0, 0)
    if last_row >= MAX_ROWS or last_column >= MAX_COLUMNS or last_row * last_column > MAX_CELLS:
        raise too_wide(where)


def _note(facts: SheetFacts) -> str | None:
    if not facts.unsaved:
        return None
    return f"{facts.unsaved}个公式没有保存结果，按空白读取；请在表格软件里重新计算、保存后重投"


def _remark(facts: SheetFacts, book: tuple[str, ...], *, shown: bool) -> str | None:
    """What a clerk should know of a sheet that was read."""
    remarks = [*book, *(() if shown else ("隐藏的工作表，已按规则读取",))]
    if facts.formulas > facts.unsaved:
        remarks.append(f"{facts.formulas - facts.unsaved}个公式按保存时的结果读取")
    return "；".join(remarks) or None
