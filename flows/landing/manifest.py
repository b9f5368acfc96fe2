"""One manifest per landed night: who sent what, by what right, and the checksum of every sealed copy."""

from __future__ import annotations

import hashlib
import json
import struct
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey
from flows.run.context import RunContext
from schemas.errors import HomeError, InputError
from schemas.provenance import Provenance
from schemas.rules import Rule

MANIFEST = "manifest.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LandedFile(_Frozen):
    """One dropped file: its sealed copy and the checksum of its clear bytes, or why there is no copy."""

    source: str
    name: str
    size: int
    sha256: str | None
    sealed: str | None
    modified: str
    problem: str | None = None
    origin: str | None = None
    """The connector it was fetched by; null for a dropped file."""
    mark: str | None = None
    """What its server said that tells one state of the file from another."""
    came_on: date | None = None
    """The night on which it came, where it did not come tonight and its copy was carried forward."""
    destroyed_on: date | None = None
    """When the sealed copy was destroyed, its retention being over."""


class LandedSource(_Frozen):
    """One source of the night, with its provenance and the fingerprint of the contract it was read under."""

    name: str
    provenance: Provenance
    contract: str


class DroppedColumns(_Frozen):
    """One sheet's columns that no contract lists: left at the door, their names kept."""

    source: str
    file: str
    sheet: str | None
    columns: tuple[str, ...]


class Manifest(_Frozen):
    """One night: its sources, its files in reading order, and what the office should know about the drop."""

    run_id: str
    as_of: date
    sources: tuple[LandedSource, ...]
    files: tuple[LandedFile, ...]
    notes: tuple[str, ...] = ()
    replayed_from: str | None = None
    received: date | None = None
    """When the files came in; retention counts from here, replays or not."""
    columns_dropped: tuple[DroppedColumns, ...] = ()
    """Filled in once the headers are read."""

    def source_names(self) -> tuple[str, ...]:
        return tuple(source.name for source in self.sources)


def save_manifest(folder: Path, key: DistrictKey, manifest: Manifest) -> None:
    """Write the manifest 0600 with its HMAC; written last, it makes the night whole."""
    body = manifest.model_dump(mode="json")
    signed = {"manifest": body, "hmac": key.sign("manifest", _canonical(body))}
    write_private(folder / MANIFEST, json.dumps(signed, ensure_ascii=False, indent=1, sort_keys=True).encode())


def load_manifest(folder: Path, key: DistrictKey) -> Manifest:
    """The manifest of a landed night. Raises InputError when it is missing, changed, or signed with another key."""
    where = f"landing/{folder.parent.name}/{folder.name}/{MANIFEST}"
    try:
        signed = json.loads((folder / MANIFEST).read_text("utf-8"))
        manifest = Manifest.model_validate(signed["manifest"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        raise InputError(
            "留存的收件清单缺失或已损坏", where=where, rule=Rule.MANIFEST, action="换一晚重放，或从备份恢复"
        ) from None
    if not key.signed("manifest", _canonical(signed["manifest"]), signed.get("hmac")):
        raise InputError(
            "留存的收件清单被改动，或密钥不符",
            where=where,
            rule=Rule.MANIFEST_HMAC,
            action="核对区级密钥，或从备份恢复",
        )
    return manifest


def resigned_manifest(folder: Path, key: DistrictKey) -> bool:
    """Sign a manifest anew that an older key of the ring signed; whether that was done."""
    for older in key.olders:
        try:
            manifest = load_manifest(folder, older)
        except InputError:
            continue
        save_manifest(folder, key, manifest)
        return True
    return False


def _canonical(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_landed(run: RunContext, entry: LandedFile) -> bytes:
    """The clear bytes of one landed file, checked. Raises InputError when they are not what was landed."""
    return open_landed(run.landing, run.key, entry)


def open_landed(folder: Path, key: DistrictKey, entry: LandedFile) -> bytes:
    """The clear bytes of one file of a landed night."""
    where = f"{entry.source}/{entry.name}"
    if entry.destroyed_on is not None:
        raise InputError("原件已销毁（保存期已满）", where=where, rule=Rule.ORIGINAL_DESTROYED, action="请对方重新报送")
    if entry.sealed is None or Path(entry.sealed).name != entry.sealed:
        raise InputError(entry.problem or "没有留存副本", where=where, rule=Rule.NOT_LANDED)
    try:
        data = key.unseal((folder / entry.sealed).read_bytes())
    except OSError:
        raise InputError(
            "留存副本不见了", where=where, rule=Rule.LANDING_COPY_MISSING, action="从备份恢复，或重新投递该文件"
        ) from None
    except (HomeError, ValueError, struct.error):  # another key, a changed byte, a copy cut short
        raise InputError(
            "留存副本打不开：密钥不符，或副本被改动",
            where=where,
            rule=Rule.LANDING_COPY_DAMAGED,
            action="核对区级密钥，或从备份恢复",
        ) from None
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise InputError(
            "留存副本与收件时不一致", where=where, rule=Rule.LANDING_CHECKSUM, action="从备份恢复，或重新投递该文件"
        )
    return data


def find_night(home: Home, key: DistrictKey, night: date) -> Path:
    """The folder of a date's newest whole night, every copy opened and checked. Raises InputError if none is."""
    folder = home.landing / night.isoformat()
    candidates = sorted(
        (path.parent for path in folder.glob(f"*/{MANIFEST}")), key=lambda path: path.name, reverse=True
    )
    problem: InputError | None = None
    for candidate in candidates:
        try:
            verify_night(candidate, key)
        except InputError as error:
            problem = problem or error
            continue
        return candidate
    if problem is not None:
        raise problem
    raise InputError(
        "没有这一天的留存副本",
        where=f"landing/{night.isoformat()}",
        rule=Rule.NO_RETAINED_NIGHT,
        action="核对日期；超过保存期的副本已销毁",
    )


def verify_night(folder: Path, key: DistrictKey) -> Manifest:
    """The manifest of a night whose copies are all there and unchanged. Raises InputError otherwise."""
    manifest = load_manifest(folder, key)
    for entry in manifest.files:
        if entry.sealed is not None:
            open_landed(folder, key, entry)
    return manifest
