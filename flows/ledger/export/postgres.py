"""The current version's tables in a PostgreSQL schema, replaced in one transaction: readers see the old or the new."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from flows.connectors.secrets import read_secret
from flows.home.postgres import PostgresFailure, failure_of, login_statement, quoted
from flows.ledger.publish.read import TABLES, Published
from matchers.engine import Options, connect, extension_path
from schemas.errors import HomeError
from schemas.rules import Rule
from schemas.targets import PostgresTarget


def load_postgres(version: Published, target: PostgresTarget, name: str) -> dict[str, int]:
    """Load every table and `loaded_version`; rows per table. Raises HomeError when the database says no.

    Lists of texts become arrays; structures become JSON text.
    """
    secret = read_secret(target, name)
    con = connect(Options(threads=1))
    try:
        con.load_extension(str(extension_path("postgres_scanner")))
        con.execute(login_statement(target, secret.reveal() if secret else None))
        session = f"connect_timeout={max(1, round(target.timeout_seconds))} sslmode={target.sslmode}"
        con.execute(f"attach {quoted(session)} as there (type postgres, secret login)")
        return _load(con, version, target.schema_name)
    except duckdb.Error as error:
        raise _refusal(error, name) from None
    finally:
        con.close()


def _load(con: duckdb.DuckDBPyConnection, version: Published, schema: str) -> dict[str, int]:
    tables = {name: version.table(name) for name in TABLES}
    about = {name: str(version.index[name]) for name in ("version", "as_of", "schema_version")}
    tables["loaded_version"] = pa.table({name: pa.array([value]) for name, value in about.items()})
    con.execute("begin")
    con.execute(f'create schema if not exists there."{schema}"')
    for name, table in tables.items():
        con.register("outgoing", table)
        con.execute(f'drop table if exists there."{schema}"."{name}"')
        con.execute(f'create table there."{schema}"."{name}" as select {_columns(table)} from outgoing')
        con.unregister("outgoing")
    con.execute("commit")
    return {name: table.num_rows for name, table in tables.items()}


def _columns(table: pa.Table) -> str:
    return ", ".join(
        f'to_json("{field.name}")::varchar as "{field.name}"' if _is_nested(field.type) else f'"{field.name}"'
        for field in table.schema
    )


def _is_nested(kind: pa.DataType) -> bool:
    return bool(pa.types.is_struct(kind) or (pa.types.is_list(kind) and not pa.types.is_string(kind.value_type)))


def _refusal(error: duckdb.Error, name: str) -> HomeError:
    """What went wrong, in our own words: the library's would repeat the address."""
    failure = failure_of(error)
    if failure is PostgresFailure.LOGIN:
        why, action = "登录被拒绝", "核对用户名与口令"
    elif failure is PostgresFailure.PERMISSION:
        why, action = "没有建表的权限", f"请数据库管理员给用户建模式与建表的权限（目标 {name}）"
    elif failure is PostgresFailure.UNREACHABLE:
        why, action = "数据库没有应答", "核对主机、端口与网络"
    else:
        why, action = "数据库拒绝了写入", "请数据库管理员查看其日志"
    return HomeError(f"导出未成：{why}；原有内容未动", where=f"targets.{name}", rule=Rule.EXPORT_REFUSED, action=action)
