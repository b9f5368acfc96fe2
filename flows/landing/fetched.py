"""One sealed copy per fetched file; a file that is still what it was last time shares last time's copy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flows.connectors import FetchedBefore, FetchedFile, fetch_files, origin_of
from flows.home.folders import write_private
from flows.landing.drop import Drop
from flows.landing.manifest import MANIFEST, LandedFile, Manifest, load_manifest, open_landed
from flows.run.context import RunContext
from schemas.errors import InputError, SanzhaoError
from schemas.provenance import Provenance, missing_provenance
from schemas.rules import Rule

_NIGHTS_LOOKED_AT = 5


@dataclass
class Fetched:
    """What connectors brought: landed files, the provenance of their sources, a line for what went wrong."""

    files: list[LandedFile] = field(default_factory=list)
    provenance: dict[str, Provenance] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def fetch_absent(run: RunContext, drop: Drop, landed: int) -> Fetched:
    """Fetch every source that has a connector and nothing in the drop; `landed` copies lie there already."""
    fetched = Fetched()
    dropped = {source.name for source in drop.sources} | drop.refused
    unknown = sorted(set(run.settings.connectors) - set(run.contracts))
    fetched.notes += [f"[connectors.{name}]：没有这个来源的合同，未取；规则 unknown_source" for name in unknown]
    for name in run.contracts:
        if name in run.settings.connectors and name not in dropped:
            try:
                _fetch(run, name, fetched, landed)
            except SanzhaoError as error:
                fetched.notes.append(str(error))
    return fetched


def _fetch(run: RunContext, name: str, fetched: Fetched, landed: int) -> None:
    """One source. Raises SanzhaoError when it has no provenance or its server cannot be used."""
    if name not in run.settings.provenance:
        raise missing_provenance(name)
    connector = run.settings.connectors[name]
    copies = _copies(run, name, origin_of(connector))
    previous = {file: FetchedBefore(entry.size, entry.mark, entry.sha256 or "") for file, (_, entry) in copies.items()}
    landing = [
        _landed(run, (name, origin_of(connector)), file, f"{at:04d}.sealed", copies.get(file.name))
        for at, file in enumerate(
            fetch_files(name, connector, previous, progress=run.progress), landed + len(fetched.files) + 1
        )
    ]
    if all(entry.problem for entry in landing):
        examples = tuple(f"{entry.name} {entry.problem}" for entry in landing[:3])
        raise InputError("没有一份文件取得到", where=name, rule=Rule.NOTHING_FETCHED, examples=examples)
    fetched.files += landing
    fetched.provenance[name] = run.settings.provenance[name]


def _landed(
    run: RunContext, source: tuple[str, str], file: FetchedFile, sealed: str, copy: tuple[Path, LandedFile] | None
) -> LandedFile:
    """The landing record of one fetched file, its copy sealed or shared."""
    name, origin = source
    entry = LandedFile(
        source=name,
        name=file.name,
        size=file.size,
        sha256=None,
        sealed=None,
        modified=file.modified,
        problem=file.problem,
        origin=origin,
        mark=file.mark,
    )
    if file.problem:
        return entry
    if file.data is not None:
        write_private(run.landing / sealed, run.key.seal(file.data))
        return entry.model_copy(update={"sha256": hashlib.sha256(file.data).hexdigest(), "sealed": sealed})
    if copy is None:
        raise InputError("没有上次的副本", where=f"{name}/{file.name}", rule=Rule.LANDING_COPY_MISSING)
    folder, earlier = copy
    link_copy(folder / str(earlier.sealed), run.landing / sealed)
    modified = file.modified or earlier.modified
    return entry.model_copy(update={"sha256": earlier.sha256, "sealed": sealed, "modified": modified})


def _copies(run: RunContext, name: str, origin: str) -> dict[str, tuple[Path, LandedFile]]:
    """The newest whole sealed copy per file name of this source and connector."""
    copies: dict[str, tuple[Path, LandedFile]] = {}
    for folder, manifest in _newest_nights(run):
        for entry in manifest.files:
            if (
                entry.source == name
                and entry.origin == origin
                and entry.name not in copies
                and _is_whole(run, folder, entry)
            ):
                copies[entry.name] = (folder, entry)
    return copies


def _newest_nights(run: RunContext) -> Iterator[tuple[Path, Manifest]]:
    """The last few landed nights of this home, newest first; broken ones are passed by."""
    folders = (path.parent for path in run.home.landing.glob(f"*/*/{MANIFEST}"))
    for folder in sorted(folders, key=lambda path: path.name, reverse=True)[:_NIGHTS_LOOKED_AT]:
        try:
            yield folder, load_manifest(folder, run.key)
        except InputError:
            continue


def _is_whole(run: RunContext, folder: Path, entry: LandedFile) -> bool:
    try:
        open_landed(folder, run.key, entry)
    except InputError:
        return False
    return True


def link_copy(old: Path, new: Path) -> None:
    """One more name for a sealed copy, or a second copy where the disk knows no links."""
    try:
        os.link(old, new)
    except OSError:
        write_private(new, old.read_bytes())
