"""One grid per Parquet file: the column names are row 1, the records follow."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.staging.grid import MAX_CELLS, MAX_COLUMNS, MAX_TEXT, Grid
from flows.staging.refusals import broken, password, too_large, too_wide
from flows.staging.values.cells import Cell

_BATCH = 16_384


def read_parquet(data: bytes, where: str) -> list[Grid]:
    """The records of a Parquet file. Raises InputError when it is damaged, protected, or would not fit in memory."""
    if data[-4:] == b"PARE" or data[:4] == b"PARE":
        raise password(where)
    try:
        file = pq.ParquetFile(io.BytesIO(data), thrift_string_size_limit=MAX_TEXT, thrift_container_size_limit=1 << 20)
        shape = file.metadata
        if shape.num_columns > MAX_COLUMNS or shape.num_rows * max(shape.num_columns, 1) > MAX_CELLS:
            raise too_wide(where)
        names: list[Cell] = list(file.schema_arrow.names)
        rows: list[list[Cell]] = [names]
        size = 0
        for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
            size += batch.nbytes
            if size > MAX_TEXT:
                raise too_large(MAX_TEXT, where)
            rows += [list(row) for row in zip(*map(_cells, batch.columns), strict=True)]
    except (pa.ArrowException, OSError, OverflowError, MemoryError, ValueError, IndexError):
        raise broken(where) from None
    return [Grid(None, rows)]


def _cells(column: pa.Array) -> list[Cell]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return [_cell(value) for value in column.to_pylist()]


def _cell(value: Any) -> Cell:
    """A value as a cell; whole numbers as text, since Parquet keeps all digits of an ID. Bytes have no reading."""
    if value is None:
        return ""
    if isinstance(value, bool | str | float | dt.datetime | dt.date | dt.time | dt.timedelta):
        return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, list):
        return "；".join(str(_cell(one)) for one in value)
    return ""
