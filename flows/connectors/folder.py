"""Files of a folder of this machine or of a mounted share."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from flows.connectors.remote import Download, DownloadBuffer, PassingError, RemoteFile, TransferError, pieces_of
from schemas.connectors import FolderConnector
from schemas.rules import Rule


class FolderRemote:
    """One folder, looked at without following links out of it."""

    def __init__(self, connector: FolderConnector, where: str, deadline: float) -> None:
        self.connector, self.where, self.deadline = connector, where, deadline

    def files(self) -> list[RemoteFile]:
        try:
            with os.scandir(self.connector.path) as entries:
                result = [_described(Path(entry.path)) for entry in entries if entry.is_file(follow_symlinks=False)]
        except FileNotFoundError:
            raise TransferError(
                "文件夹不存在",
                where=self.where,
                rule=Rule.CONNECTOR_MISSING,
                action="核对连接器的 path，或共享是否挂上",
            ) from None
        except PermissionError:
            raise TransferError(
                "没有权限读取文件夹",
                where=self.where,
                rule=Rule.CONNECTOR_REFUSED,
                action="请管理员给运行账号开读取权限",
            ) from None
        except OSError:
            raise PassingError("文件夹读不了", where=self.where, rule=Rule.CONNECTOR_UNREACHABLE) from None
        return result

    def download(self, file: RemoteFile, previous: str | None) -> Download | None:
        where = f"{self.where}/{file.name}"
        limit = self.connector.max_file_mb << 20
        try:
            with Path(file.place).open("rb") as body:
                data = DownloadBuffer(where, limit, self.deadline, file.size).gather(pieces_of(body.read))
            after = _described(Path(file.place))
        except OSError:
            raise PassingError("文件读不了", where=where, rule=Rule.CONNECTOR_UNREACHABLE) from None
        if after.mark != file.mark:
            raise PassingError("文件正在写入", where=where, rule=Rule.CONNECTOR_PARTIAL)
        return Download(data, after.mark, after.modified)

    def close(self) -> None:
        """Nothing is held open."""


def _described(path: Path) -> RemoteFile:
    state = path.stat()
    modified = datetime.fromtimestamp(state.st_mtime, UTC).isoformat(timespec="seconds")
    return RemoteFile(path.name, str(path), state.st_size, f"{state.st_size}-{state.st_mtime_ns}", modified)
