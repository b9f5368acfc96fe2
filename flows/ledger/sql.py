"""Static SQL files of the ledger run over the workspace, and small tables put into it."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from matchers.relations import count, make, run_script, script

__all__ = ["count", "put", "put_rows", "run_sql"]


def run_sql(con: duckdb.DuckDBPyConnection, name: str, *, package: str = "flows.ledger", **values: Any) -> None:
    """Run every statement of the package's file `name`, each with the values it names."""
    run_script(con, script(package, name), values)


def put(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Create or replace a workspace relation from an Arrow table."""
    make(con, name, table)


def put_rows(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.DataType], rows: list[Any]) -> None:
    """Create or replace a workspace relation from tuples."""
    arrays = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(columns.values())]
    make(con, name, pa.table(dict(zip(columns, arrays, strict=True))))
