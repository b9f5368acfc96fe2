"""What is wrong with a home's published ledger, in Chinese sentences; none when all is sound."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.folders import Home
from flows.home.keys import DistrictKey, load_key
from flows.home.sealed_tables import table_in
from flows.home.store import opened_store
from flows.ledger.publish.behind import behind, index_version
from flows.ledger.publish.files import sha256
from flows.ledger.publish.older import as_today
from flows.ledger.publish.read import ADDED_LATER, TABLES, is_signed, kept_versions, read_index
from flows.ledger.publish.replay import ledger_schema, prove_changes
from flows.ledger.publish.unfinished import unfinished_versions
from schemas.contracts import check_table, ledger_table
from schemas.errors import SanzhaoError
from schemas.ledger_index import LedgerIndex


def verify(home: Home, key: DistrictKey | None = None, *, store_url: str = "") -> list[str]:
    """Checksums, HMACs, contracts, counts and the chain of changes of every kept version.

    A folder a cut-off publication left is no version: the next run discards it.
    """
    key = key or load_key(home)
    folder = home.ledger
    left = _left_over(home, store_url)
    versions = [version for version in kept_versions(home) if version not in left]
    older = behind(home, store_url)
    problems = [f"{older.message}。处理办法：{older.action}"] if older else []
    if not (folder / "index.json").exists():
        return [*problems, "还没有发布过一本账" if not versions else "ledger/index.json 不见了"]
    indexes: dict[str, LedgerIndex] = {}
    for version in versions:
        index = _checked_index(folder / "versions" / version, key, problems)
        if index is not None:
            indexes[version] = index
            problems += _file_problems(folder / "versions" / version, index)
    unread = frozenset(versions) - frozenset(indexes)
    problems += _current_problems(folder, indexes, key, (left, unread))
    problems += _chain_problems(folder, indexes)
    return problems


def _left_over(home: Home, store_url: str) -> list[str]:
    """Folders of publications that were cut off, as the state store knows; none when there is no store to ask."""
    if not store_url and not (home.state / "sanzhao.db").exists():
        return []
    with opened_store(home, store_url) as store:
        return unfinished_versions(home, index_version(home), store)


def _checked_index(folder: Path, key: DistrictKey, problems: list[str]) -> LedgerIndex | None:
    """A version's index; none where it cannot be read or bears another signature, for then nothing it says counts."""
    try:
        index = read_index(folder / "index.json")
    except SanzhaoError as error:
        problems.append(f"{folder.name}：{error.message}")
        return None
    if not is_signed(key, index):
        problems.append(f"{folder.name}：索引签名不符，被改动过")
        return None
    if index["version"] != folder.name:
        problems.append(f"{folder.name}：文件夹名与索引中的版本 {index['version']} 不同")
    return index


def _file_problems(folder: Path, index: LedgerIndex) -> list[str]:
    problems = []
    for name in TABLES:
        file = f"{name}.parquet"
        told = index["files"].get(file)
        path = folder / file
        if told is None and name in ADDED_LATER:
            continue
        if told is None or not path.exists():
            problems.append(f"{folder.name}：缺 {file}")
            continue
        data = path.read_bytes()
        if len(data) != told["bytes"] or sha256(data) != told["sha256"]:
            problems.append(f"{folder.name}：{file} 与索引的校验值不符")
            continue
        as_of = date.fromisoformat(str(index["as_of"]))
        problems += _table_problems(folder.name, name, as_today(table_in(data), name, as_of, folder.name), told["rows"])
    return problems + _document_problems(folder, index)


def _document_problems(folder: Path, index: LedgerIndex) -> list[str]:
    """Contracts, code table and README beside the tables: as the index has them."""
    problems = []
    for name, told in index.get("documents", {}).items():
        path = folder / name
        if not path.exists():
            problems.append(f"{folder.name}：缺 {name}")
        elif sha256(path.read_bytes()) != told["sha256"]:
            problems.append(f"{folder.name}：{name} 与索引的校验值不符")
    return problems


def _table_problems(version: str, name: str, table: pa.Table, rows: int) -> list[str]:
    found = [] if table.num_rows == rows else [f"{version}：{name} 有{table.num_rows}行，索引记为{rows}行"]
    try:
        check_table(table, ledger_table(name))
    except SanzhaoError as error:
        found.append(f"{version}：{name} 不合合同：{error.message}")
    return found


def _current_problems(
    folder: Path,
    indexes: dict[str, LedgerIndex],
    key: DistrictKey,
    without_index: tuple[list[str], frozenset[str]],
) -> list[str]:
    """What is wrong with the ledger's own index and its copy, beside what was said of the versions.

    `without_index`: folders of publications that were cut off, and versions whose index is damaged.
    """
    left, unread = without_index
    try:
        current = read_index(folder / "index.json")
    except SanzhaoError as error:
        return [f"ledger/index.json：{error.message}"]
    if not is_signed(key, current):
        return ["ledger/index.json：索引签名不符，被改动过"]
    problems = []
    if current["version"] not in unread and not _same(indexes.get(current["version"]), current):
        problems.append(f"ledger/index.json：与版本 {current['version']} 的索引不同，或该版本不见了")
    if current["version"] != max([*indexes, *unread], default=current["version"]):
        problems.append("ledger/index.json：不是最新的版本")
    path = folder / "ledger.parquet"
    told = _sha256_in(current, "ledger.parquet")
    ahead = [folder / "versions" / version / "ledger.parquet" for version in left]
    if not path.exists() or sha256(path.read_bytes()) not in {told, *map(_sha256_of, ahead)}:
        problems.append("ledger/ledger.parquet：与索引的校验值不符")
    for delta in current["deltas"]:
        index = indexes.get(delta["version"])
        if delta["version"] in unread:
            continue
        if index is None:
            problems.append(f"缺版本 {delta['version']} 的变动")
        elif _sha256_in(index, "changes.parquet") != delta["changes_sha256"]:
            problems.append(f"{delta['version']}：变动与当前索引所记不符")
    told_of = {delta["version"] for delta in current["deltas"]}
    there = {*indexes, *unread, *told_of}
    gone = [version for version in current.get("kept", ()) if version not in there]
    return problems + [f"缺版本 {version}" for version in gone]


def _same(one: LedgerIndex | None, other: LedgerIndex) -> bool:
    return one is not None and _content(one) == _content(other)


def _content(index: LedgerIndex) -> dict[str, object]:
    """Without the signature: a change of keys that was cut off may have signed one of two copies anew."""
    return {name: value for name, value in index.items() if name not in ("hmac", "key_id")}


def _sha256_in(index: LedgerIndex, file: str) -> str | None:
    mark = index["files"].get(file)
    return mark["sha256"] if mark else None


def _sha256_of(path: Path) -> str:
    return sha256(path.read_bytes()) if path.exists() else ""


def _chain_problems(folder: Path, indexes: dict[str, LedgerIndex]) -> list[str]:
    """Each kept version is the one before it with its changes applied."""
    problems = []
    for version, index in sorted(indexes.items()):
        before = index["previous"]
        if before is not None and before not in indexes:
            continue
        try:
            base = _read(folder, indexes[before], "ledger") if before else ledger_schema().empty_table()
            was = date.fromisoformat(indexes[before]["as_of"]) if before else None
            dates = (was, date.fromisoformat(index["as_of"]))
            prove_changes(base, _read(folder, index, "changes"), _read(folder, index, "ledger"), dates)
        except (SanzhaoError, OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            problems.append(f"{version}：上一版加变动不等于本版")
    return problems


def _read(folder: Path, index: LedgerIndex, name: str) -> pa.Table:
    version, as_of = str(index["version"]), date.fromisoformat(index["as_of"])
    table = pq.read_table(folder / "versions" / version / f"{name}.parquet").replace_schema_metadata(None)
    return as_today(table, name, as_of, version)
