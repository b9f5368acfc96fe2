"""Landing copies past their retention, destroyed source by source; a night whose last copy goes is destroyed whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.landing.manifest import MANIFEST, LandedFile, Manifest, load_manifest, save_manifest
from schemas.errors import InputError


def purge_landing(home: Home, *, today: date, retention_days: int = 30, key: DistrictKey | None = None) -> list[str]:
    """Destroy what is older than the house keeps or its source allows; gives `date/run_id[/source/file]`, oldest first.

    The shorter of the house's and the source's own retention holds. Without the key manifests cannot be rewritten, so
    that only whole nights go.
    """
    gone = []
    for night, folder in _nights(home.landing):
        for run in sorted(path for path in folder.iterdir() if path.is_dir()):
            gone += _purge_run(run, night, (today, retention_days), key)
        if not any(folder.iterdir()):
            folder.rmdir()
    return gone


def _purge_run(run: Path, night: date, limit: tuple[date, int], key: DistrictKey | None) -> list[str]:
    today, house_days = limit
    name = f"{night.isoformat()}/{run.name}"
    manifest = _manifest(run, key)
    received = (manifest.received if manifest else None) or night
    if received + timedelta(days=house_days) < today:
        return _destroy_whole(run, name)
    if manifest is None or key is None:
        return []
    days = {source.name: source.provenance.retention_days for source in manifest.sources}
    over = [
        entry
        for entry in manifest.files
        if entry.sealed
        and min(received, entry.came_on or received)
        + timedelta(days=min(house_days, days.get(entry.source, house_days)))
        < today
    ]
    if not over:
        return []
    if len(over) == sum(entry.sealed is not None for entry in manifest.files):
        return _destroy_whole(run, name)
    return [f"{name}/{entry.source}/{entry.name}" for entry in _destroy_copies(run, manifest, over, today, key)]


def _destroy_whole(run: Path, name: str) -> list[str]:
    shutil.rmtree(run)
    return [name]


def _destroy_copies(
    run: Path, manifest: Manifest, over: list[LandedFile], today: date, key: DistrictKey
) -> list[LandedFile]:
    """The copies go, then what was made from them; the manifest keeps their names, and says when they went."""
    for entry in over:
        (run / str(entry.sealed)).unlink(missing_ok=True)
    for made in run.glob("relation_*.sealed"):
        made.unlink()
    destroyed = {"sealed": None, "destroyed_on": today, "problem": "原件已销毁（保存期已满）"}
    files = tuple(entry.model_copy(update=destroyed) if entry in over else entry for entry in manifest.files)
    save_manifest(run, key, manifest.model_copy(update={"files": files}))
    return over


def _manifest(run: Path, key: DistrictKey | None) -> Manifest | None:
    """Null where there is no key, no manifest yet, or one that cannot be trusted."""
    if key is None or not (run / MANIFEST).exists():
        return None
    try:
        return load_manifest(run, key)
    except InputError:
        return None


def _nights(landing: Path) -> Iterator[tuple[date, Path]]:
    for folder in sorted(landing.iterdir()) if landing.is_dir() else ():
        try:
            yield date.fromisoformat(folder.name), folder
        except ValueError:
            continue
