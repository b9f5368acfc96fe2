"""One shown or hidden mark per count of a table that may leave the office (可流转).

Counts from 1 to below `least` are hidden; in every line (row or column, totals included) with something hidden, enough
is hidden that nothing can be computed from the rest: two cells at least, and together not below `least`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

HIDDEN = "*"
Cell = tuple[int, int]


def suppressed(counts: Sequence[Sequence[int]], least: int) -> list[list[int | str]]:
    """Counts as they may be shown, with a last row and a last column of totals added, hidden ones as `*`."""
    return suppressed_together([counts], least)[0]


def suppressed_together(tables: Sequence[Sequence[Sequence[int]]], least: int) -> list[list[list[int | str]]]:
    """Tables with the same rows and the same totals of rows: a total hidden in one is hidden in all."""
    whole = [_with_totals(counts) for counts in tables]
    hidden: list[set[Cell]] = [set() for _ in whole]
    while True:
        hidden = [_hidden(table, known, least) for table, known in zip(whole, hidden, strict=True)]
        totals = {
            row for table, cells in zip(whole, hidden, strict=True) for row, at in cells if at == len(table[0]) - 1
        }
        wanted = [{(row, len(table[0]) - 1) for row in totals} for table in whole]
        if all(more <= cells for more, cells in zip(wanted, hidden, strict=True)):
            break
        hidden = [cells | more for more, cells in zip(wanted, hidden, strict=True)]
    return [
        [
            [HIDDEN if (row, column) in cells else value for column, value in enumerate(line)]
            for row, line in enumerate(table)
        ]
        for table, cells in zip(whole, hidden, strict=True)
    ]


def _hidden(table: list[list[int]], known: set[Cell], least: int) -> set[Cell]:
    """The cells to hide, those known to be hidden among them."""
    small = {(row, column) for row, line in enumerate(table) for column, value in enumerate(line) if 0 < value < least}
    hidden = known | small
    while True:
        weak = next((line for line in _lines(table) if _is_weak(table, line, hidden, least)), None)
        if weak is None:
            return hidden
        hidden.add(_next(table, weak, hidden))


def _with_totals(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    rows = [[*line, sum(line)] for line in counts]
    width = len(rows[0]) if rows else 1
    return [*rows, [sum(line[column] for line in rows) for column in range(width)]]


def _lines(table: list[list[int]]) -> Iterator[list[Cell]]:
    """Every row and every column, its total last."""
    for row, line in enumerate(table):
        yield [(row, column) for column in range(len(line))]
    for column in range(len(table[0])):
        yield [(row, column) for row in range(len(table))]


def _is_weak(table: list[list[int]], line: list[Cell], hidden: set[Cell], least: int) -> bool:
    """Whether a hidden cell of the line could be computed, or bounded below `least`, from what is shown."""
    gone = [cell for cell in line if cell in hidden]
    if not gone or len(gone) == len([cell for cell in line if _value(table, cell)]):
        return False
    inner = [cell for cell in gone if cell != line[-1]]
    return len(gone) < 2 or (line[-1] not in hidden and sum(_value(table, cell) for cell in inner) < least)


def _next(table: list[list[int]], line: list[Cell], hidden: set[Cell]) -> Cell:
    """The smallest count still shown in the line, inner cells before the total; a nought only where nothing else is."""
    shown: Iterable[Cell] = [cell for cell in line if cell not in hidden]
    return min(shown, key=lambda cell: (_value(table, cell) == 0, cell == line[-1], _value(table, cell), cell))


def _value(table: list[list[int]], cell: Cell) -> int:
    return table[cell[0]][cell[1]]
