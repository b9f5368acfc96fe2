"""Bytes of a string column as matrices, without making a Python string per row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


def string_parts(column: pa.ChunkedArray) -> tuple[Bytes, Rows, Rows]:
    """All bytes of a string column, and each row's start and length; null rows have length 0."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    letters = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, np.uint8)
    lengths = np.diff(starts)
    if array.null_count:
        lengths = np.where(np.asarray(array.is_valid()), lengths, 0)
    return letters, starts[:-1], lengths


def rows_of_length(letters: Bytes, starts: Rows, lengths: Rows, length: int) -> tuple[Rows, Bytes]:
    """Row numbers of strings of so many bytes, and their bytes, one row each."""
    rows = np.flatnonzero(lengths == length)
    if not len(rows):
        return rows, np.zeros((0, length), np.uint8)
    return rows, letters[starts[rows][:, None] + np.arange(length)]
