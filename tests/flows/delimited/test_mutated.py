"""Mutated CSV files: every row of the file is read as it was written, or its line is named; none vanishes."""

from __future__ import annotations

import pytest

from flows.staging.grid import Grid
from flows.staging.readers import read_file
from flows.staging.tables import Meaning, tables_of
from schemas.contracts import load_sources
from tests.flows.delimited.mutating import HEAD, Mutated, mutated

FIELDS = dict(
    zip(HEAD, ("platform", "worker_no", "name", "phones", "id_number", "station", "started_on", "state"), strict=True)
)
CONTRACT = load_sources()["platform"]


def rows_read(grid: Grid) -> tuple[list[dict[str, str]], set[int]]:
    """The rows by header text, and the numbers of those set aside."""
    read: list[dict[str, str]] = []
    aside: set[int] = set()
    for table in tables_of(grid, Meaning(CONTRACT, {}), "x.csv"):
        texts = table.mapping.header.texts
        for row, number in zip(table.sifted.rows, table.sifted.numbers, strict=True):
            if number in table.sifted.damaged:
                aside.add(number)
            else:
                read.append({text: str(cell) for text, cell in zip(texts, row, strict=False) if text})
    return read, aside


def account(made: Mutated) -> None:
    """Rows in = rows read + rows named; a row read holds its own cells under its own headers."""
    (grid,) = read_file(made.data, "x.csv")
    original = [list(map(str, row)) for row in grid.rows]
    read, aside = rows_read(grid)
    said = f"seed {made.seed}: {made.faults}"
    numbers = [row["骑手编号"] for row in read]
    assert len(set(numbers)) == len(numbers), said
    for row in read:
        wanted = made.rows[row["骑手编号"]]
        assert [row.get(text, "?").replace('"', "") for text in HEAD] == [
            cell.replace("\n", row_break(row)) for cell in wanted
        ], said
    named = "".join("".join(original[number - 1]) for number in aside)
    lost = [number for number in made.rows if number not in numbers and number not in named]
    assert lost == [], said
    assert len(read) + len(aside) >= len(made.rows) - 1, said  # a row and a header on one line are one named line


def row_break(row: dict[str, str]) -> str:
    return "\r\n" if "\r\n" in row["站点"] else "\n"


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_rows_in_are_rows_read_and_rows_named(first: int) -> None:
    for seed in range(first, first + 30):
        account(mutated(seed))
