"""Which rows below a header are damaged: their cells cannot be told to stand under the header's columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from functools import cached_property

import pyarrow as pa

from flows.delimited.shapes import Shapes, shape, shapes_of
from flows.delimited.shifted import SAMPLED_ROWS, is_shifted, is_strict, kinds_of, suspects
from flows.staging.grid import Grid
from flows.staging.headers import Header
from flows.staging.values.cells import Cell

Rule = tuple[str, str]
"""The rule that sets a row aside, and the Chinese reason."""
_SHIFTED: Rule = ("fields_shifted", "一处缺分隔符、另一处多出一个，其间各格错开一列")
_HEADER_TEXTS = 2
"""A row with so many of the header's texts is a header: that of a file joined to this one, or this one's again."""
TRIMMED_LEAST, PADDED_LEAST = 3, 4


def damaged_rows(grid: Grid, header: Header) -> dict[int, Rule]:
    """Row index -> why it is set aside, for a text file's rows below a header; other formats cannot be ragged.

    A row of more or fewer cells than the header shows them under wrong headers. Four ways of writing are no damage: a
    delimiter after the last cell of every row, header cells without a text, a writer that leaves blank last cells
    out, which shows where many rows are so short, the cells they lack are often blank, and all others fit; and blank
    cells beyond the header in a row whose other cells are seen to stand in their columns.
    """
    if grid.widths is None:
        return {}
    start = header.last + 1
    widths = grid.widths[grid.above : grid.above + len(grid.rows)]
    whole = max(widths[header.first : start])
    below = widths[start:]
    broken = {number - grid.above - 1 for number in grid.broken if number > grid.above + start}
    if not broken and below.count(whole) == len(below):
        return _shifted(grid, header, whole, ())
    result: dict[int, Rule] = dict.fromkeys(broken, ("stray_quote", "引号不成对，分不出各格"))
    usual = _usual_width(grid, header, below, whole)
    trimmed = _Trimmed(grid, start, widths, usual)
    for index in range(start, len(grid.rows)):
        width = widths[index]
        if width in (usual, 0) or index in result or not any(grid.rows[index]):
            continue
        if width > usual and not trimmed.is_padded(index):
            result[index] = "fields_too_many", f"有{width}格，表头只有{usual}格，多出分隔符，各格对不上列"
        elif width < usual and not (
            trimmed.holds(index) or (grid.above + index + 1 == grid.cut_row and trimmed.fits(index))
        ):
            result[index] = "fields_too_few", f"只有{width}格，表头有{usual}格，缺分隔符，各格对不上列"
    return result | _shifted(
        grid, header, usual, {index for index, width in enumerate(widths) if width != usual} | result.keys()
    )


def _shifted(grid: Grid, header: Header, width: int, ragged: Container[int]) -> dict[int, Rule]:
    """Rows as wide as the header that lack one delimiter and have another too many; each below its own header."""
    texts = {text for text in header.texts if text}
    result: dict[int, Rule] = {}
    part: list[int] = []
    for index in range(header.last + 1, len(grid.rows)):
        if len(texts.intersection(grid.rows[index])) >= _HEADER_TEXTS:
            result |= _shifted_of(grid, part, width)
            part = []
        elif index not in ragged and any(grid.rows[index]):
            part.append(index)
    return result | _shifted_of(grid, part, width)


def _shifted_of(grid: Grid, places: list[int], width: int) -> dict[int, Rule]:
    def texts(index: int) -> list[str]:
        return list(map(str, grid.rows[index][:width]))

    kinds = kinds_of([texts(index) for index in places[:SAMPLED_ROWS]], width)
    strict = [at for at, name in enumerate(kinds) if is_strict(name)]
    columns = [pa.array([str(grid.rows[index][at]) for index in places], pa.string()) for at in strict]
    strange = suspects(columns, [kinds[at] for at in strict])
    return {places[at]: _SHIFTED for at in strange if is_shifted(texts(places[at]), kinds)}


def _usual_width(grid: Grid, header: Header, below: list[int], whole: int) -> int:
    """The header's width, or that of most rows where they differ by nothing but blank last cells."""
    counts = Counter(width for width in below if width)
    width, rows = counts.most_common(1)[0] if counts else (whole, 0)
    if width == whole or rows * 2 < counts.total():
        return whole
    if width < whole:
        named = max(at + 1 for at, text in enumerate(header.texts) if text)
        return width if width >= named else whole
    start = header.last + 1
    filled = any(any(grid.rows[start + at][whole:]) for at, entry in enumerate(below) if entry == width)
    return whole if filled else width


class _Trimmed:
    """Whether a row is short or long by nothing but blank last cells."""

    def __init__(self, grid: Grid, start: int, widths: list[int], usual: int) -> None:
        self.grid, self.widths, self.start, self.usual = grid, widths, start, usual
        self.counts = Counter(width for width in widths[start:] if width)
        self._shapes: Shapes | None = None
        self._blank: dict[int, int] = {}

    def holds(self, index: int) -> bool:
        """Whether a row is short for that reason."""
        width, rows = self.widths[index], self.counts.total()
        short = self.counts[width]
        if short < TRIMMED_LEAST or short * 10 < rows:
            return False
        blank = sum(not any(row[width : self.usual]) for row in self.grid.rows[self.start :])
        return blank * 3 >= rows and self.fits(index)

    def is_padded(self, index: int) -> bool:
        """Whether all a row has beyond the header are blank cells, and no stray delimiter moved the others there.

        A moved row ends in blank cells only where its own last cells were blank. So either whole rows hardly ever end
        in as many, or the row's last cells are seen to be of their own columns and not of those on their left.
        """
        row, surplus = self.grid.rows[index], self.widths[index] - self.usual
        if any(str(cell).strip() for cell in row[self.usual :]) or not self.fits(index):
            return False
        if len(self._whole) >= PADDED_LEAST and self._ends_blank(surplus) * 10 < len(self._whole):
            return True
        for column in range(self.usual - 1, 0, -1):
            if row[column] == "":
                continue
            if not self._is_of(column, row[column]):
                return False
            if not any(self._is_of(at, row[column]) for at in range(max(0, column - surplus), column)):
                return True
        return False

    @cached_property
    def _whole(self) -> list[list[Cell]]:
        places = range(self.start, len(self.widths))
        return [self.grid.rows[index] for index in places if self.widths[index] == self.usual]

    def _ends_blank(self, cells: int) -> int:
        """Whole rows whose last so many cells are blank."""
        if cells not in self._blank:
            self._blank[cells] = sum(not any(row[self.usual - cells : self.usual]) for row in self._whole)
        return self._blank[cells]

    @cached_property
    def _values(self) -> list[frozenset[Cell]]:
        """The cells of each column in whole rows."""
        return [frozenset(column) for column in zip(*self._whole, strict=True)]

    def _is_of(self, column: int, cell: Cell) -> bool:
        """Whether a column has this very cell in a whole row, or is one without texts whose cells look like it."""
        if self._values and cell in self._values[column]:
            return True
        usual = self._shapes.columns[column] if self._shapes and self._shapes.columns else frozenset[str]()
        return "text" not in usual and shape(str(cell)) in usual

    def fits(self, index: int) -> bool:
        """Whether every cell of a row looks like those of its column in whole rows."""
        if self._shapes is None:
            whole = (index for index in range(self.start - 1, len(self.widths)) if self.widths[index] == self.usual)
            texts = ([str(cell) for cell in self.grid.rows[index]] for index in whole)
            self._shapes = shapes_of(texts, self.usual)
        return self._shapes.fit_all([str(cell) for cell in self.grid.rows[index][: self.widths[index]]])
