"""The state store's rows as JSON lines, one file per table: the same from SQLite and from PostgreSQL, into either."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Date, DateTime, Engine, Integer, LargeBinary, MetaData, Table, func, insert, select, text

from schemas.errors import HomeError
from schemas.rules import Rule

_AT_ONCE = 2000


def tables(engine: Engine) -> list[Table]:
    """All tables as the database itself has them, those that others refer to first."""
    result = MetaData()
    result.reflect(engine)
    return [table for table in result.sorted_tables if table.name != "alembic_version"]


def rows_of(engine: Engine, table: Table) -> Iterator[bytes]:
    """One JSON line per row, in the order of the key."""
    query = select(table).order_by(*table.primary_key.columns)
    with engine.connect().execution_options(yield_per=_AT_ONCE) as connection:
        for row in connection.execute(query).mappings():
            plain = {name: _plain(value) for name, value in row.items()}
            yield json.dumps(plain, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def check_empty(engine: Engine) -> None:
    """Raises HomeError when any table has rows: a restore never writes over a store."""
    with engine.connect() as connection:
        for table in tables(engine):
            if connection.execute(select(func.count()).select_from(table)).scalar_one():
                raise HomeError(
                    f"状态库里已有数据（{table.name}），不覆盖",
                    where="store_url",
                    rule=Rule.STORE_NOT_EMPTY,
                    action="换一个空的数据库再恢复",
                )


def put_rows(engine: Engine, table: Table, lines: Iterable[bytes]) -> int:
    """Insert the lines of one table; gives how many."""
    count, held = 0, []
    with engine.begin() as connection:
        for line in lines:
            held.append({name: _typed(table, name, value) for name, value in json.loads(line).items()})
            count += 1
            if len(held) == _AT_ONCE:
                connection.execute(insert(table), held)
                held = []
        if held:
            connection.execute(insert(table), held)
        _go_on_counting(connection, table)
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _typed(table: Table, name: str, value: Any) -> Any:
    kind = table.columns[name].type
    if value is None:
        return None
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value


def _go_on_counting(connection: Any, table: Table) -> None:
    """PostgreSQL numbers rows by a sequence, which must go on after the rows put in with their numbers."""
    key = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(key) != 1 or not isinstance(key[0].type, Integer):
        return
    highest = connection.execute(select(func.max(key[0]))).scalar_one()
    sequence = connection.execute(
        text("select pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": key[0].name}
    ).scalar_one()
    if highest is not None and sequence is not None:
        values = {"sequence": sequence, "highest": highest}
        connection.execute(text("select setval(cast(:sequence as regclass), :highest)"), values)
