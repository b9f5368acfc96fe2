"""A home and its store as they were at a backup, every file checked against the manifest before it is put in place."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from flows.backup.key_rotation import rewrap
from flows.backup.sealed import SealedReader, read_header
from flows.backup.store_rows import check_empty, put_rows, tables
from flows.backup.write import MANIFEST, STORE
from flows.home.folders import Home, private_folder, sync_folder, write_private
from flows.home.keys import DistrictKey, load_key, parse_key
from flows.home.settings import load_settings
from flows.home.store import HEAD, opened_store
from schemas.errors import HomeError
from schemas.rules import Rule


def restore(archive: Path, home: Home, key_file: Path | None = None) -> dict[str, int]:
    """Unpack into `home`, which must not exist yet; rows per table and `files`.

    The key is the file given, else SANZHAO_KEY_FILE's. Nothing is put in place before all of it is checked. Raises
    HomeError.
    """
    if home.root.exists() and any(home.root.iterdir()):
        raise HomeError(
            "数据文件夹已经有东西，不覆盖",
            where=str(home.root),
            rule=Rule.HOME_NOT_EMPTY,
            action="恢复到一个新的文件夹",
        )
    key, secret = _key(key_file)
    aside = home.root.with_name(f".{home.root.name}.restoring")
    shutil.rmtree(aside, ignore_errors=True)
    private_folder(aside)
    try:
        counts = _unpacked(archive, aside, key)
        _put_store(Home(aside / "home"), aside / STORE, counts, (key, archive.name))
        if key.older:
            rewrap(Home(aside / "home"), key)
        if secret is not None:
            write_private(aside / "home" / "keys" / "district.key", secret)
        Home(aside / "home").make()
        if home.root.exists():
            home.root.rmdir()
        (aside / "home").replace(home.root)
        sync_folder(home.root.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return counts


def _key(key_file: Path | None) -> tuple[DistrictKey, bytes | None]:
    """The key, and its file's bytes where they are to lie in the new home."""
    if key_file is None:
        if "SANZHAO_KEY_FILE" not in os.environ:
            raise HomeError(
                "要有备份时的区级密钥",
                rule=Rule.KEY_MISSING,
                action="用 --key 指密钥文件，或设环境变量 SANZHAO_KEY_FILE",
            )
        return load_key(Home(Path())), None
    try:
        secret = key_file.read_bytes()
    except OSError as error:
        raise HomeError(
            f"读不到密钥文件：{error.strerror}", where=key_file.name, rule=Rule.KEY_MISSING, action="核对路径与权限"
        ) from None
    return parse_key(secret, Path(key_file.name)), secret


def _unpacked(archive: Path, aside: Path, key: DistrictKey) -> dict[str, int]:
    """Everything under `aside`, equal to the manifest in names, sizes and checksums."""
    try:
        file = archive.open("rb")
    except OSError as error:
        raise HomeError(
            f"备份读不了：{error.strerror}", where=archive.name, rule=Rule.BACKUP, action="核对路径"
        ) from None
    with file:
        header, raw = read_header(file)
        sealed = SealedReader(file, _sealing_key(header, key), raw)
        result = dict(_entries(sealed, aside))
        sealed.finish()
    body = json.loads((aside / MANIFEST).read_bytes()) if (aside / MANIFEST).exists() else None
    result.pop(MANIFEST, None)
    if body != result:
        raise HomeError("备份与它的清单不符", where=archive.name, rule=Rule.BACKUP_MANIFEST, action="换一份备份")
    return {"files": len(result)}


def _sealing_key(header: dict[str, object], key: DistrictKey) -> DistrictKey:
    """The key of the backup's day, which may be an older one of the ring."""
    result = key.by_id(str(header.get("key_id")))
    if result is None:
        raise HomeError(
            f"密钥不是备份时的那一把（备份用 {header.get('key_id')}，给的是 {key.key_id}）",
            rule=Rule.BACKUP_KEY,
            action="找出备份时的密钥文件",
        )
    if str(header.get("revision")) != HEAD:
        raise HomeError(
            f"备份的状态库是 {header.get('revision')} 版，本软件是 {HEAD} 版",
            rule=Rule.BACKUP_REVISION,
            action="用备份时的软件版本恢复，再升级",
        )
    return result


def _entries(sealed: SealedReader, aside: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Each file written under `aside`, with its size and checksum; names that lead elsewhere are refused."""
    with tarfile.open(fileobj=sealed, mode="r|") as tar:
        for entry in tar:
            parts = PurePosixPath(entry.name).parts
            if not entry.isfile() or ".." in parts or entry.name.startswith("/"):
                raise HomeError("备份里有不该有的条目", rule=Rule.BACKUP_ENTRY, action="换一份备份")
            source = tar.extractfile(entry)
            data = source.read() if source else b""
            write_private(aside.joinpath(*parts), data)
            yield entry.name, {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _put_store(home: Home, rows: Path, counts: dict[str, int], audited: tuple[DistrictKey, str]) -> None:
    """The rows into the store the restored configuration names, which must be empty; the act is audited there."""
    key, archive = audited
    settings = load_settings(home)
    with opened_store(home, settings.store_url) as store:
        check_empty(store.engine)
        for table in tables(store.engine):
            path = rows / f"{table.name}.jsonl"
            with path.open("rb") as lines:
                counts[table.name] = put_rows(store.engine, table, lines)
        store.audit(key, datetime.now(UTC), getpass.getuser(), "restore", why=archive)
