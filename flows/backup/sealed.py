"""A sealed stream (SM4-GCM in blocks): written and read piece by piece, so that an archive never lies in memory.

Layout: magic, length and JSON of the header (clear: key id, date, destroy-by), eight random bytes, then blocks of
`length, bytes, tag`. Number and place of each block, and the header, are authenticated.
"""

from __future__ import annotations

import io
import json
import secrets
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from flows.home.keys import DistrictKey
from schemas.errors import HomeError
from schemas.rules import Rule

MAGIC = b"SZBACK1\n"
_BLOCK = 4 << 20
_ACTION = "换一份备份；核对密钥文件是不是备份时的那一把"


def read_header(file: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The clear header and its bytes. Raises HomeError when this is no backup."""
    if file.read(len(MAGIC)) != MAGIC:
        raise HomeError("不是三找的备份文件", rule=Rule.BACKUP, action="核对文件")
    try:
        (length,) = struct.unpack(">I", file.read(4))
        raw = file.read(length)
        return dict(json.loads(raw)), raw
    except (struct.error, ValueError):
        raise HomeError("备份文件已损坏", rule=Rule.BACKUP, action=_ACTION) from None


class SealingWriter(io.RawIOBase):
    """Takes clear bytes, writes sealed blocks; `close` writes the last, which says that it is the last."""

    def __init__(self, file: BinaryIO, key: DistrictKey, header: Mapping[str, Any]) -> None:
        raw = json.dumps(dict(header), ensure_ascii=False, sort_keys=True).encode()
        self._file, self._key, self._raw = file, key.purpose("backup", 16), raw
        self._prefix, self._number, self._held = secrets.token_bytes(8), 0, bytearray()
        file.write(MAGIC + struct.pack(">I", len(raw)) + raw + self._prefix)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        while len(self._held) > _BLOCK:
            self._put(bytes(self._held[:_BLOCK]), last=False)
            del self._held[:_BLOCK]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._held), last=True)
        super().close()

    def _put(self, block: bytes, *, last: bool) -> None:
        cipher = Cipher(algorithms.SM4(self._key), modes.GCM(_nonce(self._prefix, self._number))).encryptor()
        cipher.authenticate_additional_data(_about(self._raw, last))
        body = cipher.update(block) + cipher.finalize()
        self._file.write(struct.pack(">I", len(body)) + body + cipher.tag)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Gives the clear bytes of a sealed stream, block by block, none before it is authenticated."""

    def __init__(self, file: BinaryIO, key: DistrictKey, raw_header: bytes) -> None:
        self._file, self._key, self._raw = file, key.purpose("backup", 16), raw_header
        self._prefix, self._number, self._held, self._ended = file.read(8), 0, b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held and not self._ended:
            self._held = self._next()
        given = self._held[: len(buffer)]
        buffer[: len(given)] = given
        self._held = self._held[len(given) :]
        return len(given)

    def finish(self) -> None:
        """Raise HomeError unless the stream ends here, whole."""
        while not self._ended:
            self._next()

    def _next(self) -> bytes:
        length = self._file.read(4)
        size = struct.unpack(">I", length)[0] if len(length) == 4 else -1
        if not 0 <= size <= _BLOCK:
            raise _damaged()
        body, tag = self._file.read(size), self._file.read(16)
        last = not self._file.peek(1) if isinstance(self._file, io.BufferedReader) else False
        if len(body) != size or len(tag) != 16:
            raise _damaged()
        cipher = Cipher(algorithms.SM4(self._key), modes.GCM(_nonce(self._prefix, self._number), tag)).decryptor()
        cipher.authenticate_additional_data(_about(self._raw, last))
        try:
            clear = cipher.update(body) + cipher.finalize()
        except (InvalidTag, ValueError):
            raise _damaged() from None
        self._number, self._ended = self._number + 1, last
        return clear


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + struct.pack(">I", number)


def _about(raw_header: bytes, last: bool) -> bytes:
    return (b"last" if last else b"more") + raw_header


def _damaged() -> HomeError:
    return HomeError("备份打不开：密钥不符，或文件被改动、截断", rule=Rule.BACKUP, action=_ACTION)
