"""Encoded columns of one length as an Arrow stream, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from matchers.encoding.several import Numbers, one_after_another
from matchers.encoding.strings import row_array
from matchers.engines.kept_sides import listed_numbers, numbers_of_list

Columns = Mapping[str, Any]


def packed_columns(columns: Columns) -> bytes:
    """Columns of one length as an Arrow stream."""
    arrays = [listed_numbers(one) if isinstance(one, Numbers) else pa.array(one) for one in columns.values()]
    sink = pa.BufferOutputStream()
    schema = pa.schema([(name, array.type) for name, array in zip(columns, arrays, strict=True)])
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return bytes(sink.getvalue().to_pybytes())


def columns_of(content: pa.Buffer) -> dict[str, Any]:
    """The columns as they were."""
    with pa.ipc.open_stream(content) as stream:
        batch = stream.read_next_batch()
    return {name: _column(array) for name, array in zip(batch.schema.names, batch.columns, strict=True)}


def _column(array: pa.Array) -> Any:
    if pa.types.is_list(array.type):
        return numbers_of_list(array)
    return array if pa.types.is_string(array.type) else array.to_numpy(zero_copy_only=False)


def joined_columns(parts: Sequence[Columns]) -> dict[str, Any]:
    """The columns of several parts one after another; without parts there are none."""
    return {name: _one_after_another([part[name] for part in parts]) for name in (parts[0] if parts else {})}


def _one_after_another(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return one_after_another(parts) if isinstance(parts[0], Numbers) else pa.concat_arrays(parts)


def taken(values: Any, rows: Any) -> Any:
    """Some rows of a column."""
    if isinstance(values, np.ndarray):
        return values[rows]
    return values.take(row_array(rows) if isinstance(values, pa.Array) else rows)
