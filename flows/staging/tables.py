"""One grid per table of a sheet: tables side by side are parted by columns, tables one below another by rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from flows.staging.grid import Grid
from flows.staging.headers import Header, find_header, names_enough
from flows.staging.mapping import Mapping, map_columns
from flows.staging.memory import Corrections
from flows.staging.rows import Sifted, sift
from flows.staging.words import plain
from schemas.contracts import SourceContract

_COUNTERS = ("序号", "序列", "编号", "NO", "行号")


@dataclass(frozen=True)
class SheetTable:
    """One table of a sheet: what its header means, and its data rows."""

    mapping: Mapping
    sifted: Sifted
    header_row: int


@dataclass(frozen=True)
class Meaning:
    """What header texts are held against: the contract, a clerk's corrections, and whether hidden rows are read."""

    contract: SourceContract
    corrections: Corrections
    hidden_rows: bool = True


def tables_of(grid: Grid, meaning: Meaning, where: str) -> list[SheetTable]:
    """All tables of a sheet. Raises InputError when any of them cannot be understood."""
    header = find_header(grid, meaning.contract, meaning.corrections)
    parts = _side_by_side(grid, header)
    known = header if len(parts) == 1 else None
    return [table for part in parts for table in _stacked(part, meaning, where, known)]


def _stacked(grid: Grid, meaning: Meaning, where: str, header: Header | None) -> Iterator[SheetTable]:
    """Tables one below another: each ends where the header of the next begins."""
    skip = frozenset() if meaning.hidden_rows else grid.hidden
    firsts = _firsts(meaning.contract)
    part: Grid | None = grid
    while part is not None:
        here = part
        mapping = map_columns(here, meaning.contract, where, meaning.corrections, header)
        header = None

        def starts_table(index: int, here: Grid = here) -> bool:
            return _begins(here, index, meaning)

        sifted = sift(here, mapping, skip=skip, firsts=firsts, starts_table=starts_table)
        yield SheetTable(mapping, sifted, here.above + mapping.header.last + 1)
        part = _below(here, sifted.next_table) if sifted.next_table is not None else None


@lru_cache(maxsize=64)
def _firsts(contract: SourceContract) -> frozenset[str]:
    texts = {plain(alias) for field in contract.fields for alias in (field.title, *field.aliases)}
    return frozenset(text for text in (*texts, *_COUNTERS) if text)


def _begins(grid: Grid, index: int, meaning: Meaning) -> bool:
    """Whether a whole header, with all the contract requires, begins right at a row."""
    few = _below(replace(grid, rows=grid.rows[: index + 4]), index)
    header = find_header(few, meaning.contract, meaning.corrections)
    return header is not None and header.first == 0 and names_enough(header, meaning.contract)


def _below(grid: Grid, index: int) -> Grid:
    """A sheet from a row on, its merged cells with it."""
    merged = None
    if grid.merged is not None:
        merged = tuple(
            ((top - index, left), (bottom - index, right))
            for (top, left), (bottom, right) in grid.merged
            if top >= index
        )
    return replace(grid, rows=grid.rows[index:], merged=merged, above=grid.above + index)


def _side_by_side(grid: Grid, header: Header | None) -> list[Grid]:
    """The sheet itself, or a grid per block of columns where its header says the same words over again."""
    if header is None:
        return [grid]
    texts = header.texts
    first = next((text for text in texts if text), "")
    starts = [column for column, text in enumerate(texts) if text == first]
    blocks = [[text for text in texts[a:b] if text] for a, b in pairwise((*starts, len(texts)))]
    if len(starts) < 2 or len(blocks[0]) < 2 or any(block != blocks[0] for block in blocks):
        return [grid]
    return [_window(grid, left, right) for left, right in pairwise((*starts, grid.width))]


def _window(grid: Grid, left: int, right: int) -> Grid:
    """The sheet with only some columns filled; they stay in their places."""
    before, after = [""] * left, [""] * (grid.width - right)
    merged = None
    if grid.merged is not None:
        merged = tuple(area for area in grid.merged if left <= area[0][1] and area[1][1] < right)
    return replace(grid, rows=[[*before, *row[left:right], *after] for row in grid.rows], merged=merged)
