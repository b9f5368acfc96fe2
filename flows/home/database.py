"""The two databases a store may live in, SQLite (WAL) and PostgreSQL, and what must not happen in them at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from flows.home.folders import Home, private_folder
from schemas.errors import HomeError
from schemas.rules import Rule

MIGRATING, AUDITING, RUNNING, TELLING = 7_301, 7_302, 7_303, 7_304
"""Names of the advisory locks; PostgreSQL knows them by number, one set per database."""


def engine_of(home: Home, url: str = "") -> Engine:
    """The engine of a home's store; a file of its own is made 0600."""
    if not url:
        path = private_folder(home.state) / "sanzhao.db"
        with suppress(OSError):  # the database itself says what is wrong with the disk
            path.touch(mode=0o600, exist_ok=True)
        url = f"sqlite:///{path}"
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url)
        event.listen(engine, "connect", _pragmas)
        return engine
    about = {"application_name": "sanzhao", "connect_timeout": 10}
    return create_engine(url, pool_pre_ping=True, pool_size=2, connect_args=about)


def serialised(connection: Connection, turn: int) -> None:
    """Until the end of this transaction nobody else is at `turn`; others wait.

    SQLite has one writer anyway, but its driver begins a transaction only with the first write, after what was read.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:turn)"), {"turn": turn})
    elif not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("begin immediate")


@contextmanager
def only_run(home: Home, url: str) -> Iterator[None]:
    """The one run on a shared store, whichever host it runs on; the server lets go when the process or host is gone.

    A store on SQLite is this home's own, whose lock file is enough. Raises HomeError when another run is going.
    """
    if not url or make_url(url).get_backend_name() != "postgresql":
        yield
        return
    engine = engine_of(home, url)
    try:
        with _connected(engine) as connection:
            taken = connection.execute(text("select pg_try_advisory_lock(:turn)"), {"turn": RUNNING}).scalar_one()
            connection.commit()
            if not taken:
                raise HomeError(
                    "另一台机器上正在运行",
                    where="postgresql",
                    rule=Rule.RUN_LOCK,
                    action="等它结束后再运行；同一个状态库一次只能有一个运行",
                )
            yield
    finally:
        engine.dispose()


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise HomeError(
            f"状态库打不开：{type(error).__name__}",
            where="postgresql",
            rule=Rule.STORE,
            action="检查数据库是否开着、网络与口令（PGPASSFILE）",
        ) from None
    try:
        yield connection
    finally:
        connection.close()


def _pragmas(connection: Any, _record: object) -> None:
    """Patience first: a file that several open for the first time is switched to WAL by one of them."""
    connection.execute("pragma busy_timeout = 30000")
    _switch_to_wal(connection)
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")


def _switch_to_wal(connection: Any) -> None:
    """The switch does not heed the busy time-out, so it is asked for again while another holds the file."""
    for _ in range(200):
        try:
            connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError:
            time.sleep(0.05)
    connection.execute("pragma journal_mode = wal")
