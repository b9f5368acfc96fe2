"""One person taken out of every kept version, with a tombstone that keeps them out of later ones.

The chain stays provable: their rows leave the ledger and the changes of each version alike, and every index is signed
anew with a mark that says when and how often that was done. `ledger/erasing.json` names what is under way, so that an
interrupted erasure is finished by the next run.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from flows.home.folders import Home, sync_folder, write_private
from flows.home.keys import DistrictKey
from flows.home.store import opened_store
from flows.ledger.keys_moved import merges, same_person
from flows.ledger.publish.files import parquet_bytes, sha256
from flows.ledger.publish.read import current_version, kept_version, kept_versions, signature, unsigned
from schemas.errors import HomeError
from schemas.ledger_index import DeltaMark, FileMark
from schemas.rules import Rule

_COUNTS_ONLY = frozenset({"运行小结.md", "退回清单.csv", "数据质量"})
"""What a report folder holds that names nobody."""
_Row = tuple[str, str, str | None, int]
_KEYED = {"ledger": ("person_key",), "changes": ("person_key",), "aliases": ("old_key", "new_key")}


@dataclass(frozen=True)
class ErasureOrder:
    """Who orders an erasure, and why: both go into the audit log."""

    by: str
    why: str


@dataclass(frozen=True)
class _Erasure:
    """One erasure under way: the person's keys, tokens and roll numbers, and what was rewritten so far."""

    home: Home
    key: DistrictKey
    keys: frozenset[str]
    numbers: frozenset[str]
    on: date
    digests: dict[str, dict[str, FileMark]] = field(default_factory=dict)
    """Per version rewritten, its files as its index names them."""
    counts: dict[str, int] = field(default_factory=dict)


def erase(home: Home, key: DistrictKey, person_key: str, order: ErasureOrder, *, store_url: str = "") -> dict[str, int]:
    """Erase a person; rows taken out per file. Raises HomeError when no kept version knows the key."""
    now = datetime.now(UTC).replace(microsecond=0)
    with opened_store(home, store_url) as store:
        keys = same_person(merges(store), person_key)
        if not (store.minted(keys) or _in_any_version(home, keys)):
            raise HomeError("没有这个人员编号", where=person_key, rule=Rule.NO_PERSON, action="核对编号")
        for one in sorted(keys):
            store.erase(one, now.date(), order.by, order.why)
        store.forget_finds_of(store.evidence_of(keys))
        store.audit(key, now, order.by, "erase", person_key=person_key, why=order.why)
    body = {"keys": sorted(keys), "on": now.date().isoformat()}
    write_private(home.ledger / "erasing.json", json.dumps(body).encode())
    return finish_erasure(home, key)


def finish_erasure(home: Home, key: DistrictKey) -> dict[str, int]:
    """Carry out, or go on with, the erasure that `erasing.json` names; nothing without one."""
    path = home.ledger / "erasing.json"
    if not path.exists():
        return {}
    body = json.loads(path.read_text("utf-8"))
    keys, on = frozenset(body["keys"]), date.fromisoformat(body["on"])
    _undo_swaps(home)
    numbers = _values(home, keys, "member_no") | frozenset(body.get("numbers", ()))
    tokens = _values(home, keys, "id_token") | frozenset(body.get("tokens", ()))
    write_private(path, json.dumps({**body, "numbers": sorted(numbers), "tokens": sorted(tokens)}).encode())
    erasure = _Erasure(home, key, keys | tokens, numbers, on)
    for version in kept_versions(home):
        _rewrite(erasure, version)
    current = current_version(home)
    if current is not None:
        folder = home.ledger / "versions" / current.version
        write_private(home.ledger / "ledger.parquet", (folder / "ledger.parquet").read_bytes())
        write_private(home.ledger / "index.json", (folder / "index.json").read_bytes())
    counts = {**erasure.counts, "reports": _drop_reports(home, on)}
    path.unlink()
    sync_folder(home.ledger)
    return counts


def _drop_reports(home: Home, on: date) -> int:
    """Reports list persons by row: those of the versions rewritten, and of versions no longer kept, go as a whole."""
    kept = {version: kept_version(home, version).index for version in kept_versions(home)}
    gone = 0
    for folder in sorted(path for path in home.reports.glob("*") if path.is_dir()):
        marks = kept[folder.name].get("erasures", ()) if folder.name in kept else ({"on": on.isoformat()},)
        if any(mark["on"] == on.isoformat() for mark in marks):
            gone += _empty(folder)
    return gone


def _empty(folder: Path) -> int:
    gone = [path for path in sorted(folder.iterdir()) if path.name not in _COUNTS_ONLY]
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    sync_folder(folder)
    return len(gone)


def _in_any_version(home: Home, keys: set[str]) -> bool:
    wanted = pa.array(sorted(keys), pa.string())
    return any(
        pc.any(pc.is_in(kept_version(home, version).table("ledger")["person_key"], wanted)).as_py()
        for version in kept_versions(home)
    )


def _values(home: Home, keys: frozenset[str], column: str) -> frozenset[str]:
    """Roll numbers or ID tokens the person had: their waiting pairs and the tokens' aliases go with them."""
    found: set[str] = set()
    for version in kept_versions(home):
        table = kept_version(home, version).table("ledger").select(["person_key", column])
        mine = table.filter(pc.is_in(table["person_key"], pa.array(sorted(keys), pa.string())))
        found |= {value for value in mine[column].to_pylist() if value}
    return frozenset(found)


def _rewrite(erasure: _Erasure, version: str) -> None:
    """One version without the person, under the same name: written aside, then swapped in."""
    keys, counts, digests = erasure.keys, erasure.counts, erasure.digests
    kept = kept_version(erasure.home, version)
    index = unsigned(kept.index)
    files: dict[str, bytes] = {}
    taken = 0
    rows, names = _rows_and_masked_names(kept.table("ledger"), keys)
    for file, told in sorted(index["files"].items()):
        name = file.removesuffix(".parquet")
        before = kept.table(name)
        table = _unasked(before, erasure.numbers, rows, names) if name == "review" else _without(before, name, keys)
        gone = told["rows"] - table.num_rows
        data = (kept.folder / file).read_bytes()
        if not table.equals(before):
            data = parquet_bytes(table, name, date.fromisoformat(index["as_of"]))
        files[file] = data
        index["files"] = {**index["files"], file: {"rows": table.num_rows, "bytes": len(data), "sha256": sha256(data)}}
        counts[name] = counts.get(name, 0) + gone
        taken += gone
    files |= {name: (kept.folder / name).read_bytes() for name in index.get("documents", {})}
    digests[version] = index["files"]
    index["deltas"] = [_delta(delta, digests) for delta in index["deltas"]]
    if taken:
        index["erasures"] = [*index.get("erasures", ()), {"on": erasure.on.isoformat(), "rows": taken}]
        index["counts"] = {**index["counts"], "persons": index["files"]["ledger.parquet"]["rows"]}
    text = json.dumps({**index, "hmac": signature(erasure.key, index)}, ensure_ascii=False, indent=1).encode()
    if text != (kept.folder / "index.json").read_bytes():
        _swap(kept.folder, {**files, "index.json": text})


def _rows_and_masked_names(ledger: pa.Table, keys: frozenset[str]) -> tuple[frozenset[_Row], frozenset[str]]:
    """The source rows (source, file, sheet, row) and the masked names under which a version shows the person."""
    mine = ledger.select(["person_key", "name_masked", "evidence"]).filter(
        pc.is_in(ledger["person_key"], pa.array(sorted(keys), pa.string()))
    )
    pieces = [piece for evidence in mine["evidence"].to_pylist() for piece in evidence]
    rows = frozenset((one["source"], one["file"], one["sheet"], one["row"]) for one in pieces)
    return rows, frozenset(mine["name_masked"].to_pylist())


def _unasked(review: pa.Table, numbers: frozenset[str], rows: frozenset[_Row], names: frozenset[str]) -> pa.Table:
    """Waiting pairs of others only. A pair whose member has no number may be theirs when the masked name is."""
    places = zip(*(review[name].to_pylist() for name in ("source", "file", "sheet", "row")), strict=True)
    members = zip(review["member_no"].to_pylist(), review["right_masked"].to_pylist(), strict=True)
    keep = [
        place not in rows and number not in numbers and not (number is None and shown["name"] in names)
        for place, (number, shown) in zip(places, members, strict=True)
    ]
    return review.filter(pa.array(keep, pa.bool_()))


def _without(table: pa.Table, name: str, keys: frozenset[str]) -> pa.Table:
    if name == "changes":
        table = _unnamed(table, keys)
    for column in _KEYED.get(name, ()):
        table = table.filter(pc.invert(pc.is_in(table[column], pa.array(sorted(keys), pa.string()))))
    return table


def _unnamed(table: pa.Table, keys: frozenset[str]) -> pa.Table:
    """Other persons' rows that name an erased key (split from it, or merged into it) name it no longer."""
    for name in ("before", "after"):
        told = table[name]
        for key in sorted(keys):
            told = pc.replace_substring(told, key, "（已删除）")
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), told)
    return table


def _delta(delta: DeltaMark, digests: dict[str, dict[str, FileMark]]) -> DeltaMark:
    files = digests.get(delta["version"])
    if files is None:
        return delta
    changes, ledger = files["changes.parquet"], files["ledger.parquet"]
    return {**delta, "rows": changes["rows"], "changes_sha256": changes["sha256"], "ledger_sha256": ledger["sha256"]}


def _swap(folder: Path, files: dict[str, bytes]) -> None:
    aside, old = folder.with_name(f".{folder.name}.part"), folder.with_name(f".{folder.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    for name, data in files.items():
        write_private(aside / name, data)
    sync_folder(aside)
    folder.rename(old)
    aside.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old)


def _undo_swaps(home: Home) -> None:
    """A cut between the two renames leaves the old folder aside: it comes back and is done again."""
    for old in sorted((home.ledger / "versions").glob(".*.old")):
        folder = old.with_name(old.name[1:].removesuffix(".old"))
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)
