"""The answer to one query on a PostgreSQL database, read only, as one Parquet file."""

from __future__ import annotations

import io

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.connectors.remote import Download, DownloadBuffer, PassingError, RemoteFile, TransferError
from flows.connectors.secrets import Secret
from flows.home.postgres import PostgresFailure, failure_of, login_statement, quoted
from matchers.engine import Options, connect, extension_path
from schemas.connectors import PostgresConnector
from schemas.rules import Rule

_BATCH = 50_000


class PostgresRemote:
    """One database behind DuckDB's PostgreSQL extension, attached read only."""

    def __init__(self, connector: PostgresConnector, secret: Secret | None, where: str, deadline: float) -> None:
        self.connector, self.where, self.deadline = connector, where, deadline
        self.con = connect(Options(threads=1))
        try:
            self.con.load_extension(str(extension_path("postgres_scanner")))
            self.con.execute(login_statement(connector, secret.reveal() if secret else None))
            self.con.execute(f"attach {quoted(_session(connector))} as there (type postgres, secret login, read_only)")
        except duckdb.Error as error:
            self.con.close()
            raise _meaning(error, where) from None

    def files(self) -> list[RemoteFile]:
        name = f"{self.where}.parquet"
        return [RemoteFile(name, name, None, None)]

    def download(self, file: RemoteFile, previous: str | None) -> Download | None:
        receiver = DownloadBuffer(self.where, self.connector.max_file_mb << 20, self.deadline)
        sink = io.BytesIO()
        try:
            result = self.con.execute("select * from postgres_query('there', $query)", {"query": self.connector.query})
            with result.to_arrow_reader(_BATCH) as batches:
                writer = pq.ParquetWriter(sink, batches.schema, compression="zstd")
                for batch in batches:
                    writer.write_batch(batch)
                    receiver.check_size(sink.tell())
                    receiver.check_time()
                writer.close()
        except (duckdb.Error, pa.ArrowException) as error:
            raise _meaning(error, self.where) from None
        return Download(receiver.gather([sink.getvalue()]), None)

    def close(self) -> None:
        self.con.close()


def _session(connector: PostgresConnector) -> str:
    """Time-outs and a read-only session, kept by the server itself."""
    seconds = max(1, round(connector.timeout_seconds))
    limits = f"-c statement_timeout={seconds}s -c default_transaction_read_only=on"
    line = f"connect_timeout={seconds} keepalives_idle={seconds} tcp_user_timeout={seconds * 1000}"
    return f"{line} sslmode={connector.sslmode} options='{limits}'"


def _meaning(error: Exception, where: str) -> TransferError:
    """What went wrong, in our own words: the library's would repeat the query and the address."""
    failure = failure_of(error)
    if failure is PostgresFailure.LOGIN:
        return TransferError("登录被拒绝", where=where, rule=Rule.CONNECTOR_LOGIN, action="核对用户名与口令")
    if failure is PostgresFailure.PERMISSION:
        return TransferError(
            "查询没有权限，或不是只读的", where=where, rule=Rule.CONNECTOR_REFUSED, action="query 只能是查询语句"
        )
    if failure is PostgresFailure.TIMEOUT:
        return TransferError(
            "查询超时", where=where, rule=Rule.CONNECTOR_DEADLINE, action="简化查询，或放宽 timeout_seconds"
        )
    if failure is PostgresFailure.UNREACHABLE:
        return PassingError("数据库没有应答，或连接中断", where=where, rule=Rule.CONNECTOR_UNREACHABLE)
    return TransferError("查询出错", where=where, rule=Rule.CONNECTOR_QUERY, action="在数据库里试一次这条查询")
