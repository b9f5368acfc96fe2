"""What tasks send each other: one row per message, with columns of whole pieces packed as Arrow streams.

A message holds thousands of rows, so that they cross from Python to Spark and back as bytes and not one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from matchers.encoding.several import Numbers, one_after_another
from matchers.engines.kept_sides import listed_numbers, numbers_of_list

SCHEMA = pa.schema([("place", pa.int64()), ("kind", pa.int64()), ("head", pa.binary()), ("body", pa.binary())])
DDL = "place bigint, kind bigint, head binary, body binary"
"""The same as Spark declares it."""
Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """`place`: where it is to be; `kind`: what it is, as its readers know; two sets of columns."""

    place: int
    kind: int
    head: Columns
    body: Columns


def batches_of(messages: Iterable[Message]) -> Iterator[pa.RecordBatch]:
    """One batch a message."""
    for one in messages:
        row = [[one.place], [one.kind], [packed_columns(one.head)], [packed_columns(one.body)]]
        yield pa.record_batch([pa.array(cell, field.type) for cell, field in zip(row, SCHEMA, strict=True)], SCHEMA)


def table_of(messages: Iterable[Message]) -> pa.Table:
    """All messages as one table."""
    return pa.Table.from_batches(batches_of(messages), SCHEMA)


def messages_of(table: pa.Table) -> list[Message]:
    """The messages of a table, in an order that does not depend on which task was done first."""
    rows = zip(*(table[name] for name in SCHEMA.names), strict=True)
    found = [(place.as_py(), kind.as_py(), head.as_buffer(), body.as_buffer()) for place, kind, head, body in rows]
    found.sort(key=lambda row: (row[1], row[2].to_pybytes()))
    return [Message(place, kind, columns_of(head), columns_of(body)) for place, kind, head, body in found]


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
    """The columns of several messages one after another; without parts there are none."""
    return {name: _one_after_another([part[name] for part in parts]) for name in (parts[0] if parts else {})}


def _one_after_another(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return one_after_another(parts) if isinstance(parts[0], Numbers) else pa.concat_arrays(parts)
