"""What is published: the current version's index and tables, checked before they are believed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import pyarrow as pa

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.ledger.publish.older import as_today
from schemas.contracts import ledger_table
from schemas.errors import HomeError
from schemas.ledger_index import LedgerIndex
from schemas.rules import Rule

TABLES = ("ledger", "changes", "coverage", "review", "aliases", "units", "codes")
ADDED_LATER = frozenset({"units", "codes"})
"""Tables that versions from before they were published do not have."""
_ACTION = "运行 sanzhao ledger verify 查明，再从备份恢复 ledger 文件夹"


@dataclass(frozen=True)
class Published:
    """One kept version: its folder and its index."""

    folder: Path
    index: LedgerIndex

    @property
    def version(self) -> str:
        return str(self.index["version"])

    @property
    def as_of(self) -> date:
        return date.fromisoformat(str(self.index["as_of"]))

    def table(self, name: str) -> pa.Table:
        """One of its tables, in today's contract. Raises HomeError when the bytes are not those of the index."""
        if name in ADDED_LATER and f"{name}.parquet" not in self.index["files"]:
            return empty_table(name)
        data = (self.folder / f"{name}.parquet").read_bytes()
        if hashlib.sha256(data).hexdigest() != self.index["files"][f"{name}.parquet"]["sha256"]:
            raise HomeError(
                f"{name}.parquet 与索引的校验值不符",
                where=f"ledger/versions/{self.version}",
                rule=Rule.CHECKSUM,
                action=_ACTION,
            )
        return as_today(table_in(data).replace_schema_metadata(None), name, self.as_of, self.version)


def empty_table(name: str) -> pa.Table:
    """A published table without rows."""
    return pa.schema([column.with_nullable(True) for column in ledger_table(name).schema]).empty_table()


def signature(key: DistrictKey, index: LedgerIndex) -> str:
    """HMAC over the index without its own HMAC, in canonical JSON."""
    return key.sign("index", _signed_part(index))


def is_signed(key: DistrictKey, index: LedgerIndex) -> bool:
    """Whether the index's HMAC is this key's."""
    return key.signed("index", _signed_part(index), index["hmac"])


def signed_by_any(key: DistrictKey, index: LedgerIndex) -> bool:
    """Whether any key of the ring signed it, an older one too: only what is about to be signed anew asks so."""
    return any(one.signed("index", _signed_part(index), index["hmac"]) for one in (key, *key.olders))


def unsigned(index: LedgerIndex) -> LedgerIndex:
    """A copy without its HMAC, in the same order, to be changed and signed anew."""
    return cast(LedgerIndex, {name: value for name, value in index.items() if name != "hmac"})


def _signed_part(index: LedgerIndex) -> bytes:
    return json.dumps(unsigned(index), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_index(path: Path) -> LedgerIndex:
    """An index file's content. Raises HomeError when it is not one."""
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError):
        body = None
    if not isinstance(body, dict) or not {"version", "files", "hmac"} <= set(body):
        raise HomeError(
            "索引读不了或不完整", where=f"ledger/{path.parent.name}/index.json", rule=Rule.INDEX, action=_ACTION
        )
    return cast(LedgerIndex, body)


def current_version(home: Home, key: DistrictKey | None = None) -> Published | None:
    """The version the ledger's index names; none before the first. Raises HomeError when it is not sound."""
    path = home.ledger / "index.json"
    if not path.exists():
        return None
    index = read_index(path)
    if key is not None and not is_signed(key, index):
        raise HomeError(
            "一本账索引的签名不符：被改动，或密钥不是原来的",
            where="ledger/index.json",
            rule=Rule.INDEX_HMAC,
            action=_ACTION,
        )
    return Published(home.ledger / "versions" / str(index["version"]), index)


def kept_versions(home: Home) -> list[str]:
    """Names of all kept versions, oldest first."""
    folder = home.ledger / "versions"
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def kept_version(home: Home, version: str) -> Published:
    """One kept version by name. Raises HomeError when there is none."""
    folder = home.ledger / "versions" / version
    if version not in kept_versions(home):
        raise HomeError(
            f"没有版本 {version}",
            where="ledger/versions",
            rule=Rule.NO_VERSION,
            examples=tuple(kept_versions(home)[-3:]),
            action="从列出的版本中选一个",
        )
    return Published(folder, read_index(folder / "index.json"))
