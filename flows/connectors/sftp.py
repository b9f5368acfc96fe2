"""Files of a folder on an SFTP server that shows the pinned host key and no other."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import stat
from datetime import UTC, datetime
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from flows.connectors.remote import Download, DownloadBuffer, PassingError, RemoteFile, TransferError, pieces_of
from flows.connectors.secrets import Secret
from schemas.connectors import SftpConnector
from schemas.rules import Rule

_REQUEST = 224 << 10
"""Bytes per request, below the 256 KB a server's message may have (it may answer with less): seven times fewer round
trips than paramiko's 32 KB. Its own prefetch asks from a thread, which dies with a traceback when the line breaks."""


class _WrongHostKeyError(paramiko.SSHException):  # type: ignore[misc]
    """The server showed a key that is not pinned."""


class _Pinned(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """Only a pinned key is taken; the client knows no other host, so every key comes by here."""

    def __init__(self, pinned: tuple[str, ...]) -> None:
        self.pinned = {_plain(text) for text in pinned}

    def missing_host_key(self, _client: Any, _hostname: str, key: Any) -> None:
        print_of = "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
        if not {f"{key.get_name()} {key.get_base64()}", print_of} & self.pinned:
            raise _WrongHostKeyError("host key")


def _plain(pin: str) -> str:
    """A pin without its comment and padding."""
    words = pin.split()
    return words[0].rstrip("=") if words and words[0].startswith("SHA256:") else " ".join(words[:2])


def _other_key_types(pins: tuple[str, ...]) -> dict[str, list[str]]:
    """Key types the server must not answer with, so that it shows the pinned one; a fingerprint says no type."""
    wanted = {pin.split()[0] for pin in pins}
    if any(pin.startswith("SHA256:") for pin in wanted):
        return {}
    if "ssh-rsa" in wanted:
        wanted |= {"rsa-sha2-256", "rsa-sha2-512"}
    return {"keys": [kind for kind in paramiko.Transport._preferred_keys if kind not in wanted]}


class SftpRemote:
    """One open session on one server."""

    def __init__(self, connector: SftpConnector, secret: Secret | None, where: str, deadline: float) -> None:
        self.connector, self.where, self.deadline = connector, where, deadline
        text = secret.reveal() if secret else None
        by_key = connector.private_key_file
        login = {"key_filename": str(by_key), "passphrase": text} if by_key else {"password": text}
        seconds = connector.timeout_seconds
        try:
            self.system = SFTPFileSystem(
                connector.host,
                port=connector.port,
                username=connector.username,
                host_key_policy=_Pinned(connector.host_keys),
                disabled_algorithms=_other_key_types(connector.host_keys),
                look_for_keys=False,
                allow_agent=False,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                skip_instance_cache=True,
                **login,
            )
        except (OSError, EOFError, ValueError, paramiko.SSHException) as error:
            raise _meaning(error, where) from None
        self.system.ftp.get_channel().settimeout(seconds)

    def files(self) -> list[RemoteFile]:
        folder = self.connector.path
        try:
            entries = self.system.ftp.listdir_attr(folder)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise _meaning(error, self.where) from None
        return [_described(folder, entry) for entry in entries if stat.S_ISREG(entry.st_mode or 0)]

    def download(self, file: RemoteFile, previous: str | None) -> Download | None:
        where = f"{self.where}/{file.name}"
        limit = self.connector.max_file_mb << 20
        try:
            with self.system.ftp.open(file.place, "rb") as body:
                body.MAX_REQUEST_SIZE = _REQUEST
                data = DownloadBuffer(where, limit, self.deadline, file.size).gather(pieces_of(body.read))
            after = self.system.ftp.lstat(file.place)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise _meaning(error, where) from None
        if _mark(after) != file.mark:
            raise PassingError("文件正在写入", where=where, rule=Rule.CONNECTOR_PARTIAL)
        return Download(data, file.mark, file.modified)

    def close(self) -> None:
        self.system.client.close()


def _described(folder: str, entry: Any) -> RemoteFile:
    modified = datetime.fromtimestamp(entry.st_mtime or 0, UTC).isoformat(timespec="seconds")
    place = posixpath.join(folder, entry.filename)
    return RemoteFile(entry.filename, place, entry.st_size, _mark(entry), modified)


def _mark(entry: Any) -> str:
    return f"{entry.st_size}-{entry.st_mtime}"


def _meaning(error: Exception, where: str) -> TransferError:
    """What went wrong, in our own words."""
    if isinstance(error, _WrongHostKeyError | paramiko.BadHostKeyException | paramiko.ssh_exception.IncompatiblePeer):
        return TransferError(
            "服务器出示的主机密钥与登记的不符，未连接",
            where=where,
            rule=Rule.HOST_KEY,
            action="向对方核实主机密钥，核实后再改 host_keys",
        )
    if isinstance(error, paramiko.AuthenticationException | paramiko.PasswordRequiredException | ValueError):
        return TransferError("登录被拒绝", where=where, rule=Rule.CONNECTOR_LOGIN, action="核对用户名与口令")
    if isinstance(error, FileNotFoundError):
        return TransferError("路径不存在", where=where, rule=Rule.CONNECTOR_MISSING, action="核对连接器的 path")
    if isinstance(error, PermissionError):
        return TransferError("没有权限读取", where=where, rule=Rule.CONNECTOR_REFUSED, action="请对方开读取权限")
    return PassingError("服务器没有应答，或连接中断", where=where, rule=Rule.CONNECTOR_UNREACHABLE)
