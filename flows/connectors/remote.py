"""What every kind of server is asked: which files it has, and the bytes of one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from schemas.errors import InputError
from schemas.rules import Rule

CHUNK = 1 << 20


@dataclass(frozen=True)
class RemoteFile:
    """One file as its server names it. `mark` changes when the file does; null where the server gives none."""

    name: str
    place: str
    size: int | None
    mark: str | None
    modified: str = ""


@dataclass(frozen=True)
class Download:
    """All bytes of one file, and its mark as of the transfer."""

    data: bytes
    mark: str | None
    modified: str = ""


class Remote(Protocol):
    """One server, open."""

    def files(self) -> list[RemoteFile]:
        """The files there, by name."""

    def download(self, file: RemoteFile, previous: str | None) -> Download | None:
        """The bytes of a file; null when it still is what the mark `known` stands for."""

    def close(self) -> None: ...


class TransferError(InputError):
    """A server that did not answer as it should.

    The words never repeat what a client library says: it may hold addresses, names or keys.
    """


class PassingError(TransferError):
    """A time-out, a broken line, a server that is busy: another try may help."""


@dataclass
class DownloadBuffer:
    """Gathers the pieces of one download in memory, within its limits: half a file never lies on a disk."""

    where: str
    limit: int
    deadline: float
    expected: int | None = None

    def gather(self, pieces: Iterable[bytes]) -> bytes:
        """All pieces. Raises TransferError past a limit, PassingError when bytes are missing."""
        self.check_size(self.expected or 0)
        body = bytearray()
        for piece in pieces:
            body += piece
            self.check_size(len(body))
            self.check_time()
        if self.expected is not None and len(body) != self.expected:
            raise PassingError("传送不完整", where=self.where, rule=Rule.CONNECTOR_PARTIAL)
        return bytes(body)

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise TransferError("传送太慢，超过时限", where=self.where, rule=Rule.CONNECTOR_DEADLINE)

    def check_size(self, size: int) -> None:
        if size > self.limit:
            raise TransferError(
                f"文件超过 {self.limit >> 20} MB，未取",
                where=self.where,
                rule=Rule.FILE_TOO_LARGE,
                action="请对方拆成几个文件，或放宽该连接器的 max_file_mb",
            )


def pieces_of(read: Callable[[int], bytes]) -> Iterable[bytes]:
    """The pieces a file-like reader gives, until none is left."""
    while piece := read(CHUNK):
        yield piece
