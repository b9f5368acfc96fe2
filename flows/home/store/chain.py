"""The chain of the audit log: each act's HMAC covers the one before; the newest is noted beside the store."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flows.home.folders import write_private
from flows.home.keys import DistrictKey
from schemas.store import AuditEntry

ROTATED = "rotate_keys"
"""The act of a rotation; its reason ends with the new key's id."""


@dataclass(frozen=True)
class Head:
    """The newest act as it was noted."""

    seq: int
    mac: str


def entry_mac(key: DistrictKey, entry: AuditEntry) -> str:
    """HMAC over everything an act says and the HMAC before it."""
    parts = [entry.seq, entry.at, entry.who, entry.what, entry.person_key, entry.why, entry.previous]
    return key.sign("audit", json.dumps(parts, ensure_ascii=False).encode())


def chain_problems(key: DistrictKey, entries: Iterable[AuditEntry]) -> list[str]:
    """What is wrong with the acts, given in their order.

    An older key's acts come before a newer key's and never after: who has but an old key can add nothing.
    """
    eras = [*reversed(key.olders), *key.writers]
    problems: list[str] = []
    previous, seq, era = "", 0, 0
    for entry in entries:
        seq += 1
        made = _era(eras, era, entry)
        if entry.seq != seq or entry.previous != previous or made is None or entry.ok is not True:
            problems.append(f"审计日志第{entry.seq}条：链条断开，有删除、改动或调换")
            seq = entry.seq
        previous, era = entry.mac, era if made is None else made
    return problems


def _era(eras: list[DistrictKey], first: int, entry: AuditEntry) -> int | None:
    """Which key from the first allowed one on made the entry's HMAC."""
    for at in range(first, len(eras)):
        if hmac.compare_digest(entry_mac(eras[at], entry), entry.mac):
            return at
    return None


def note_head(path: Path | None, head: Head) -> None:
    """Note the newest act outside the store. A disk that takes no note leaves an older one, which is true as well."""
    if path is not None:
        with suppress(OSError):
            write_private(path, json.dumps({"seq": head.seq, "mac": head.mac}).encode())


def noted_head(path: Path) -> Head | None:
    """The noted act; none where there is no note, or none that can be read."""
    try:
        body = json.loads(path.read_bytes())
        return Head(int(body["seq"]), str(body["mac"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
