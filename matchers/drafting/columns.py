"""One profile per column of a table: how many cells are filled, how many values differ, and an even sample of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from matchers.encoding.text import plain_text
from matchers.encoding.typed import as_text, is_plain
from matchers.sides.named_rows import Rows

_SAMPLED_ROWS = 20_000


@dataclass(frozen=True)
class Column:
    """One column of one table, by its header, Arrow type and the filled cells of an even sample of rows.

    `cells`: the filled cells as text, without words for nothing; `rows`: how many rows were sampled.
    """

    header: str
    type: pa.DataType
    cells: tuple[str, ...]
    rows: int

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each text stands in the sample."""
        return Counter(self.cells)

    @property
    def filled(self) -> float:
        """Share of the rows whose cell is filled."""
        return len(self.cells) / max(self.rows, 1)

    @property
    def distinct(self) -> float:
        """Different values per filled cell: 1 where no value stands twice."""
        return len(self.counts) / max(len(self.cells), 1)

    @property
    def mean_length(self) -> float:
        """Characters per filled cell."""
        return sum(map(len, self.cells)) / max(len(self.cells), 1)

    def share(self, fits: Callable[[str], object]) -> float:
        """Share of the filled cells that fit."""
        return sum(number for text, number in self.counts.items() if fits(text)) / max(len(self.cells), 1)


def profiles(table: Rows) -> tuple[Column, ...]:
    """Every column of a table, in order; a column of other than texts, numbers and dates has no cells."""
    plain = [field.name for field in table.schema if is_plain(field.type)]
    step = max(1, table.num_rows // _SAMPLED_ROWS)
    cells: dict[str, list[str]] = {name: [] for name in plain}
    start = sampled = 0
    for batch in table.select(plain).to_batches() if plain else []:
        rows = pa.array(np.arange(-start % step, batch.num_rows, step))
        start, sampled = start + batch.num_rows, sampled + len(rows)
        for name in plain:
            cells[name] += [
                text for text in as_text(batch.column(name).take(rows)).to_pylist() if text and plain_text(text)
            ]
    return tuple(
        Column(field.name, field.type, tuple(cells.get(field.name, ())), sampled if plain else table.num_rows)
        for field in table.schema
    )
