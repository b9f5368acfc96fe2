"""One sheet as a grid of cells, with the place of every row as a spreadsheet shows it."""

from __future__ import annotations

from dataclasses import dataclass

from flows.staging.values.cells import Cell

MAX_ROWS = 1_048_576
MAX_COLUMNS = 1_000
MAX_CELLS = 30_000_000

Range = tuple[tuple[int, int], tuple[int, int]]
"""A merged range: first and last (row, column), counted from 0."""


@dataclass
class Grid:
    """The cells of one sheet from A1 on, every row equally long; row 1 of the spreadsheet is `rows[0]`.

    `merged` is null where the format cannot say which cells are merged.
    """

    sheet: str | None
    rows: list[list[Cell]]
    merged: tuple[Range, ...] | None = None
    encoding: str | None = None
    note: str | None = None
    skipped: str | None = None

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
