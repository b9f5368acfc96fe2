"""What tasks send each other: one Spark row per message, with columns of thousands of table rows packed as bytes.

A message's content goes through Spark's shuffle; where all tasks run on one machine it lies in a sealed file instead,
and only where it lies is shuffled, so that the JVM moves some hundred rows of a few bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from matchers.engines.spark.columns import Columns, columns_of, packed_columns
from matchers.engines.spark.sealed import SealedFolder

SCHEMA = pa.schema([("place", pa.int64()), ("kind", pa.int64()), ("content", pa.binary()), ("file", pa.string())])
DDL = "place bigint, kind bigint, content binary, file string"
"""The same as Spark declares it. `file`: where the content lies in a sealed file; `content` then says where in it."""
DRIVER = -1
"""The place of what goes on to the driver as it is."""
_WHERE = struct.Struct("<QQ")
_HEAD = struct.Struct("<Q56x")
_ALIGNED = 64


@dataclass(frozen=True)
class Message:
    """`place`: where it is to be; `kind`: what it is, as its readers know; two sets of columns."""

    place: int
    kind: int
    head: Columns
    body: Columns


@dataclass(frozen=True)
class Carrier:
    """How contents travel: in sealed files of this folder, or through the shuffle."""

    files: SealedFolder | None = None

    def batches_of(self, messages: Iterable[Message]) -> Iterator[pa.RecordBatch]:
        """One batch a message."""
        if self.files is None:
            for one in messages:
                yield _batch(one, _packed(one), None)
            return
        with self.files.writer() as file:
            for one in messages:
                where = _WHERE.pack(*file.put(_packed(one)))
                yield _batch(one, where, file.path.name)

    def table_of(self, messages: Iterable[Message]) -> pa.Table:
        """All messages as one table."""
        return pa.Table.from_batches(self.batches_of(messages), SCHEMA)

    def messages_of(self, table: pa.Table) -> list[Message]:
        """The messages of a table, in an order that does not depend on which task was done first."""
        rows = zip(*(table[name] for name in SCHEMA.names), strict=True)
        found = [
            (place.as_py(), kind.as_py(), *_halves(self._content(content.as_buffer(), file.as_py())))
            for place, kind, content, file in rows
        ]
        found.sort(key=lambda row: (row[1], row[2].to_pybytes()))
        return [Message(place, kind, columns_of(head), columns_of(body)) for place, kind, head, body in found]

    def _content(self, content: pa.Buffer, file: str | None) -> pa.Buffer:
        if file is None:
            return content
        if self.files is None:
            raise ValueError("a message in a file, and no folder of files")
        return pa.py_buffer(self.files.read(file, *_WHERE.unpack(content.to_pybytes())))


def _packed(one: Message) -> bytes:
    head = packed_columns(one.head)
    return b"".join((_HEAD.pack(len(head)), head, bytes(-len(head) % _ALIGNED), packed_columns(one.body)))


def _halves(content: pa.Buffer) -> tuple[pa.Buffer, pa.Buffer]:
    size = _HEAD.unpack(content.slice(0, _HEAD.size).to_pybytes())[0]
    return content.slice(_HEAD.size, size), content.slice(_HEAD.size + size + -size % _ALIGNED)


def _batch(one: Message, content: bytes, file: str | None) -> pa.RecordBatch:
    cells: list[list[Any]] = [[one.place], [one.kind], [content], [file]]
    return pa.record_batch([pa.array(cell, field.type) for cell, field in zip(cells, SCHEMA, strict=True)], SCHEMA)
