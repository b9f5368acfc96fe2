"""The state store of a home, opened and migrated to the newest revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from flows.home import Home, private_folder
from flows.ledger.store.history import History
from flows.ledger.store.identities import Identities
from flows.ledger.store.judgements import Judgements
from flows.ledger.store.leads import LeadBook
from flows.ledger.store.rights import Rights
from schemas.errors import HomeError

HEAD = "0003"


class Store(Identities, LeadBook, Rights, Judgements, History):
    """The open state store of one home."""


def open_store(home: Home, url: str = "") -> Store:
    """The store of a home, migrated to the newest revision: SQLite in `H/state`, or the database at `url`."""
    path = home.state / "sanzhao.db"
    if not url:
        private_folder(home.state)
        path.touch(mode=0o600, exist_ok=True)
    engine = create_engine(url or f"sqlite:///{path}")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
    try:
        _migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise HomeError(
            f"状态库打不开：{type(error).__name__}",
            where="state/sanzhao.db" if not url else engine.dialect.name,
            rule="store",
            action="检查磁盘与权限；库已损坏时从备份恢复",
        ) from None
    return Store(engine)


@contextmanager
def opened_store(home: Home, url: str = "") -> Iterator[Store]:
    """The store, closed afterwards."""
    store = open_store(home, url)
    try:
        yield store
    finally:
        store.close()


def _pragmas(connection: Any, _record: object) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma busy_timeout = 30000")


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() == HEAD:
            return
        config = Config()
        config.set_main_option("script_location", str(resources.files("schemas") / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
