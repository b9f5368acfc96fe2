"""One sheet as a grid of cells, with the place of every row as a spreadsheet shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.staging.values.cells import Cell

MAX_ROWS = 1_048_576
MAX_COLUMNS = 1_000
MAX_CELLS = 12_000_000
"""Thirty-two bytes a cell in the reader and eight in a list: half of the gigabyte a run may take."""
MAX_TEXT = 256 << 20
"""Bytes of text in one file, written out in every cell."""

Range = tuple[tuple[int, int], tuple[int, int]]
"""A merged range: first and last (row, column), counted from 0."""


@dataclass
class Grid:
    """The cells of one sheet from A1 on, every row equally long; row 1 of the spreadsheet is `rows[0]`.

    `note` is what the office must look into, `remark` only what it should know.
    `merged` is null where the format cannot say which cells are merged; `hidden` are row numbers as a spreadsheet
    shows them. `above` rows of the sheet were left out before the first: they belong to another table.
    `widths` are the cells each row of a whole text file has, `broken` the numbers of its rows whose quotes cannot be
    resolved, `cut_row` that of a last row broken off; other formats know none of these.
    """

    sheet: str | None
    rows: list[list[Cell]]
    merged: tuple[Range, ...] | None = None
    encoding: str | None = None
    note: str | None = None
    remark: str | None = None
    skipped: str | None = None
    hidden: frozenset[int] = frozenset()
    above: int = 0
    since_1904: bool = False
    """Serial numbers of days count from 1904, as in workbooks of old Macintoshes."""
    unreadable: Mapping[int, str] = field(default_factory=dict)
    """Columns whose cells have no reading, counted from 0, and why: never taken for empty ones."""
    widths: list[int] | None = None
    broken: frozenset[int] = frozenset()
    cut_row: int | None = None

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def even(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Every row filled up with blanks to the longest."""
    width = max(map(len, rows), default=0)
    for row in rows:
        if len(row) < width:
            row.extend([""] * (width - len(row)))
    return rows
