"""Cells that say "as above" or "as on the left" with the value they stand for, below one header of one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.staging.values.cells import Cell
from flows.staging.words import FOREIGN
from schemas.placeholders import alike, first_signs, longest_word, means_above, means_left

ABOVE, LEFT, NOTHING = "filled_from_above", "filled_from_left", "nothing_to_fill"


@dataclass(frozen=True)
class Fill:
    """One cell filled: row index, column, the name of the repair, the cell as it came."""

    row: int
    column: int
    repair: str
    original: str


def fill_dittos(
    columns: list[Sequence[Cell]], whose: Mapping[str, int], headers: Sequence[str] = ()
) -> tuple[list[Sequence[Cell]], list[Fill]]:
    """Columns of data rows with every ditto filled, and what was filled; a ditto with nothing beside it is emptied.

    The row above is the data row before: blank rows, sums and titles between do not count. `whose` names the columns of
    the name, the ID and the phones: an ID is the one above only where the name is too, for two people never share one.
    "As on the left" means the left cell only between two headers of one kind (two phones, two addresses, two dates), so
    that no station becomes a firm; elsewhere clerks write it for "as above", and so it is read, but for an ID or a
    phone of somebody else.
    """
    marks = {column: marked for column, cells in enumerate(columns) if (marked := _marked(cells))}
    if not marks:
        return columns, []
    filled: list[Sequence[Cell]] = list(columns)
    fills: list[Fill] = []
    name, identity, phones = whose.get("name"), whose.get("id_number"), whose.get("phones")
    for column in sorted(marks, key=lambda column: (column == identity, column)):
        cells = list(filled[column])
        for row in marks[column]:
            original = str(cells[row])
            like = column if 0 < column < len(headers) and _alike(headers[column - 1], headers[column]) else 0
            value, repair = _value(filled, cells, row, like)
            own = column == identity or (column == phones and means_left(original))
            if own and repair == ABOVE and name is not None and not _same_name(filled[name], row):
                value, repair = "", NOTHING
            cells[row] = value
            fills.append(Fill(row, column, repair, original))
        filled[column] = cells
    return filled, fills


def _value(columns: list[Sequence[Cell]], cells: list[Cell], row: int, like: int) -> tuple[Cell, str]:
    """The value a ditto stands for; `like` is its column where the one on the left is of the same kind, else 0."""
    left = like > 0 and means_left(str(cells[row]))
    value = columns[like - 1][row] if left else cells[row - 1] if row else ""
    if value == "" or _is_ditto(value):
        return "", NOTHING
    return value, LEFT if left else ABOVE


def _alike(left: str, own: str) -> bool:
    """Whether the cell on the left can be this one's value; what is said of another person never is."""
    return alike(left, own) and not FOREIGN.search(left)


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
