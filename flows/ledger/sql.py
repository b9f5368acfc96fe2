"""Static SQL files run over the workspace, and small tables put into it."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import duckdb
import pyarrow as pa

_PARAMETER = re.compile(r"\$([a-z_]+)")


@cache
def _statements(name: str) -> tuple[str, ...]:
    text = (resources.files("flows.ledger") / name).read_text("utf-8")
    return tuple(part for part in re.split(r";\s*\n", text) if part.strip().strip(";"))


def run_sql(con: duckdb.DuckDBPyConnection, name: str, **values: Any) -> None:
    """Run every statement of `name` (a file beside this module), each with the values it names."""
    for statement in _statements(name):
        wanted = set(_PARAMETER.findall(statement))
        con.execute(statement, {key: value for key, value in values.items() if key in wanted})


def put(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Create or replace a workspace relation from an Arrow table."""
    con.register("arrow_in", table)
    con.execute(f'create or replace table "{name}" as select * from arrow_in')
    con.unregister("arrow_in")


def put_rows(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.DataType], rows: list[Any]) -> None:
    """Create or replace a workspace relation from tuples."""
    arrays = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(columns.values())]
    put(con, name, pa.table(dict(zip(columns, arrays, strict=True))))


def count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Rows of a relation."""
    row = con.execute(f'select count(*) from "{relation}"').fetchone()
    return int(row[0]) if row else 0
