"""Objects under one prefix of a bucket in an S3-compatible store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import s3fs
from aiohttp import ClientError as AioClientError
from botocore.exceptions import BotoCoreError, ClientError

from flows.connectors.remote import Download, DownloadBuffer, PassingError, RemoteFile, TransferError, pieces_of
from flows.connectors.secrets import Secret
from schemas.connectors import S3Connector
from schemas.rules import Rule

_FAILS = (OSError, BotoCoreError, ClientError, AioClientError)


class S3Remote:
    """One bucket, nothing of it cached."""

    def __init__(self, connector: S3Connector, secret: Secret | None, where: str, deadline: float) -> None:
        self.connector, self.where, self.deadline = connector, where, deadline
        seconds = connector.timeout_seconds
        self.system = s3fs.S3FileSystem(
            key=connector.access_key,
            secret=secret.reveal() if secret else None,
            endpoint_url=connector.endpoint_url,
            client_kwargs={"region_name": connector.region},
            config_kwargs={
                "connect_timeout": seconds,
                "read_timeout": seconds,
                "retries": {"max_attempts": 0},
                "s3": {"addressing_style": "path"},
            },
            skip_instance_cache=True,
            use_listings_cache=False,
            default_fill_cache=False,
            default_cache_type="none",
        )
        self.system.retries = 1

    def files(self) -> list[RemoteFile]:
        folder = "/".join(part for part in (self.connector.bucket, self.connector.prefix.strip("/")) if part)
        try:
            entries = self.system.ls(folder, detail=True, refresh=True)
        except _FAILS as error:
            raise _meaning(error, self.where) from None
        return [_described(entry) for entry in entries if entry["type"] == "file" and entry["name"] != folder]

    def download(self, file: RemoteFile, previous: str | None) -> Download | None:
        where = f"{self.where}/{file.name}"
        limit = self.connector.max_file_mb << 20
        try:
            with self.system.open(file.place, "rb", block_size=8 << 20) as body:
                data = DownloadBuffer(where, limit, self.deadline, file.size).gather(pieces_of(body.read))
            after = self.system.info(file.place, refresh=True)
        except _FAILS as error:
            raise _meaning(error, where) from None
        if _mark(after) != file.mark:
            raise PassingError("文件正在写入", where=where, rule=Rule.CONNECTOR_PARTIAL)
        return Download(data, file.mark, file.modified)

    def close(self) -> None:
        """The session lives in s3fs' own loop and ends with the process."""


def _described(entry: dict[str, Any]) -> RemoteFile:
    changed = entry.get("LastModified")
    modified = changed.isoformat(timespec="seconds") if isinstance(changed, datetime) else ""
    return RemoteFile(entry["name"].rsplit("/", 1)[-1], entry["name"], entry["size"], _mark(entry), modified)


def _mark(entry: dict[str, Any]) -> str:
    return f"{entry['size']}-{entry.get('ETag', '')}"


def _meaning(error: Exception, where: str) -> TransferError:
    """What went wrong, in our own words."""
    if isinstance(error, FileNotFoundError):
        return TransferError(
            "存储桶或前缀不存在", where=where, rule=Rule.CONNECTOR_MISSING, action="核对 bucket 与 prefix"
        )
    if isinstance(error, PermissionError):
        return TransferError("登录被拒绝", where=where, rule=Rule.CONNECTOR_LOGIN, action="核对 access_key 与口令")
    if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code", "").startswith(("4", "Invalid")):
        return TransferError("请求被拒绝", where=where, rule=Rule.CONNECTOR_REFUSED, action="核对该连接器的各项")
    return PassingError("服务器没有应答，或连接中断", where=where, rule=Rule.CONNECTOR_UNREACHABLE)
