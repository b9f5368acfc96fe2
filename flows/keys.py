"""The district key: keyed tokens (HMAC-SM3), sealing of kept files (SM4-GCM), signatures of the index."""

from __future__ import annotations

import os
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flows.home import Home, write_private
from schemas.errors import HomeError

_MAGIC = b"SZSEAL1\n"
_BLOCK = 4 << 20


@dataclass(frozen=True)
class DistrictKey:
    """One secret from which every purpose's key is derived, so that purposes never share a key."""

    secret: bytes

    def __repr__(self) -> str:
        return f"DistrictKey({self.key_id})"

    @cached_property
    def key_id(self) -> str:
        """Eight hex digits that name the key without giving anything of it away."""
        return self._mac("key id", b"").hex()[:8]

    def purpose(self, name: str, length: int = 32) -> bytes:
        """The key of one purpose (HKDF-SM3)."""
        return HKDF(algorithm=hashes.SM3(), length=length, salt=None, info=name.encode()).derive(self.secret)

    def token(self, purpose: str, value: str) -> str:
        """Hex HMAC-SM3 of a value under a purpose: one value, one token, and only with the key."""
        return self._mac(purpose, value.encode()).hex()

    def sign(self, purpose: str, data: bytes) -> str:
        return self._mac(purpose, data).hex()

    def _mac(self, purpose: str, data: bytes) -> bytes:
        keys = self.__dict__.setdefault("_purposes", {})
        if purpose not in keys:
            keys[purpose] = self.purpose(purpose)
        mac = hmac.HMAC(keys[purpose], hashes.SM3())
        mac.update(data)
        return mac.finalize()

    def seal(self, data: bytes) -> bytes:
        """Encrypt with SM4-GCM in blocks of 4 MiB; each block's number and the last one's mark are authenticated."""
        key = self.purpose("seal", 16)
        prefix = secrets.token_bytes(8)
        blocks = [data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK)] or [b""]
        sealed = [_MAGIC, prefix]
        for number, block in enumerate(blocks):
            last = number == len(blocks) - 1
            cipher = Cipher(algorithms.SM4(key), modes.GCM(prefix + struct.pack(">I", number))).encryptor()
            cipher.authenticate_additional_data(b"last" if last else b"more")
            body = cipher.update(block) + cipher.finalize()
            sealed += [struct.pack(">I", len(body)), body, cipher.tag]
        return b"".join(sealed)

    def unseal(self, data: bytes) -> bytes:
        """The clear bytes of `seal`. Raises HomeError when the key is another or a byte was changed or cut."""
        return b"".join(self._opened(data))

    def _opened(self, data: bytes) -> Iterator[bytes]:
        if data[:8] != _MAGIC or len(data) < 36:
            raise HomeError("不是密封文件，或已被截断", rule="seal", action="从备份恢复该文件")
        key, prefix, at, number = self.purpose("seal", 16), data[8:16], 16, 0
        while at < len(data):
            (length,) = struct.unpack_from(">I", data, at)
            body, tag = data[at + 4 : at + 4 + length], data[at + 4 + length : at + 20 + length]
            at += 20 + length
            cipher = Cipher(algorithms.SM4(key), modes.GCM(prefix + struct.pack(">I", number), tag)).decryptor()
            cipher.authenticate_additional_data(b"last" if at >= len(data) else b"more")
            try:
                yield cipher.update(body) + cipher.finalize()
            except (InvalidTag, ValueError):
                raise HomeError(
                    "密封文件打不开：密钥不符，或文件被改动", rule="seal", action="核对 SANZHAO_KEY_FILE，或从备份恢复"
                ) from None
            number += 1


def load_key(home: Home, *, create: bool = False) -> DistrictKey:
    """The key from SANZHAO_KEY_FILE, else `H/keys/district.key`, minted on request.

    Any file of at least 16 bytes serves; blanks at its ends are ignored. Raises HomeError when it is missing or short.
    """
    outside = os.environ.get("SANZHAO_KEY_FILE")
    path = Path(outside) if outside else home.keys / "district.key"
    if not path.exists() and create and not outside:
        write_private(path, secrets.token_hex(32).encode() + b"\n")
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise HomeError(
            f"读不到区级密钥：{error.strerror}",
            where=str(path),
            rule="key_missing",
            action="先运行 sanzhao init，或把 SANZHAO_KEY_FILE 指向密钥文件",
        ) from None
    if len(secret) < 16:
        raise HomeError("区级密钥太短（少于16字节）", where=str(path), rule="key_short", action="重新生成密钥文件")
    return DistrictKey(secret)
