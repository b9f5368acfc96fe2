"""A change of the district's key: a new secret, all that is kept sealed and signed with it, then its file replaced.

The key's file names the coming secret first and the present one last of all; between the two either opens and verifies
everything, so that a rotation cut off at any moment leaves a working home, and rotating again finishes it. Person keys,
evidence and judgements stay: they hang on the first secret, which never changes. ID tokens change with the next run,
which leaves their old forms in `aliases.parquet`.
"""

from __future__ import annotations

import json
import secrets
import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey, key_path, load_key, save_ring
from flows.home.settings import load_settings
from flows.home.store import Store, opened_store
from flows.home.store.chain import ROTATED
from flows.landing.manifest import MANIFEST, resigned_manifest
from flows.ledger.publish.erase import finish_erasure
from flows.ledger.publish.read import is_signed, kept_versions, read_index, signature, signed_by_any, unsigned
from flows.run.runs import run_lock
from schemas.errors import HomeError
from schemas.store import Register


@dataclass(frozen=True)
class Rotation:
    """What a rotation did."""

    old_id: str
    new_id: str
    wrapped: dict[str, int]


def rotate(home: Home, *, by: str, why: str) -> Rotation:
    """Change the key, or finish a change that was cut off. Raises HomeError while a run is going."""
    settings = load_settings(home)
    with run_lock(home, settings.store_url):
        path, key = key_path(home), load_key(home)
        finish_erasure(home, key)
        if not key.coming:
            key = replace(key, coming=secrets.token_bytes(32))
            save_ring(path, key)
        old, new = key.writers
        with opened_store(home, settings.store_url) as store:
            store.audit(key, datetime.now(UTC), by, "rotate_begin", why=f"{why} {old.key_id}→{new.key_id}")
            ring = DistrictKey(new.secret, key.persons or old.secret, (old.secret, *key.older))
            wrapped = rewrap(home, ring, store)
            save_ring(path, ring)
            store.audit(ring, datetime.now(UTC), by, ROTATED, why=f"{why} {old.key_id} → {new.key_id}")
    return Rotation(old.key_id, new.key_id, wrapped)


def rewrap(home: Home, key: DistrictKey, store: Store | None = None) -> dict[str, int]:
    """Seal and sign with the key whatever an older one of its ring sealed and signed; how much of each kind.

    What already is under the key stays as it is. A file that no key of the ring opens is left alone: `sanzhao ledger
    verify` and the runs tell of it.
    """
    counts = {
        "landing": _sealed(home.landing, "*.sealed", key),
        "returns": _sealed(home.returns, "*.sealed", key),
        "runs": _sealed(home.runs, "workspace.key", key),
        "manifests": sum(resigned_manifest(path.parent, key) for path in sorted(home.landing.glob(f"*/*/{MANIFEST}"))),
        "indexes": _indexes(home, key),
    }
    if store is not None:
        counts["registers"] = _registers(store, key)
    return counts


def _sealed(folder: Path, pattern: str, key: DistrictKey) -> int:
    done = 0
    for path in sorted(folder.rglob(pattern)) if folder.is_dir() else ():
        again = _resealed(path.read_bytes(), key)
        if again is not None:
            write_private(path, again)
            done += 1
    return done


def _resealed(data: bytes, key: DistrictKey) -> bytes | None:
    """The same under the key; none where it is so already, or where no key opens it."""
    for one in (key.writers[0], *key.olders):
        try:
            clear = one.unseal(data)
        except (HomeError, ValueError, struct.error):
            continue
        return None if one.secret == key.secret else key.seal(clear)
    return None


def _indexes(home: Home, key: DistrictKey) -> int:
    """The versions' own indexes, the ledger's last."""
    paths = [home.ledger / "versions" / version / "index.json" for version in kept_versions(home)]
    return sum(_resigned_index(path, key) for path in [*paths, home.ledger / "index.json"] if path.exists())


def _resigned_index(path: Path, key: DistrictKey) -> bool:
    try:
        index = read_index(path)
        if is_signed(key, index) or not signed_by_any(key, index):
            return False
    except HomeError:
        return False
    index = {**unsigned(index), "key_id": key.key_id}
    text = json.dumps({**index, "hmac": signature(key, index)}, ensure_ascii=False, indent=1).encode()
    write_private(path, text)
    return True


def _registers(store: Store, key: DistrictKey) -> int:
    done = 0
    with Session(store.engine) as session, session.begin():
        for row in session.scalars(select(Register)):
            again = _resealed(row.body, key)
            if again is not None:
                row.body = again
                done += 1
    return done


def key_lines(home: Home) -> list[tuple[str, str, str]]:
    """(key id, state, what it is for) of every key of the ring, in Chinese; never a secret."""
    key = load_key(home)
    first = DistrictKey(key.persons or key.secret).key_id
    lines = [(key.key_id, "使用中", "密封、签名、证件记号、审计")]
    if key.coming:
        lines.append((key.writers[1].key_id, "更换中", "上次更换没有做完，再运行一次 sanzhao keys rotate"))
    lines += [(one.key_id, "旧", "打开旧备份、核对旧审计记录") for one in key.olders]
    return [(name, state, f"{use}；人员编号（不更换）" if name == first else use) for name, state, use in lines]
