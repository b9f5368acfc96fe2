"""A table read in batches under a model's column names, and the protocols of tables and of cell readers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

RowNumbers = npt.NDArray[np.int64]


class Rows(Protocol):
    """A table, or a reader that gives one in batches; `pa.Table` satisfies it."""

    @property
    def num_rows(self) -> int: ...
    @property
    def schema(self) -> pa.Schema: ...
    def select(self, names: list[str]) -> Any: ...
    def to_batches(self) -> Any: ...


class ColumnReading(Protocol):
    """The reader of one column's odd cells: those not in the plain form that the kind of column encodes directly."""

    @property
    def doubtful(self) -> bool:
        """Whether plain cells are in doubt too, so that every filled cell must be read; ask after the last batch."""

    def odd(self, cells: pa.Array, forms: Mapping[str, Any]) -> RowNumbers:
        """Row numbers (int64, within `cells`) of the filled cells to read; `forms` are the cells' encoded forms."""

    def read(self, texts: Sequence[str]) -> pa.Array:
        """One cell in plain form per distinct odd text of the column; null where the text gives no value."""

    @property
    def seen(self) -> dict[str, Any]:
        """What the reader has gathered about the whole column so far, as JSON values."""

    def add_seen(self, seen: Mapping[str, Any]) -> None:
        """Add what another reader gathered (`seen`) from other rows of the same column."""


CellReading = Callable[[str], ColumnReading | None]
"""Gives the reader for a kind of column; null where cells of that kind are encoded as they are."""


@dataclass(frozen=True)
class NamedRows:
    """A table under other column names. `sources`: per name its header; null where the table has no such column."""

    rows: Rows
    sources: Mapping[str, str | None]
    reading: CellReading | None = None

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        return self.rows.num_rows

    @property
    def schema(self) -> pa.Schema:
        """The named columns with their types; columns the table lacks are strings (all null)."""
        given = self.rows.schema
        return pa.schema(
            [
                (name, pa.string() if source is None else given.field(source).type)
                for name, source in self.sources.items()
            ]
        )

    def select(self, names: list[str]) -> NamedRows:
        """The same rows with only the given columns."""
        return replace(self, sources={name: self.sources[name] for name in names})

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in order, in record batches under the new names."""
        wanted = list(dict.fromkeys(source for source in self.sources.values() if source is not None))
        for batch in self.rows.select(wanted).to_batches():
            columns = [
                pa.nulls(batch.num_rows, pa.string()) if source is None else batch.column(source)
                for source in self.sources.values()
            ]
            yield pa.RecordBatch.from_arrays(columns, names=list(self.sources))
