"""Marked copies and quality notes of one night, in clear, for their senders; every export is in the audit log."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

import pyarrow as pa

from flows.home.folders import Home, private_folder, write_private
from flows.home.keys import load_key
from flows.home.settings import Settings, load_settings
from flows.home.store import opened_store
from flows.landing import LandedFile, Manifest, load_manifest
from flows.landing.manifest import MANIFEST, open_landed
from flows.returns.marks import MARKS, read_marks
from flows.staging.archives import is_archive, members
from flows.staging.readers import read_file
from reports.returned_sheet import Cells, Mark, SheetMarks, written_anew
from schemas.contracts import SourceContract, load_sources
from schemas.errors import InputError
from schemas.policy import load_policy
from schemas.rules import Rule

NOTES = "数据质量"
_SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class SentBack:
    """What was written for the senders, and what could not be."""

    files: tuple[Path, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Night:
    """One landed night to export: its folder, manifest, marks; who exports it and when."""

    home: Home
    settings: Settings
    folder: Path
    manifest: Manifest
    marks: pa.Table
    who: str
    at: datetime


def send_back(home: Home, out: Path, *, source: str | None = None, night: date | None = None) -> SentBack:
    """Write `OUT/<department>/…_退回.xlsx` and the department's note. Raises InputError when there is nothing."""
    key, settings = load_key(home), load_settings(home)
    folder = _landing_of(home, night)
    contracts = load_sources(settings.sources)
    if source is not None and source not in contracts:
        raise InputError("没有这个来源", where=source, rule=Rule.UNKNOWN_SOURCE, action="看 sanzhao sources list")
    marks = read_marks(home, key, folder)
    whole = _Night(
        home, settings, folder, load_manifest(folder, key), marks, getpass.getuser(), datetime.now(UTC)
    )  # fmt: skip
    wanted = [contract for name, contract in contracts.items() if source in (None, name)]
    with opened_store(home, settings.store_url) as store:
        why = f"{folder.parent.name}/{folder.name} {source or 'all'} rows={marks.num_rows}"
        store.audit(key, whole.at, whole.who, "return_sheets", why=why)
    written: list[Path] = []
    problems: list[str] = []
    for contract in wanted:
        for file, sheets in _marked_files(marks, contract.name):
            try:
                body = _copy(whole, contract, file, sheets)
            except InputError as error:
                problems.append(str(error))
                continue
            path = out / _safe(contract.department) / _safe(f"{contract.title}_{PurePosixPath(file).stem}_退回.xlsx")
            written.append(_written(_free(path, written), body))
    written += _notes(whole, {contract.department for contract in wanted}, out)
    return SentBack(tuple(written), tuple(problems))


def _copy(night: _Night, contract: SourceContract, file: str, sheets: list[SheetMarks]) -> bytes:
    """One file's marked copy. Raises InputError when its landing copy is gone or cannot be read."""
    data, about = _bytes_of(night, contract.name, file), _about(night, contract, sheets)
    from reports.returned_book import laid_out

    return laid_out(data, sheets, about) or _anew(night, data, f"{contract.name}/{file}", (sheets, about))


def _landing_of(home: Home, night: date | None) -> Path:
    """The newest run, of that night if one is named, that left marks."""
    pattern = f"{night.isoformat() if night else '*'}/*/{MARKS}"
    result = sorted(home.returns.glob(pattern), key=lambda path: path.parent.name)
    if not result:
        raise InputError(
            "没有退回记录，或已到保存期销毁", where="returns", rule=Rule.NO_RETURNS, action="先运行 sanzhao run"
        )
    folder = home.landing / result[-1].parent.parent.name / result[-1].parent.name
    if not (folder / MANIFEST).exists():
        raise InputError("原件已销毁（保存期已满）", where=f"landing/{folder.name}", rule=Rule.ORIGINAL_DESTROYED)
    return folder


def _marked_files(marks: pa.Table, source: str) -> Iterator[tuple[str, list[SheetMarks]]]:
    """Each file of a source with marks, and per sheet the rows."""
    by_file: dict[str, dict[str | None, list[tuple[int, Mark]]]] = {}
    for entry in marks.to_pylist():
        if entry["source"] == source:
            place = by_file.setdefault(entry["file"], {}).setdefault(entry["sheet"], [])
            place.append((entry["header_row"], Mark(entry["row"], entry["refused"], entry["reason"])))
    for file, sheets in by_file.items():
        yield (
            file,
            [SheetMarks(sheet, result[0][0], tuple(mark for _, mark in result)) for sheet, result in sheets.items()],
        )


def _bytes_of(night: _Night, source: str, file: str) -> bytes:
    """The clear bytes of a file as staging named it, out of an archive where it came in one."""
    entry = _entry(night.manifest, source, file)
    data = open_landed(night.folder, load_key(night.home), entry)
    if entry.name == file or not is_archive(data):
        return data
    inside = file.removeprefix(entry.name).lstrip("/")
    for member in members(data, f"{source}/{entry.name}"):
        if member.name == inside and member.problem is None:
            return member.data
    raise InputError("压缩包里找不到这个文件", where=f"{source}/{file}", rule=Rule.NOT_IN_ARCHIVE)


def _entry(manifest: Manifest, source: str, file: str) -> LandedFile:
    mine = [entry for entry in manifest.files if entry.source == source]
    exact = [entry for entry in mine if entry.name == file]
    around = [entry for entry in mine if file.startswith(f"{entry.name}/")]
    if not (exact or around):
        raise InputError("没有留存副本", where=f"{source}/{file}", rule=Rule.NOT_LANDED)
    return (exact or around)[0]


def _anew(night: _Night, data: bytes, where: str, marked: tuple[list[SheetMarks], list[str]]) -> bytes:
    """The file's cells as the run read them, in a fresh workbook."""
    reading = load_policy(night.settings.policy).reading
    cells = [Cells(grid.sheet, grid.rows) for grid in read_file(data, where, reading)]
    return written_anew(cells, *marked)


def _about(night: _Night, contract: SourceContract, sheets: list[SheetMarks]) -> list[str]:
    """What the colours mean, and for whom and by whom the copy was made."""
    marks = [mark for sheet in sheets for mark in sheet.marks]
    refused = len({(mark.row, sheet.sheet) for sheet in sheets for mark in sheet.marks if mark.refused})
    at = night.at.astimezone(_SHANGHAI)
    return [
        f"{contract.department}：请按“原因”一列改正后，整份重新报送。",
        f"红色：这一行没有读取，共 {refused} 行。",
        f"黄色：这一行已读取，但有需要改正的内容，共 {len({mark.row for mark in marks if not mark.refused})} 行。",
        f"数据日期 {night.manifest.as_of.isoformat()}；内部资料，仅供报送单位改正数据使用，用后销毁。",
        f"导出人 {night.who}，导出时间 {at:%Y-%m-%d %H:%M}。",
    ]


def _notes(night: _Night, departments: set[str], out: Path) -> list[Path]:
    """The night's quality notes of these departments."""
    result = sorted((night.home.returns / night.folder.parent.name / night.folder.name).glob("*.html"))
    return [
        _written(out / path.stem / "数据质量说明.html", path.read_bytes())
        for path in result
        if path.stem in {_safe(name) for name in departments}
    ]


def note_name(department: str) -> str:
    """The file name of a department's note."""
    return f"{_safe(department)}.html"


def _written(path: Path, data: bytes) -> Path:
    private_folder(path.parent)
    write_private(path, data)
    return path


def _free(path: Path, taken: list[Path]) -> Path:
    number, free = 1, path
    while free in taken:
        number += 1
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return free


def _safe(name: str) -> str:
    """A name that stays inside its folder."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name).strip(". ")[:100] or "_"
