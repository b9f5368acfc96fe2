"""One row per person that may stand in the ledger: linked, self-declared, or of platform trade by the roll's word."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from flows.ledger.sql import count, put_rows, run_sql
from flows.run.context import RunContext
from flows.run.stepbook import CountValues
from schemas.contracts import check_table, stage_table


def build_persons(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Write `persons`; counts per kind."""
    run_sql(con, "work.sql")
    run_sql(con, "declared.sql")
    _join_declared(con)
    run_sql(con, "persons.sql")
    check_table(
        con.execute("select * from persons").to_arrow_table().cast(_nullable("persons")), stage_table("persons")
    )
    kinds = dict(con.execute("select kind, count(*) from persons group by kind").fetchall())
    return {
        "persons": count(con, "persons"),
        **{kind: kinds.get(kind, 0) for kind in ("linked", "declared", "own_job")},
        **_inferred(con),
    }


def _inferred(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows whose platform only a file's name said, and whose street only a station's."""
    found = con.execute(
        "select (select count(*) from placed_work where platform_from = 'name'), "
        "(select count(*) from work_rows where street_from = 'station_name')"
    ).fetchone()
    return dict(zip(("platform_by_file_name", "street_by_station_name"), map(int, found or (0, 0)), strict=True))


def _nullable(name: str) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in stage_table(name).schema])


def _join_declared(con: duckdb.DuckDBPyConnection) -> None:
    """Write `declarers`: one row per self-declaring row with the smallest row_key of its person.

    Rows are one person by full ID, or by full name and a full phone; the relation `declared_keys` says which, and
    which of them are tied to the registry or wait for a person: nobody with such a row is self-declared only.
    """
    rows = con.execute("select row_key, key, tied from declared_keys order by row_key, key").fetchall()
    parent = _connected((row, key) for row, key, _ in rows)
    tied = {_root(parent, row) for row, _, is_tied in rows if is_tied}
    found = [(row, _root(parent, row)) for row in sorted(parent)]
    free = [(row, person) for row, person in found if person not in tied]
    put_rows(con, "declarers", {"row_key": pa.int64(), "person_row": pa.int64()}, free)


def _connected(rows: Iterable[tuple[int, str]]) -> dict[int, int]:
    parent: dict[int, int] = {}
    first: dict[str, int] = {}
    for row, key in rows:
        parent.setdefault(row, row)
        other = first.setdefault(key, row)
        a, b = _root(parent, row), _root(parent, other)
        parent[max(a, b)] = min(a, b)
    return parent


def _root(parent: dict[int, int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row
