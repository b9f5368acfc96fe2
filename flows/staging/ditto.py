"""Cells that say "as above" or "as on the left" with the value they stand for, below one header of one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.staging.values.cells import Cell
from schemas.placeholders import first_signs, longest_word, means_above, means_left

ABOVE, LEFT, NOTHING = "filled_from_above", "filled_from_left", "nothing_to_fill"


@dataclass(frozen=True)
class Fill:
    """One cell filled: row index, column, the name of the repair, the cell as it came."""

    row: int
    column: int
    repair: str
    original: str


def fill_dittos(columns: list[Sequence[Cell]], whose: Mapping[str, int]) -> tuple[list[Sequence[Cell]], list[Fill]]:
    """Columns of data rows with every ditto filled, and what was filled; a ditto with nothing beside it is emptied.

    The row above is the data row before: blank rows, sums and titles between do not count. `whose` names the columns of
    the name and the ID: an ID is the one above only where the name is too, for two people never share one.
    """
    marks = {column: marked for column, cells in enumerate(columns) if (marked := _marked(cells))}
    if not marks:
        return columns, []
    filled: list[Sequence[Cell]] = list(columns)
    fills: list[Fill] = []
    name, identity = whose.get("name"), whose.get("id_number")
    for column in sorted(marks, key=lambda column: (column == identity, column)):
        cells = list(filled[column])
        for row in marks[column]:
            original = str(cells[row])
            value, repair = _value(filled, cells, row, column)
            if column == identity and name is not None and not _same_name(filled[name], row):
                value, repair = "", NOTHING
            cells[row] = value
            fills.append(Fill(row, column, repair, original))
        filled[column] = cells
    return filled, fills


def _value(columns: list[Sequence[Cell]], cells: list[Cell], row: int, column: int) -> tuple[Cell, str]:
    left = means_left(str(cells[row]))
    value = (columns[column - 1][row] if column else "") if left else cells[row - 1] if row else ""
    if value == "" or _is_ditto(value):
        return "", NOTHING
    return value, LEFT if left else ABOVE


def _same_name(names: Sequence[Cell], row: int) -> bool:
    return row > 0 and names[row] == names[row - 1]


def _marked(cells: Sequence[Cell]) -> list[int]:
    """Rows whose cell is a ditto, in order."""
    dittos = set(_dittos(set(cells)))
    return [row for row, cell in enumerate(cells) if cell in dittos] if dittos else []


def _dittos(distinct: set[Cell]) -> Iterator[Cell]:
    longest, first = longest_word(), first_signs()
    return (
        cell
        for cell in distinct
        if isinstance(cell, str) and cell[:1] in first and len(cell) <= longest and _is_ditto(cell)
    )


def _is_ditto(cell: Cell) -> bool:
    return isinstance(cell, str) and (means_above(cell) or means_left(cell))
