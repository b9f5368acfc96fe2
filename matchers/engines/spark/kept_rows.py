"""Frames of rows that tasks write into sealed files: what the driver gets is where they lie, and how many they are.

Only what tasks that ended well say they wrote counts: a task that ran twice, or was killed, leaves a file nobody names.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from matchers.engines.spark.sealed import SealedFolder

Frame = Any
_WRITTEN = pa.schema([
    ("part", pa.int64()), ("turn", pa.int64()), ("file", pa.string()), ("offset", pa.int64()), ("size", pa.int64()),
    ("rows", pa.int64()), ("digest", pa.uint64()),
])  # fmt: skip
_DDL = "part bigint, turn bigint, file string, offset bigint, size bigint, rows bigint, digest bigint"
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


@dataclass(frozen=True)
class Chunk:
    """Some rows of a frame in a sealed file. `digest`: the same for the same rows of integers, in whatever order."""

    file: str
    offset: int
    size: int
    rows: int
    digest: int


def keep_rows(files: SealedFolder, frame: Frame) -> list[Chunk]:
    """Write a frame; its chunks in the order of its partitions and their rows."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        part = importlib.import_module("pyspark").TaskContext.get().partitionId()
        with files.writer() as file:
            rows = [
                (part, turn, file.path.name, *file.put(_packed(batch)), batch.num_rows, _digest(batch))
                for turn, batch in enumerate(one for one in batches if one.num_rows)
            ]
        columns = list(zip(*rows, strict=True)) or [()] * len(_WRITTEN)
        digests = pa.array(columns[-1], pa.uint64()).view(pa.int64())
        cells = [*(pa.array(one, field.type) for one, field in zip(columns[:-1], _WRITTEN, strict=False)), digests]
        yield pa.RecordBatch.from_arrays(cells, names=_WRITTEN.names)

    written = frame.mapInArrow(write, _DDL).toArrow().sort_by([("part", "ascending"), ("turn", "ascending")])
    return [Chunk(**{name: row[name] for name in Chunk.__dataclass_fields__}) for row in written.to_pylist()]


def rows_of(files: SealedFolder, chunk: Chunk) -> pa.RecordBatch:
    """The rows of a chunk. Raises HomeError where its file is damaged."""
    with pa.ipc.open_stream(files.read(chunk.file, chunk.offset, chunk.size)) as stream:
        return stream.read_next_batch()


def frame_of(
    spark: Any, files: SealedFolder, chunks: Sequence[Chunk], ddl: str,
    made: Callable[[list[pa.RecordBatch]], pa.Table], tasks: int,
) -> Frame:  # fmt: skip
    """What tasks make of the rows of some chunks each."""

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for task in batch.column(0).to_pylist():
                yield from made([rows_of(files, one) for one in chunks[task::tasks]]).to_batches()

    return spark.range(0, tasks, 1, tasks).mapInArrow(read, ddl)


def _packed(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())


def _digest(batch: pa.RecordBatch) -> int:
    """The sum of the rows' own digests; 0 where not all columns are integers."""
    if not all(pa.types.is_int64(field.type) for field in batch.schema):
        return 0
    marks = np.zeros(batch.num_rows, np.uint64)
    for column in batch.columns:
        marks = (marks * _MIX[0] ^ np.asarray(column).view(np.uint64)) * _MIX[1]
        marks ^= marks >> np.uint64(31)
    return int(marks.sum())
