"""One sealed copy per dropped file, then the signed manifest that makes the night whole."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from flows.home.file_names import shown_path
from flows.home.folders import private_folder, sync_folder, write_private
from flows.landing.drop import MAX_FILE_BYTES, DroppedFile, look_at, require_roll
from flows.landing.expected import carry_missing
from flows.landing.fetched import fetch_absent, link_copy
from flows.landing.manifest import LandedFile, LandedSource, Manifest, save_manifest, verify_night
from flows.landing.resting import MovingError, TooLargeError, read_resting, still_moving
from flows.run.context import RunContext
from flows.run.questions import ask_senders
from flows.run.stepbook import CountValues
from schemas.contracts import SourceContract
from schemas.errors import InputError
from schemas.provenance import Provenance
from schemas.rules import Rule


def land(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Copy every file of the drop, sealed, into the night's landing folder.

    Counts sources, files, bytes and unreadable files; `warnings` are Chinese lines on what was left aside.
    Raises InputError when there is no drop or no roll in it.
    """
    drop = look_at(run.drop, run.contracts, run.settings)
    _clear(run.landing)
    files: list[LandedFile] = []
    dropped = [(source.name, file) for source in drop.sources for file in source.files]
    moving = still_moving([file.path for _, file in dropped], run.settings.settle_seconds)
    of = len(dropped)
    for source in drop.sources:
        for file in source.files:
            files.append(_land_file(run, source.name, file, len(files), moving=file.path in moving))
            run.progress(f"收件 {source.name}", len(files), of)
    provenance = {source.name: source.provenance for source in drop.sources}
    fetched = fetch_absent(run, drop, len(files))
    provenance |= fetched.provenance
    notes = [*drop.notes, *fetched.notes]
    require_roll(set(provenance), run.contracts, notes, shown_path(run.drop) if run.drop else "connectors")
    landed = [*files, *fetched.files]
    carried = carry_missing(run, landed)
    notes += ask_senders(con, "land", carried.questions)
    provenance = carried.provenance | provenance
    manifest = _manifest(run, provenance, [*landed, *carried.files], notes)
    save_manifest(run.landing, run.key, manifest)
    return _counts(manifest)


def _manifest(
    run: RunContext, provenance: Mapping[str, Provenance], files: Sequence[LandedFile], notes: Sequence[str]
) -> Manifest:
    """The night's record, its sources in contract order."""
    sources = tuple(
        LandedSource(name=name, provenance=provenance[name], contract=fingerprint(contract))
        for name, contract in run.contracts.items()
        if name in provenance
    )
    return Manifest(
        run_id=run.run_id,
        as_of=run.as_of,
        sources=sources,
        files=tuple(files),
        notes=tuple(notes),
        received=run.started_at.date(),
    )


def replay(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Take over an earlier night's sealed copies (`run.replay`, checked) as this run's own landing record."""
    if run.replay is None:
        raise InputError(
            "没有给出要重放的留存副本", rule=Rule.NO_RETAINED_NIGHT, action="用 --from-landing DATE 指定日期"
        )
    earlier = verify_night(run.replay, run.key)
    if run.replay.resolve() != run.landing.resolve():
        _clear(run.landing)
        for entry in earlier.files:
            if entry.sealed is not None:
                link_copy(run.replay / entry.sealed, run.landing / entry.sealed)
        sync_folder(run.landing)
        earlier = earlier.model_copy(
            update={"run_id": run.run_id, "as_of": run.as_of, "replayed_from": run.replay.name}
        )
        save_manifest(run.landing, run.key, earlier)
    return _counts(earlier)


def fingerprint(contract: SourceContract) -> str:
    """Twelve hex digits that change with any word of a source contract."""
    return hashlib.sha256(contract.model_dump_json().encode()).hexdigest()[:12]


def _counts(manifest: Manifest) -> CountValues:
    problems = [f"{entry.source}/{entry.name}：{entry.problem}" for entry in manifest.files if entry.problem]
    return {
        "sources": len(manifest.sources),
        "files": len(manifest.files),
        "bytes": sum(entry.size for entry in manifest.files),
        "unreadable": len(problems),
        "warnings": [*manifest.notes, *problems],
    }


def _clear(folder: Path) -> None:
    """A landing that was broken off before its manifest is begun anew."""
    if folder.exists():
        shutil.rmtree(folder)
    private_folder(folder)


def _land_file(run: RunContext, source: str, file: DroppedFile, number: int, *, moving: bool) -> LandedFile:
    sealed = f"{number + 1:04d}.sealed"
    try:
        if moving:
            raise MovingError
        data, state = read_resting(file.path, MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        problem = _problem(error)
        return LandedFile(source=source, name=file.name, size=0, sha256=None, sealed=None, modified="", problem=problem)
    modified = datetime.fromtimestamp(state.st_mtime, UTC).isoformat(timespec="seconds")
    write_private(run.landing / sealed, run.key.seal(data))
    digest = hashlib.sha256(data).hexdigest()
    return LandedFile(source=source, name=file.name, size=len(data), sha256=digest, sealed=sealed, modified=modified)


def _problem(error: Exception) -> str:
    """Why a file was not taken, and what to do."""
    if isinstance(error, MovingError):
        return "还在写入或传送（大小或时间在变），未读取；规则 still_being_written。处理办法：传完后重新运行"
    if isinstance(error, TooLargeError):
        return f"文件超过 {MAX_FILE_BYTES >> 20} MB，未读取；规则 file_too_large。处理办法：拆成几个文件后重投"
    reason = "没有权限读取" if isinstance(error, PermissionError) else "读取时出错"
    return f"{reason}，未读取；规则 no_permission。处理办法：请管理员给运行账号开读取权限后重投"
