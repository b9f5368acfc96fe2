"""The one way rows get into a DuckDB relation: made, appended to, and counted each time.

DuckDB 1.4.4 to 1.5.5 hides rows in silence: inside one explicit transaction, with two threads or more and insertion
order kept, an insert of no rows (a create-as too) followed by one of about a row group (122,880 rows) into the same
relation reports success, and nobody in the process sees the rows. So an insert of no rows is never carried out here:
a relation made of nothing is made again by its definition alone, an append of nothing writes nothing. And whatever the
library says it wrote must be there afterwards.

`insert into` and `create table … as` stand nowhere else in the packages (tests/test_one_way_into_a_relation.py); a
`.sql` file may hold them, since `run_script` takes them this way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any

import duckdb
import pyarrow as pa

from schemas.errors import TableError
from schemas.rules import Rule

Values = Mapping[str, Any]

_INCOMING, _ASIDE = "_rows_coming_in", "_rows_set_aside"
_PARAMETER = re.compile(r"\$([a-z_]+)")
_COMMENTS = r"\s*(?:--[^\n]*\n\s*)*"
_MAKES = re.compile(
    _COMMENTS + r'create\s+(?:or\s+replace\s+)?(?P<temporary>temp(?:orary)?\s+)?table\s+"?(?P<name>\w+)"?\s+as\b'
    r"(?P<query>.*)",
    re.S,
)
_APPENDS = re.compile(_COMMENTS + r'insert\s+into\s+"?(?P<name>\w+)"?\s+by\s+name\b(?P<query>.*)', re.S)
_WRITES = re.compile(r"\binsert\s+into\b|\bcreate\s+(or\s+replace\s+)?(temp(orary)?\s+)?table\s+\S+\s+as\b")


def make(
    con: duckdb.DuckDBPyConnection,
    name: str,
    rows: pa.Table | str,
    values: Values | None = None,
    *,
    temporary: bool = False,
) -> int:
    """Create or replace the relation `name` from an Arrow table or a query; gives its rows.

    Raises TableError when it does not hold as many as were written.
    """
    made = f'create or replace {"temp " if temporary else ""}table "{name}" as'
    with _source(con, rows) as query:
        if isinstance(rows, pa.Table) and not rows.num_rows:
            con.execute(f"{made} {query} with no data")
            return 0
        written = _executed(con, f"{made} {query}", values)
    if written == 0:
        con.execute(f'{made} from "{name}" with no data')
    _check(con, name, 0, written)
    return written


def append(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table | str, values: Values | None = None) -> int:
    """Append an Arrow table, or what a query gives, to the relation `name` by column name; gives the rows appended.

    Raises TableError when the columns are not the relation's own, all of them, or when it does not hold as many rows
    more as were written.
    """
    if isinstance(rows, str):
        make(con, _ASIDE, rows, values, temporary=True)
        try:
            return _append(con, name, _ASIDE, count(con, _ASIDE))
        finally:
            con.execute(f"drop table {_ASIDE}")
    with _source(con, rows):
        return _append(con, name, _INCOMING, rows.num_rows)


def run_script(con: duckdb.DuckDBPyConnection, text: str, values: Values | None = None) -> None:
    """Run every statement of a script, each with the values it names; statements end with `;` at the end of a line.

    `create table … as` and `insert into … by name` are carried out by `make` and `append`.
    """
    for statement in re.split(r";\s*\n", text + "\n"):
        if statement.strip().strip(";"):
            _run(con, statement.rstrip().rstrip(";"), values or {})


@cache
def script(package: str, name: str) -> str:
    """The text of a `.sql` file of a package that writes relations, for `run_script`."""
    return (resources.files(package) / name).read_text("utf-8")


@cache
def query_text(package: str, name: str) -> str:
    """The text of a `.sql` file of a package that only reads. Raises ValueError when it writes."""
    text = script(package, name)
    if writes(text):
        raise ValueError(f"{package}/{name} writes relations: run it by run_script")
    return text


def writes(text: str) -> bool:
    """Whether an SQL text makes a relation from rows, or inserts into one."""
    return _WRITES.search(re.sub(r"--[^\n]*", "", text).lower()) is not None


def count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """Rows of a relation."""
    row = con.execute(f'select count(*) from "{name}"').fetchone()
    return int(row[0]) if row else 0


def _run(con: duckdb.DuckDBPyConnection, statement: str, values: Values) -> None:
    wanted = set(_PARAMETER.findall(statement))
    own = {key: value for key, value in values.items() if key in wanted} or None
    if match := _MAKES.fullmatch(statement):
        make(con, match["name"], match["query"], own, temporary=bool(match["temporary"]))
    elif match := _APPENDS.fullmatch(statement):
        append(con, match["name"], match["query"], own)
    elif writes(statement):
        raise ValueError(f"neither `create table … as` nor `insert into … by name`: {statement[:60]}")
    else:
        con.execute(statement, own)


@contextmanager
def _source(con: duckdb.DuckDBPyConnection, rows: pa.Table | str) -> Iterator[str]:
    """A query for the rows: the text itself, or a select over the Arrow table while it is registered."""
    if isinstance(rows, str):
        yield rows
        return
    con.register(_INCOMING, rows)
    try:
        yield f"select * from {_INCOMING}"
    finally:
        con.unregister(_INCOMING)


def _append(con: duckdb.DuckDBPyConnection, name: str, source: str, rows: int) -> int:
    own, coming = _columns(con, name), _columns(con, source)
    if set(own) != set(coming) or len(own) != len(coming):
        raise TableError(
            f"要写入表 {name} 的列不对：应为 {'、'.join(own)}，来的是 {'、'.join(coming)}", rule=Rule.COLUMNS
        )
    if rows == 0:
        return 0
    before = count(con, name)
    written = _executed(con, f'insert into "{name}" by name select * from {source}', None)
    _check(con, name, before, written, due=rows)
    return written


def _columns(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return [column[0] for column in con.execute(f'select * from "{name}" limit 0').description]


def _executed(con: duckdb.DuckDBPyConnection, statement: str, values: Values | None) -> int:
    """Rows a writing statement says it wrote."""
    row = con.execute(statement, values).fetchone()
    return int(row[0]) if row else 0


def _check(con: duckdb.DuckDBPyConnection, name: str, before: int, written: int, due: int | None = None) -> None:
    after = count(con, name)
    if after != before + written or due not in (None, written):
        raise TableError(
            f"工作区的账对不上：表 {name} 原有 {before:,} 行，应写 {written if due is None else due:,} 行，"
            f"报称写入 {written:,} 行，写后却有 {after:,} 行；已停止，没有发布任何内容",
            rule=Rule.ROWS_WRITTEN,
            action="重新运行；再次出现请把配置里的 threads 改为 1 再运行，并告诉管理员",
        )
