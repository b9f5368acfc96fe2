"""The state store of a home, opened and migrated to the newest revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from flows.home.database import MIGRATING, engine_of, serialised
from flows.home.folders import Home
from flows.home.store.exchanges import Exchanges
from flows.home.store.history import History
from flows.home.store.identities import Identities
from flows.home.store.issues import TaskIssues
from flows.home.store.judgements import Judgements
from flows.home.store.leads import LeadBook
from flows.home.store.readings import ReadingBook
from flows.home.store.registers import Registers
from flows.home.store.remits import RemitJudgements
from flows.home.store.rights import Rights
from flows.home.store.sent_notices import SentNotices
from flows.home.store.source_numbers import SourceNumbers
from flows.home.store.units import UnitJudgements
from schemas.errors import HomeError
from schemas.rules import Rule


def _newest_revision() -> str:
    """`0003` of `r0003_source_nights.py`: the highest number there is."""
    files = (resources.files("schemas") / "migrations" / "versions").iterdir()
    return max(file.name[1:5] for file in files if file.name.startswith("r0"))


HEAD = _newest_revision()


class Store(
    Identities,
    Registers,
    LeadBook,
    TaskIssues,
    Rights,
    Judgements,
    UnitJudgements,
    RemitJudgements,
    ReadingBook,
    History,
    SentNotices,
    SourceNumbers,
    Exchanges,
):
    """The open state store of one home."""


def open_store(home: Home, url: str = "") -> Store:
    """The store of a home, migrated to the newest revision: SQLite in `H/state`, or the database at `url`.

    Raises HomeError, without the address in it, when it cannot be opened.
    """
    try:
        engine = engine_of(home, url)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise HomeError(
            "状态库地址写法有误",
            where="store_url",
            rule=Rule.STORE_URL,
            action="写成 postgresql+psycopg://用户@主机/库，或留空用本机的 SQLite",
        ) from None
    try:
        _migrate(engine)
    except (SQLAlchemyError, MigrationError) as error:
        engine.dispose()
        why = error.__cause__ if isinstance(error, MigrationError) else error
        raise HomeError(
            f"状态库打不开：{type(why).__name__}",
            where="state/sanzhao.db" if not url else engine.dialect.name,
            rule=Rule.STORE,
            action="检查磁盘与权限、数据库是否开着；库已损坏时从备份恢复；刚换回旧版软件的，请用新版",
        ) from None
    return Store(engine, home.logs / "audit.head")


@contextmanager
def opened_store(home: Home, url: str = "") -> Iterator[Store]:
    """The store, closed afterwards."""
    store = open_store(home, url)
    try:
        yield store
    finally:
        store.close()


class MigrationError(Exception):
    """The store's revision is not one that this version knows."""


def _migrate(engine: Engine) -> None:
    """Up to the newest revision; of two that open an old store at once, one migrates and the other waits."""
    with engine.begin() as connection:
        if _revision(connection) == HEAD:
            return
    from alembic import command  # half a second, and most nights there is nothing to migrate
    from alembic.config import Config
    from alembic.util import CommandError

    with engine.begin() as connection:
        serialised(connection, MIGRATING)
        if _revision(connection) == HEAD:
            return
        config = Config()
        config.set_main_option("script_location", str(resources.files("schemas") / "migrations"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise MigrationError from error


def _revision(connection: Connection) -> str | None:
    """What alembic has booked; null in a new store."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    result = connection.execute(text("select version_num from alembic_version")).scalars().all()
    return str(result[0]) if len(result) == 1 else None
