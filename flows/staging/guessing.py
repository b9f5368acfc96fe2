"""One guess per column nobody knows: which missing field its cells or its name look like; shown, never used."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from flows.staging.grid import Grid
from flows.staging.headers import Header
from flows.staging.values.cells import Cell
from flows.staging.values.fields import looks_like
from flows.staging.words import FOREIGN, plain
from schemas.contracts import SourceContract, SourceField

_SAMPLE = 200
_NEAR_ENOUGH = 50.0
_NAME = re.compile("[\u4e00-\u9fff*]{2,4}")
_DISTINCT_KINDS = ("id_number", "phones", "uscc", "date", "month", "yes_no", "code")
_PLAIN_WORDS = frozenset({"序号", "备注", "说明", "注", "编号", "行号", "NO", "附注", "照片"})


def sample(grid: Grid, header: Header, column: int) -> list[Cell]:
    """The first filled cells of a column."""
    return [row[column] for row in grid.rows[header.last + 1 :][:_SAMPLE] if row[column] != ""]


def unknown_columns(grid: Grid, header: Header, known: Iterable[int]) -> list[int]:
    """Columns with a header and cells that mean no field, are about nobody else and more than a number or a note."""
    used = {*known, *(claim.column for claims in header.claims.values() for claim in claims)}
    return [
        column
        for column, text in enumerate(header.texts)
        if text
        and column not in used
        and text.rsplit("/", 1)[-1] not in _PLAIN_WORDS
        and not FOREIGN.search(text)
        and sample(grid, header, column)
    ]


def guesses_of(grid: Grid, header: Header, contract: SourceContract, columns: Iterable[int]) -> dict[int, SourceField]:
    """Column -> the field it may be, every field once; the fields a source needs come first."""
    lacking = [group for group in contract.require if not any(name in header.claims for name in group)]
    order = dict.fromkeys([name for group in lacking for name in group] + list(contract.important))
    order |= dict.fromkeys(field.name for field in contract.imported)
    left = [field for name in order if (field := contract.field(name)) and name not in header.claims]
    result: dict[int, SourceField] = {}
    for alike in (_by_name, _by_cells):
        for column in columns:
            cells = sample(grid, header, column)
            taken = {field.name for field in result.values()}
            if column not in result:
                fits = (
                    field for field in left if field.name not in taken and alike(field, header.texts[column], cells)
                )
                if field := next(fits, None):
                    result[column] = field
    return result


def _by_name(field: SourceField, text: str, cells: list[Cell]) -> bool:
    """A header text much like an alias, over cells that can be the field."""
    bare = text.rsplit("/", 1)[-1]
    near = max(fuzz.ratio(bare, plain(alias)) for alias in (field.title, *field.aliases))
    return near >= _NEAR_ENOUGH and looks_like(field, cells)


def _by_cells(field: SourceField, _text: str, cells: list[Cell]) -> bool:
    """Cells that tell by themselves: numbers, dates, words of a list; names where hardly two are the same."""
    if field.type == "person_name":
        names = [cell for cell in cells if isinstance(cell, str) and _NAME.fullmatch(cell)]
        return len(names) >= 0.8 * len(cells) and len(set(names)) >= 0.5 * len(cells) and len(cells) >= 3
    return field.type in _DISTINCT_KINDS and looks_like(field, cells)


def likely_header(grid: Grid) -> Header | None:
    """The fullest of the first rows, where no row names two fields; null where it holds data."""
    rows = [[cell for cell in row if isinstance(cell, str) and cell.strip()] for row in grid.rows[:10]]
    at = max(range(len(rows)), key=lambda index: len(rows[index]), default=None)
    if at is None or any(sum(map(str.isdigit, cell)) >= 5 for cell in rows[at]):  # a row of data, with names in it
        return None
    words = [cell for cell in rows[at] if len(plain(cell)) <= 12 and not any(map(str.isdigit, cell))]
    if len(words) < 2 or len(words) * 2 <= len(rows[at]):
        return None
    texts = tuple(plain(cell) if isinstance(cell, str) and cell in words else "" for cell in grid.rows[at])
    return Header(at, at, texts, {})
