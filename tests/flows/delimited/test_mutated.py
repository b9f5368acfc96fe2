"""Mutated CSV files: every row of the file is read as it was written, or its line is named; none vanishes."""

from __future__ import annotations

import random

import pytest

from flows.delimited.shifted import is_shifted, kinds_of
from flows.staging.grid import Grid
from flows.staging.readers import read_file
from flows.staging.tables import Meaning, tables_of
from schemas.contracts import load_sources
from tests.flows.delimited.mutating import HEAD, Mutated, mutated, rider, shifted

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


def test_a_row_one_column_off_between_two_places_is_seen_and_no_whole_row_is_taken_for_one() -> None:
    for seed in range(300):
        picked = random.Random(seed)  # noqa: S311 - rows of a test
        rows = [rider(seed * 100 + at, picked) for at in range(20)]
        off = shifted(rows[7], picked)
        kinds = kinds_of([*rows[:7], off, *rows[8:]], len(HEAD))
        assert is_shifted(off, kinds), off
        assert not any(is_shifted(row, kinds) for row in rows)


@pytest.mark.parametrize(
    "odd",
    [
        {"手机号": "", "身份证号": "13800000001"},
        {"手机号": "500113199003078516", "身份证号": "13800000001"},
        {"姓名": "13800000001", "手机号": "张三"},
        {"手机号": "无", "身份证号": "待补", "入职日期": "同上"},
        {"身份证号": "1.10105E+17", "手机号": "023-62810000", "入职日期": "长期"},
        {"站点": "2024-01-05", "入职日期": "鱼洞一站"},
        {"姓名": "", "手机号": "138****0001", "身份证号": "500113********8516"},
    ],
)
def test_a_row_whose_cells_are_odd_but_in_their_places_is_read(odd: dict[str, str]) -> None:
    picked = random.Random(1)  # noqa: S311 - rows of a test
    rows = [rider(at, picked) for at in range(20)]
    row = [odd.get(text, cell) for text, cell in zip(HEAD, rows[7], strict=True)]
    assert not is_shifted(row, kinds_of(rows, len(HEAD)))
