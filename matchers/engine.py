"""The embedded engine: an in-memory DuckDB for one pure function's work. It reads and writes no file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa


@contextmanager
def embedded(threads: int = 2, memory: str = "1GB", **tables: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection with the given Arrow tables registered by name."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": str(threads),
        "memory_limit": memory,
        "autoinstall_known_extensions": "false",
    }
    con = duckdb.connect(config=config)
    try:
        con.execute("set enable_progress_bar = false")
        for name, table in tables.items():
            con.register(name, table)
        yield con
    finally:
        con.close()


def unrolled(term: str, places: int, joiner: str) -> str:
    """One SQL term per place, `{i}` standing for the place's number: `a[{i}] = b[{i}]` for 1..places."""
    return f" {joiner} ".join(term.format(i=place) for place in range(1, places + 1))
