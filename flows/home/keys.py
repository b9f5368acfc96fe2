"""The district key: keyed tokens (HMAC-SM3), sealing of kept files (SM4-GCM), signatures of the index."""

from __future__ import annotations

import hmac as plain_hmac
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

from flows.home.folders import Home, write_private
from schemas.errors import HomeError
from schemas.rules import Rule

_MAGIC = b"SZSEAL1\n"
_BLOCK = 4 << 20
_RING = b"sanzhao-keys/1\n"
_ROTATED = frozenset({"key id", "id", "seal", "backup", "index", "manifest", "audit"})
"""Purposes whose key changes with a rotation. All others hang on the first secret for ever: person keys, evidence and
judgements are known by nothing but their tokens, which could not be made anew."""


@dataclass(frozen=True)
class DistrictKey:
    """One secret from which every purpose's key is derived, so that purposes never share a key; and those before it."""

    secret: bytes
    persons: bytes = b""
    """The first secret, under which persons are known; empty where there was no rotation yet."""
    older: tuple[bytes, ...] = ()
    """Secrets no longer used to write, the newest first."""
    coming: bytes = b""
    """The secret of a rotation that is under way: what it wrapped already can be read."""

    def __repr__(self) -> str:
        return f"DistrictKey({self.key_id})"

    @cached_property
    def key_id(self) -> str:
        """Eight hex digits that name the key without giving anything of it away."""
        return self._mac("key id", b"").hex()[:8]

    def purpose(self, name: str, length: int = 32) -> bytes:
        """The key of one purpose (HKDF-SM3)."""
        secret = self.secret if name in _ROTATED else self.persons or self.secret
        return HKDF(algorithm=hashes.SM3(), length=length, salt=None, info=name.encode()).derive(secret)

    def token(self, purpose: str, value: str) -> str:
        """Hex HMAC-SM3 of a value under a purpose: one value, one token, and only with the key."""
        return self._mac(purpose, value.encode()).hex()

    def id_tokens(self, full_id: str) -> tuple[str, ...]:
        """`<key id>:` and token of a full ID under this key, then under the older ones."""
        return tuple(f"{key.key_id}:{key.token('id', full_id)}" for key in (self, *self.olders))

    def sign(self, purpose: str, data: bytes) -> str:
        return self._mac(purpose, data).hex()

    def signed(self, purpose: str, data: bytes, mac: object) -> bool:
        """Whether this key made the signature, or the one that a rotation under way brings."""
        return any(plain_hmac.compare_digest(key.sign(purpose, data), str(mac)) for key in self.writers)

    @cached_property
    def olders(self) -> tuple[DistrictKey, ...]:
        """Each older key by itself, the newest first."""
        return tuple(DistrictKey(secret) for secret in self.older)

    @cached_property
    def writers(self) -> tuple[DistrictKey, ...]:
        """The key in use by itself, and the coming one."""
        return tuple(DistrictKey(secret) for secret in (self.secret, self.coming) if secret)

    def by_id(self, key_id: str) -> DistrictKey | None:
        """The key of that name among all there are."""
        return next((key for key in (*self.writers, *self.olders) if key.key_id == key_id), None)

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
        """The clear bytes of `seal`, under this key, a coming or an older one.

        Raises HomeError when the key is another or a byte was changed or cut.
        """
        *others, last = (*self.writers, *self.olders)
        for key in others:
            try:
                return b"".join(key._opened(data))
            except (HomeError, ValueError, struct.error):
                continue
        return b"".join(last._opened(data))

    def _opened(self, data: bytes) -> Iterator[bytes]:
        if data[:8] != _MAGIC or len(data) < 36:
            raise HomeError("不是密封文件，或已被截断", rule=Rule.SEAL, action="从备份恢复该文件")
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
                    "密封文件打不开：密钥不符，或文件被改动",
                    rule=Rule.SEAL,
                    action="核对 SANZHAO_KEY_FILE，或从备份恢复",
                ) from None
            number += 1


def key_path(home: Home) -> Path:
    """The key's file: SANZHAO_KEY_FILE, else `H/keys/district.key`."""
    outside = os.environ.get("SANZHAO_KEY_FILE")
    return Path(outside) if outside else home.keys / "district.key"


def load_key(home: Home, *, create: bool = False) -> DistrictKey:
    """The key of a home, minted on request. Raises HomeError when its file is missing or no key."""
    path = key_path(home)
    if not path.exists() and create and not os.environ.get("SANZHAO_KEY_FILE"):
        write_private(path, secrets.token_hex(32).encode() + b"\n")
    try:
        return parse_key(path.read_bytes(), path)
    except OSError as error:
        raise HomeError(
            f"读不到区级密钥：{error.strerror}",
            where=str(path),
            rule=Rule.KEY_MISSING,
            action="先运行 sanzhao init，或把 SANZHAO_KEY_FILE 指向密钥文件",
        ) from None


def parse_key(data: bytes, path: Path) -> DistrictKey:
    """A key file's content: a secret of at least 16 bytes, blanks at its ends ignored, or the ring a rotation writes.

    Raises HomeError when it is neither.
    """
    if data.startswith(_RING):
        return _parse_ring(data[len(_RING) :], path)
    secret = data.strip()
    if len(secret) < 16:
        raise HomeError("区级密钥太短（少于16字节）", where=str(path), rule=Rule.KEY_SHORT, action="重新生成密钥文件")
    return DistrictKey(secret)


def _parse_ring(data: bytes, path: Path) -> DistrictKey:
    result: dict[str, list[bytes]] = {"persons": [], "current": [], "coming": [], "older": []}
    try:
        for line in data.decode("ascii").splitlines():
            name, _, text = line.partition(" ")
            result[name].append(bytes.fromhex(text))
        (persons,), (current,), coming = result["persons"], result["current"], result["coming"]
        return DistrictKey(current, persons, tuple(result["older"]), coming[0] if coming else b"")
    except (ValueError, KeyError):
        raise HomeError(
            "区级密钥文件残缺", where=str(path), rule=Rule.KEY_DAMAGED, action="从离线备份恢复密钥文件"
        ) from None


def save_ring(path: Path, key: DistrictKey) -> None:
    """Replace the key's file, whole or not at all."""
    lines = [f"persons {(key.persons or key.secret).hex()}", f"current {key.secret.hex()}"]
    lines += [f"coming {key.coming.hex()}"] if key.coming else []
    lines += [f"older {secret.hex()}" for secret in key.older]
    write_private(path, _RING + "".join(f"{line}\n" for line in lines).encode())
