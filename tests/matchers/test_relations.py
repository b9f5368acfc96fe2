"""Rows written are rows there: DuckDB 1.5.5 hides some in silence, and what is appended here never falls to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from flows.run.workspace import open_workspace
from matchers.relations import append, count, make, run_script
from schemas.errors import TableError

ROW_GROUP = 122_880
SIZES = (ROW_GROUP, 130_000, 140_000)


def numbers(rows: int) -> pa.Table:
    return pa.table({"x": pa.array(range(rows), pa.int64())})


@pytest.fixture(params=["memory", "encrypted"])
def con(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection inside one explicit transaction, as a step has it."""
    if request.param == "encrypted":
        with open_workspace(tmp_path / "w.duckdb", "k" * 32) as opened:
            opened.begin()
            yield opened
        return
    with duckdb.connect(config={"threads": "2"}) as opened:
        opened.begin()
        yield opened


def test_the_library_hides_rows_in_silence(con: duckdb.DuckDBPyConnection) -> None:
    """When this fails, the library has been mended, and relations.py may say so."""
    con.register("src", numbers(130_000))
    con.execute("create table t as select x from src where x % 2 = 3")
    assert con.execute("insert into t select x from src").fetchone() == (130_000,)
    assert con.execute("select count(*) from t").fetchone() == (0,)


@pytest.mark.parametrize("rows", SIZES)
def test_a_row_group_after_nothing_is_all_there(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    con.register("src", numbers(rows))
    nothing = (
        "select x from src where x % 2 = 3",
        "select x from src where false",
        "select x + 1 as x from src where x < 0",
    )
    for at, query in enumerate((*nothing, numbers(0))):
        name = f"t{at}"
        assert make(con, name, query) == 0
        assert append(con, name, nothing[0]) == append(con, name, numbers(0)) == 0
        assert append(con, name, "select x from src" if at % 2 else numbers(rows)) == rows
        assert con.execute(f"select count(*), sum(x) from {name}").fetchone() == (rows, rows * (rows - 1) // 2)
        assert append(con, name, nothing[1]) == 0
        assert append(con, name, numbers(rows)) == rows
        assert count(con, name) == 2 * rows
    con.commit()
    assert count(con, "t0") == 2 * rows


def test_a_script_writes_the_same_way(con: duckdb.DuckDBPyConnection) -> None:
    con.register("src", numbers(130_000))
    run_script(
        con,
        "-- One row per number: none at first.\ncreate or replace table t as select x from src where x < $none;\n"
        "insert into t by name\nselect x from src where x < $some\n;\ndelete from t where x = 0;\n",
        {"none": 0, "some": 130_000, "unused": 1},
    )
    assert count(con, "t") == 129_999


def test_rows_that_do_not_add_up_are_refused_by_name(con: duckdb.DuckDBPyConnection) -> None:
    """A relation made the plain way, empty: the rows appended to it are hidden, and that is said."""
    con.register("src", numbers(130_000))
    con.execute("create table seen as select x from src where x % 2 = 3")
    con.execute("insert into seen select x from src where x % 2 = 3")
    with pytest.raises(TableError, match="表 seen 原有 0 行，应写 130,000 行，报称写入 130,000 行，写后却有 0 行"):
        append(con, "seen", numbers(130_000))


def test_a_missing_column_is_refused_and_never_filled_with_nothing(con: duckdb.DuckDBPyConnection) -> None:
    make(con, "t", "select 1 as x, 2 as y")
    for rows in (numbers(1), "select 1 as x", "select 1 as x, 2 as y, 3 as z"):
        with pytest.raises(TableError, match="应为 x、y"):
            append(con, "t", rows)
    assert append(con, "t", "select 3 as y, 4 as x") == 1
    assert con.execute("select x, y from t order by x").fetchall() == [(1, 2), (4, 3)]


def test_a_statement_that_writes_in_another_way_is_refused(con: duckdb.DuckDBPyConnection) -> None:
    make(con, "t", numbers(1))
    with pytest.raises(ValueError, match="by name"):
        run_script(con, "insert into t select 1")
