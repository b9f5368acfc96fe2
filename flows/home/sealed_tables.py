"""Tables as Parquet that no one else reads: held in memory, or sealed in a home."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq


def table_in(data: bytes) -> pa.Table:
    """The table of a Parquet file held in memory.

    Not by `pq.read_table`: its threads may let go of the bytes only when the interpreter is gone, which aborts the
    process (pyarrow 26, "terminate called without an active exception") after all is done.
    """
    with pq.ParquetFile(pa.BufferReader(data), pre_buffer=False) as file:
        return file.read(use_threads=False)
