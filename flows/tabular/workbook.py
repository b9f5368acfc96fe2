"""The one table of a workbook, or of a web page saved as one: cells as text, as staging reads them."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from flows.staging.grid import Grid
from flows.staging.readers import read_file
from flows.staging.values.cells import cell_text
from flows.tabular.columns import named_columns, without_blank_columns
from schemas.errors import InputError
from schemas.rules import Rule

_MOST_TITLES = 5


def read_book(data: bytes, where: str, say: Callable[[str], None]) -> pa.Table:
    """One row per filled row below the header, the first filled row but for titles.

    Where several sheets have rows the first is read, and that is said. Raises InputError where there is no table.
    """
    grids = [grid for grid in read_file(data, where) if not grid.skipped and any(any(row) for row in grid.rows)]
    if not grids:
        raise InputError("没有一张工作表有内容", where=where, rule=Rule.EMPTY_FILE, action="核对文件")
    if len(grids) > 1:
        others = "、".join(str(grid.sheet) for grid in grids[1:4]) + ("等" if len(grids) > 4 else "")
        say(f"{where}：读“{grids[0].sheet}”一张工作表，未读：{others}")
    if grids[0].note:
        say(f"{where}：{grids[0].note}")
    return _table(grids[0], where, say)


def _table(grid: Grid, where: str, say: Callable[[str], None]) -> pa.Table:
    rows = [[cell_text(cell) for cell in row] for row in grid.rows if any(cell != "" for cell in row)]
    titles = _title_rows(rows)
    if titles:
        say(f"{where}：表头上面有 {titles} 行标题，没有当作表头")
        rows = rows[titles:]
    width = max(max((at for at, cell in enumerate(row, 1) if cell), default=0) for row in rows)
    names = named_columns(rows[0][:width], where)
    columns = [[row[at] or None for row in rows[1:]] for at in range(width)]
    table = pa.table([pa.array(column, pa.string()) for column in columns], names=names)
    return without_blank_columns(table, rows[0][:width])


def _title_rows(rows: list[list[str]]) -> int:
    """How many rows of one cell stand above the first row with several: a sheet's title, its date, who made it."""
    filled = [sum(cell != "" for cell in row) for row in rows[: _MOST_TITLES + 1]]
    first = next((at for at, count in enumerate(filled) if count > 1), 0)
    return first if all(count == 1 for count in filled[:first]) else 0
