"""What a cut-off publication left behind: whole folders no index ever named, and half-written ones."""

from __future__ import annotations

import shutil

from flows.home.folders import Home, sync_folder
from flows.home.store import Store
from flows.ledger.publish.read import Published, kept_versions, read_index
from schemas.errors import HomeError
from schemas.rules import Rule


def unfinished_versions(home: Home, current: str | None, store: Store) -> list[str]:
    """Version folders made to follow the current one that were never published; readers do not know of them."""
    states = store.versions()
    return [
        version
        for version in kept_versions(home)
        if (current is None or version > current)
        and states.get(version) != "published"
        and _follows(home, version, current)
    ]


def _follows(home: Home, version: str, current: str | None) -> bool:
    """Whether the folder is what its own index says, and was made on top of the current version."""
    try:
        index = read_index(home.ledger / "versions" / version / "index.json")
    except HomeError:
        return False
    return bool(index["version"] == version and index.get("previous") == current)


def discard_unfinished(home: Home, current: Published | None, store: Store) -> list[str]:
    """Delete them, and folders left half-written or half-deleted, before anything new is published.

    Raises HomeError when there is any other newer one: the index is an old one, or a folder was renamed, and going on
    would lose it.
    """
    name = current.version if current else None
    doomed = unfinished_versions(home, name, store)
    others = [version for version in kept_versions(home) if version not in doomed and (name is None or version > name)]
    if others:
        raise HomeError(
            "一本账的索引不是最新的，或版本文件夹被改过名：有索引没有记的更新版本",
            where="ledger/index.json",
            rule=Rule.INDEX_OLD,
            count=len(others),
            examples=tuple(others[-3:]),
            action="运行 sanzhao ledger verify 查明；多半是从备份只恢复了索引，请把整个 ledger 文件夹一起恢复",
        )
    folder = home.ledger / "versions"
    for version in doomed:
        shutil.rmtree(folder / version)
    for path in sorted(folder.glob(".*")):
        shutil.rmtree(path)
    if folder.is_dir():
        sync_folder(folder)
    return doomed
