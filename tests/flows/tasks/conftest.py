"""A home with leads, the sheets of one of its streets, and pens to fill them in."""

from __future__ import annotations

import copy
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from flows.home.folders import Home
from flows.tasks.export import TaskOrder, export_tasks
from flows.tasks.returned import Receipt, SheetReceiver, import_tasks
from reports.tasks.sheet import HEADER_ROW
from tests.flows.command import DAY

TODAY = date(2026, 11, 25)
VISIT = date(2026, 11, 21)


@dataclass
class Sheet:
    """One sheet in hand: its header, its rows; written back as a workbook of plain cells."""

    header: list[str]
    rows: list[list[Any]]

    @classmethod
    def read(cls, path: Path) -> Sheet:
        page = openpyxl.load_workbook(path).active
        assert page is not None
        table = [[cell.value for cell in row] for row in page.iter_rows(min_row=HEADER_ROW)]
        return cls([str(cell) for cell in table[0]], table[1:])

    def at(self, name: str) -> int:
        return self.header.index(name)

    def fill(self, row: int, result: str | None, by: str | None = "王核", on: Any = VISIT, note: str = "") -> None:
        for name, value in (("核查结果", result), ("核查人", by), ("核查日期", on), ("备注", note)):
            self.rows[row][self.at(name)] = value

    def number(self, row: int) -> str:
        return str(self.rows[row][self.at("任务编号")])

    def save(self, path: Path, above: Sequence[Sequence[Any]] = ((None,), ("交回",))) -> Path:
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        for line in (*above, self.header, *self.rows):
            page.append(list(line))
        data = io.BytesIO()
        book.save(data)
        path.write_bytes(data.getvalue())
        return path


@pytest.fixture
def place(home: Path) -> Home:
    """A home of one's own after one good run."""
    return Home(home)


@pytest.fixture(scope="session")
def sheets(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every street's sheet, taken out of a copy of the finished home: its numbers hold in every other copy."""
    folder = tmp_path_factory.mktemp("sheets")
    place = Home(Path(shutil.copytree(finished_home, folder / "home")))
    return list(export_tasks(place, TaskOrder(folder / "out", "制表人甲", inside=True)).files)


@pytest.fixture(scope="session")
def all_rows(sheets: list[Path]) -> Sheet:
    """The rows of all streets under one header; enough for every case to have a row of its own."""
    found = Sheet.read(sheets[0])
    for path in sheets[1:]:
        found.rows += Sheet.read(path).rows
    assert len(found.rows) >= 12
    return found


@pytest.fixture
def sheet(all_rows: Sheet) -> Sheet:
    """A sheet of one's own to fill in."""
    return copy.deepcopy(all_rows)


def take(place: Home, *files: Path, today: date = TODAY, **settled: Any) -> Receipt:
    """Read sheets in, as an analyst does."""
    return import_tasks(place, list(files), SheetReceiver("分析员乙", today, **settled))


def ends(receipt: Receipt) -> dict[str, str]:
    """What became of each task number."""
    return {one.number: one.what for one in receipt.outcomes}


assert date(2026, 11, 19) == DAY
