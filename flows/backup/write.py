"""One sealed archive per backup: the home without its keys and running workspaces, and the store's rows."""

from __future__ import annotations

import getpass
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.backup.sealed import SealingWriter, read_header
from flows.backup.store_rows import rows_of, tables
from flows.home.folders import Home, private_folder, sync_folder
from flows.home.keys import load_key
from flows.home.runlog import log_event
from flows.home.settings import Settings, load_settings
from flows.home.store import HEAD, opened_store
from flows.run.runs import run_lock
from schemas.errors import HomeError
from schemas.rules import Rule

SUFFIX = ".szbackup"
MANIFEST, STORE = "manifest.json", "store"
_LEFT_OUT = ("keys", "state", "prefect", "trials")
"""Keys are kept apart; the store goes in row by row; Prefect's own records and trials are no part of the district's."""
_RETAINED = ("landing", "returns")
"""Sealed originals: whoever keeps them longer than their retention breaks it."""


@dataclass(frozen=True)
class Archive:
    """One backup as it was written."""

    path: Path
    files: int
    bytes: int
    destroy_by: date | None
    """When its sealed originals are due for destruction, and the archive with them."""
    kept_apart: tuple[str, ...]
    """Key files that are not in it, without which it does not open or the home does not run."""
    destroyed: tuple[str, ...]
    """Older archives of the folder whose day was over."""


def back_up(home: Home, to: Path, *, originals: bool = True, now: datetime | None = None) -> Archive:
    """Write `TO/sanzhao-<time>.szbackup`, whole or not at all. Raises HomeError while a run is going."""
    now = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    settings, key = load_settings(home), load_key(home)
    _check_place(home, to)
    destroy_by = _destroy_by(home, settings.retention_days) if originals else None
    header = {"format": 1, "made_at": now.isoformat(), "key_id": key.key_id, "revision": HEAD,
              "destroy_by": destroy_by.isoformat() if destroy_by else None}  # fmt: skip
    path = private_folder(to) / f"sanzhao-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"
    aside = path.with_name(f".{path.name}.part")
    with run_lock(home, settings.store_url):
        with opened_store(home, settings.store_url) as store:
            store.audit(key, now, getpass.getuser(), "backup", why=path.name)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with SealingWriter(file, key, header) as sealed, tarfile.open(fileobj=sealed, mode="w|") as tar:
                entries = _written(home, settings, tar, originals)
            file.flush()
            os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(to)
    log_event(home, "backup", file=path.name, files=len(entries), bytes=path.stat().st_size)
    gone = _destroy_overdue(to, path, now.date())
    return Archive(path, len(entries), path.stat().st_size, destroy_by, _kept_apart(home), gone)


def _written(home: Home, settings: Settings, tar: tarfile.TarFile, originals: bool) -> dict[str, dict[str, Any]]:
    """Every file, every table, last the manifest with their checksums."""
    entries: dict[str, dict[str, Any]] = {}
    left_out = set(_LEFT_OUT) if originals else {*_LEFT_OUT, *_RETAINED}
    drop = settings.drop or home.root / "drop"
    for path in _files(home.root, left_out):
        if path.is_relative_to(drop):
            continue  # clear originals as they were dropped; their sealed copies are in the landing
        _add(tar, f"home/{path.relative_to(home.root)}", path.read_bytes(), entries)
    with opened_store(home, settings.store_url) as store:
        for table in tables(store.engine):
            _add(tar, f"{STORE}/{table.name}.jsonl", b"".join(rows_of(store.engine, table)), entries)
    _add(tar, MANIFEST, json.dumps(entries, ensure_ascii=False, sort_keys=True).encode(), {})
    return entries


def _files(root: Path, left_out: set[str]) -> Iterator[Path]:
    """Regular files worth keeping, sorted; locks, half-written files and workspaces of unfinished runs are not."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_symlink() or not path.is_file() or parts[0] in left_out:
            continue
        if path.name.startswith(".") or (parts[0] == "runs" and path.suffix != ".json"):
            continue
        yield path


def _add(tar: tarfile.TarFile, name: str, data: bytes, entries: dict[str, dict[str, Any]]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    tar.addfile(entry, io.BytesIO(data))
    entries[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _check_place(home: Home, to: Path) -> None:
    if to.resolve().is_relative_to(home.root.resolve()):
        raise HomeError(
            "备份不能放在数据文件夹里面",
            where=str(to),
            rule=Rule.BACKUP_PLACE,
            action="换另一块磁盘或另一台机器的文件夹",
        )


def _destroy_by(home: Home, retention_days: int) -> date | None:
    """The day after which some sealed original in the home would be over its retention."""
    nights = []
    for folder in home.landing.iterdir() if home.landing.is_dir() else ():
        try:
            nights.append(date.fromisoformat(folder.name))
        except ValueError:
            continue
    return min(nights) + timedelta(days=retention_days) if nights else None


def _destroy_overdue(to: Path, newest: Path, today: date) -> tuple[str, ...]:
    """Older archives whose day is over go, now that a newer one is there."""
    gone = []
    for path in sorted(to.glob(f"sanzhao-*{SUFFIX}")):
        if path == newest:
            continue
        with path.open("rb") as file:
            try:
                header, _ = read_header(file)
            except HomeError:
                continue
        if header.get("destroy_by") and date.fromisoformat(header["destroy_by"]) < today:
            path.unlink()
            gone.append(path.name)
    return tuple(gone)


def _kept_apart(home: Home) -> tuple[str, ...]:
    """What lies in the keys folder, or the file the environment names."""
    outside = os.environ.get("SANZHAO_KEY_FILE")
    inside = [str(path) for path in sorted(home.keys.iterdir()) if path.is_file()] if home.keys.is_dir() else []
    return (*([outside] if outside else []), *inside)
