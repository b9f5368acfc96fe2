"""One file of tokens per district and exchange: two sections of entries in blocks of equal length, one block a person.

An entry is a token (sixteen bytes: a key that two rows of one person share, see `entries`) and its checks (four bytes
each: what else a row shows, salted by the token's own message, so that they say nothing beside any other token). Who is
chaff, which entries of a block are, and what kind of key an entry has, is not in the file.
"""

from __future__ import annotations

import hmac
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.macs import TOKEN_BYTES, Checks, Tokens, mac_of
from flows.exchange.rules import rules
from schemas.errors import InputError
from schemas.rules import Rule

_MAGIC, _MAC_BYTES = b"SZXCHG1\n", 32
_LONGEST_HEADER = 1 << 16
FIELDS = ("name", "sex", "birth", "phone", "id_number")


def slots_of(section: str) -> dict[str, slice]:
    """Where the checks of each field stand in an entry."""
    counts = (
        {"name": 6, "sex": 2, "birth": 4, "phone": 2, "id_number": len(rules().masks) + 1}
        if section == "members"
        else {"name": 3, "sex": 1, "birth": 1, "phone": 1, "id_number": 1}
    )
    ends = np.cumsum(list(counts.values()))
    return {name: slice(int(end - counts[name]), int(end)) for name, end in zip(counts, ends, strict=True)}


def width(section: str) -> int:
    """Checks per entry."""
    return int(slots_of(section)["id_number"].stop)


@dataclass(frozen=True)
class Section:
    """The entries of one side: tokens, and checks beside them (entries x width)."""

    tokens: Tokens
    checks: Checks


class TokenFileHeader(BaseModel):
    """What the file says of itself, in clear."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    exchange: str
    district: str
    other: str
    contact: str
    made_on: date
    expires_on: date
    members: int = Field(ge=0)
    workers: int = Field(ge=0)
    masks: tuple[str, ...]


@dataclass(frozen=True)
class TokenFile:
    """A file as it was read, and the digest by which results name it."""

    header: TokenFileHeader
    members: Section
    workers: Section
    digest: str


def sealed_file(
    header: TokenFileHeader, sections: dict[str, Section], agreement: ExchangeAgreement
) -> tuple[bytes, str]:
    """The file's bytes and its digest."""
    head = header.model_dump_json().encode()
    parts = [_MAGIC, struct.pack(">I", len(head)), head]
    for name in ("members", "workers"):
        parts += [sections[name].tokens.astype("<u8").tobytes(), sections[name].checks.astype("<u4").tobytes()]
    mac = mac_of(agreement.key("file"), parts)
    return b"".join([*parts, mac]), mac.hex()


def read_tokens(path: Path, agreement: ExchangeAgreement | None) -> TokenFile:
    """The file, held against its seal where the secret is at hand.

    Raises InputError where it is no such file, cut short, altered, sealed under another secret, or of another exchange.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"读不到交换文件：{error.strerror}", where=path.name, rule=Rule.EXCHANGE_FILE, action="核对路径"
        ) from None
    header, at = _header(data, path.name)
    if agreement is not None:
        _check_seal(data, header, agreement, path.name)
    sections = dict(_sections(data, header, at, path.name))
    return TokenFile(header, sections["members"], sections["workers"], data[-_MAC_BYTES:].hex())


def _header(data: bytes, where: str) -> tuple[TokenFileHeader, int]:
    start = len(_MAGIC) + 4
    try:
        if not data.startswith(_MAGIC):
            raise ValueError
        (length,) = struct.unpack(">I", data[len(_MAGIC) : start])
        if length > _LONGEST_HEADER:
            raise ValueError
        header = TokenFileHeader.model_validate(json.loads(data[start : start + length]))
    except (ValueError, struct.error, ValidationError, RecursionError):
        raise InputError(
            "这不是交换文件，或开头已损坏", where=where, rule=Rule.EXCHANGE_FILE, action="请对方重新交一份，核对大小"
        ) from None
    if header.version != rules().version or header.masks != rules().masks:
        raise InputError(
            f"交换文件的版本（{header.version}）与本机（{rules().version}）不同", where=where, rule=Rule.EXCHANGE_FILE,
            action="两区用同一版三找，重新导出",
        )  # fmt: skip
    return header, start + length


def _check_seal(data: bytes, header: TokenFileHeader, agreement: ExchangeAgreement, where: str) -> None:
    if header.exchange != agreement.number:
        raise InputError(
            f"文件是第 {header.exchange} 次交换的，约定是 {agreement.number}", where=where, rule=Rule.EXCHANGE_OTHER,
            action="用这一次交换的文件和约定",
        )  # fmt: skip
    mac = mac_of(agreement.key("file"), [data[:-_MAC_BYTES]])
    if not hmac.compare_digest(mac, data[-_MAC_BYTES:]):
        raise InputError(
            "交换文件的校验不符：约定（密钥）不是同一份，或文件被改动、没有传完", where=where, rule=Rule.EXCHANGE_FILE,
            action="先核对两边的约定文件是否同一份，再请对方重新交一份文件",
        )  # fmt: skip


def _sections(data: bytes, header: TokenFileHeader, at: int, where: str) -> Iterator[tuple[str, Section]]:
    counts = {"members": header.members, "workers": header.workers}
    sizes = {name: (TOKEN_BYTES + 4 * width(name)) * count for name, count in counts.items()}
    if len(data) != at + sum(sizes.values()) + _MAC_BYTES:
        raise InputError(
            "交换文件没有传完，或多出了内容", where=where, rule=Rule.EXCHANGE_FILE, action="请对方重新交一份，核对大小"
        )
    for name, count in counts.items():
        tokens = np.frombuffer(data, "<u8", count * 2, at).reshape(count, 2)
        at += count * TOKEN_BYTES
        checks = np.frombuffer(data, "<u4", count * width(name), at).reshape(count, width(name))
        at += count * width(name) * 4
        yield name, Section(tokens, checks)
