"""A table read under a model's column names, with what is said of how its cells are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

RowNumbers = npt.NDArray[np.int64]


class Rows(Protocol):
    """A table, or what reads one piece by piece: Arrow's own tables fit."""

    @property
    def num_rows(self) -> int: ...
    @property
    def schema(self) -> pa.Schema: ...
    def select(self, names: list[str]) -> Any: ...
    def to_batches(self) -> Any: ...


class ColumnReading(Protocol):
    """How cells of one column are read that are not plainly written as the kind of the column encodes them."""

    @property
    def doubtful(self) -> bool:
        """Once all batches were looked at: whether plain cells are not what they seem either, and all must be read."""

    def odd(self, cells: pa.Array, forms: Mapping[str, Any]) -> RowNumbers:
        """Filled cells that must be read, of some rows with their encoded forms."""

    def read(self, texts: Sequence[str]) -> pa.Array:
        """Each different odd text of the column as one plainly written cell, null where nothing is left of it."""

    @property
    def seen(self) -> dict[str, Any]:
        """What was seen so far of the column's cells as a whole, as JSON holds it."""

    def add_seen(self, seen: Mapping[str, Any]) -> None:
        """Add what was seen of further rows of the same column."""


CellReading = Callable[[str], ColumnReading | None]
"""By kind of column how a column of that kind is read; null where its cells are encoded as they stand."""


@dataclass(frozen=True)
class NamedRows:
    """Rows under other names. `sources`: the header of each name; null where the table has no such column."""

    rows: Rows
    sources: Mapping[str, str | None]
    reading: CellReading | None = None

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return self.rows.num_rows

    @property
    def schema(self) -> pa.Schema:
        """The named columns; those the table does not have are null texts."""
        given = self.rows.schema
        return pa.schema(
            [
                (name, pa.string() if source is None else given.field(source).type)
                for name, source in self.sources.items()
            ]
        )

    def select(self, names: list[str]) -> NamedRows:
        """Only these columns."""
        return replace(self, sources={name: self.sources[name] for name in names})

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in order."""
        wanted = list(dict.fromkeys(source for source in self.sources.values() if source is not None))
        for batch in self.rows.select(wanted).to_batches():
            columns = [
                pa.nulls(batch.num_rows, pa.string()) if source is None else batch.column(source)
                for source in self.sources.values()
            ]
            yield pa.RecordBatch.from_arrays(columns, names=list(self.sources))
