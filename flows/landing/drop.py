"""What lies in a drop folder: one entry per source folder and file, and what could not be looked at."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.connectors.fetch import is_half_written
from flows.home.file_names import distinct_names, shown_name, shown_path
from flows.home.settings import Settings
from schemas.contracts import SourceContract
from schemas.errors import InputError
from schemas.provenance import MARK, Provenance, missing_provenance, parse_provenance, provenance_text
from schemas.rules import Rule

PROVENANCE = "provenance.toml"
MAX_FILE_BYTES = 512 << 20
_LEFT_BY_SYSTEMS = frozenset({"thumbs.db", "desktop.ini", ".ds_store", PROVENANCE})
"""What file managers leave behind by themselves, and the provenance: no file of anybody's."""


@dataclass(frozen=True)
class DroppedFile:
    """One file: where it lies, and the name by which it is shown and kept, which stands once in its source."""

    path: Path
    name: str


@dataclass(frozen=True)
class DroppedSource:
    """One source's folder, fit to be read: its provenance and its files by name."""

    name: str
    provenance: Provenance
    files: tuple[DroppedFile, ...]


@dataclass(frozen=True)
class Drop:
    """One drop: the sources to read in contract order, a line for everything left aside, the sources refused."""

    sources: tuple[DroppedSource, ...]
    notes: tuple[str, ...]
    refused: frozenset[str] = frozenset()


def look_at(folder: Path | None, contracts: Mapping[str, SourceContract], settings: Settings) -> Drop:
    """The drop's sources and files; with connectors there may be no drop at all.

    Raises InputError when nothing can be read, or the roll is neither here nor to be fetched.
    """
    if settings.connectors and (folder is None or _has_nothing(folder)):
        return Drop((), ())
    if folder is None:
        raise InputError("没有给出投递文件夹", rule=Rule.NO_DROP, action="用 --drop 指定，或在 config.toml 里填写 drop")
    present, notes = _sub_folders(folder)
    refused = set()
    sources: list[DroppedSource] = []
    for name in present:
        if name not in contracts:
            unknown = "文件夹名不是已知来源，未读取"
            notes.append(_left(unknown, f"{name}/", Rule.UNKNOWN_SOURCE, "改成来源的名字，或在 sources/ 里加合同"))
    for name in contracts:
        if name in present:
            try:
                source, aside = _source(present[name], name, settings)
            except InputError as error:
                if error.rule is Rule.EMPTY_SOURCE and name in settings.connectors:
                    continue
                notes.append(str(error))
                refused.add(name)
                continue
            sources.append(source)
            notes.extend(aside)
    result = {source.name for source in sources} | (set(settings.connectors) - refused)
    require_roll(result, contracts, notes, shown_path(folder))
    return Drop(tuple(sources), tuple(notes), frozenset(refused))


def _has_nothing(folder: Path) -> bool:
    """Whether there is no drop; a folder that cannot be looked into is not nothing."""
    try:
        return not folder.exists() or (folder.is_dir() and all(_awaits_files(path) for path in folder.iterdir()))
    except OSError:
        return False


def _sub_folders(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The folders of the drop by the names they show, and a line for all else that lies there."""
    entries = _entries(folder)
    names = distinct_names([shown_name(path.name) for path in entries])
    folders = {
        name: path
        for name, path in zip(names, entries, strict=True)
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
    }
    waiting = {name for name, path in folders.items() if _awaits_files(path)}
    notes = [
        _aside(path, name, "来源子文件夹")
        for name, path in zip(names, entries, strict=True)
        if name not in folders and path.name.lower() not in _LEFT_BY_SYSTEMS
    ]
    if not folders:
        raise InputError(
            "投递文件夹是空的，没有任何来源子文件夹" + (f"：{notes[0]}" if notes else ""),
            where=shown_path(folder),
            rule=Rule.EMPTY_DROP,
            action="至少放入 party_members/ 党员名册",
        )
    if len(waiting) == len(folders):
        raise InputError(
            "投递文件夹里还没有文件", where=shown_path(folder), rule=Rule.EMPTY_DROP,
            action="把各部门的文件放进各自的文件夹，党员名册放进 party_members/",
        )  # fmt: skip
    return {name: path for name, path in folders.items() if name not in waiting}, notes


def _awaits_files(folder: Path) -> bool:
    """Whether there is only the provenance template in it that `sanzhao init` wrote: nothing has come yet."""
    try:
        names = [path.name for path in folder.iterdir() if path.name.lower() not in _LEFT_BY_SYSTEMS]
        return not names and provenance_text((folder / PROVENANCE).read_bytes()).startswith(MARK)
    except (OSError, ValueError):
        return False


def _entries(folder: Path) -> list[Path]:
    where = shown_path(folder)
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        raise InputError("投递文件夹不存在", where=where, rule=Rule.NO_DROP, action="核对 --drop 的路径") from None
    except NotADirectoryError:
        raise InputError(
            "投递路径不是文件夹", where=where, rule=Rule.NO_DROP, action="给出装有各来源子文件夹的文件夹"
        ) from None
    except PermissionError:
        raise InputError(
            "没有权限读取投递文件夹", where=where, rule=Rule.NO_PERMISSION, action="请管理员给运行账号开读取权限"
        ) from None


def _source(folder: Path, name: str, settings: Settings) -> tuple[DroppedSource, list[str]]:
    """One source's files, with lines on what in its folder was left aside. Raises InputError to refuse the source."""
    files, notes = [], []
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
        os.scandir(folder).close()
        entries = [path for path in entries if path.name.lower() not in _LEFT_BY_SYSTEMS]
        names = distinct_names([shown_name(path.name) for path in entries])
        for path, shown in zip(entries, names, strict=True):
            if _is_plain(path):
                files.append(DroppedFile(path, shown))
            else:
                notes.append(_aside(path, f"{name}/{shown}", "来源文件夹"))
    except PermissionError:
        raise InputError(
            "没有权限读取该文件夹，该来源未读取",
            where=f"{name}/",
            rule=Rule.NO_PERMISSION,
            action="请管理员给运行账号开读取权限",
        ) from None
    if not files:
        left = "；".join(notes[:3])
        raise InputError(
            "文件夹里没有文件" + (f"（{left}）" if left else ""), where=f"{name}/", rule=Rule.EMPTY_SOURCE,
            action="放入该来源的导出文件后重投",
        )  # fmt: skip
    return DroppedSource(name, _provenance(folder, name, settings), tuple(files)), notes


def _is_plain(path: Path) -> bool:
    """A file of the sender's own, whole by its name: no link, nothing hidden, nothing a program is still writing."""
    hidden = path.name.startswith((".", "~$"))
    return not hidden and not is_half_written(path.name) and not path.is_symlink() and path.is_file()


def _aside(path: Path, where: str, place: str) -> str:
    """The line for what lies in a folder and is not read."""
    if path.is_symlink():
        return _left("是链接，未读取", where, Rule.NOT_A_FILE, f"把文件或文件夹本身放进{place}")
    if path.is_dir():
        inside = f"，里面有 {count} 个文件" if (count := _files_below(path)) else ""
        return _left(f"是子文件夹{inside}，未读取", f"{where}/", Rule.NOT_A_FILE, "把文件本身放进来源文件夹")
    if path.name.startswith("~$"):
        return _left("是表格软件打开文件时的临时文件，未读取", where, Rule.HIDDEN_FILE, "关上文件后删去它")
    if path.name.startswith("."):
        return _left("是隐藏文件（名字以点开头），未读取", where, Rule.HIDDEN_FILE, "是要报的文件就改名，不是就删去")
    if not path.is_file():
        return _left("不是文件，未读取", where, Rule.NOT_A_FILE, "把文件本身放进来源文件夹")
    if is_half_written(path.name):
        return _left("名字像没有传完的文件，未读取", where, Rule.STILL_BEING_WRITTEN, "传完、改回原名后重投")
    return _left(
        "放在来源子文件夹之外，未读取", where, Rule.OUTSIDE_SOURCES, f"放进它所属的{place}（如 platform/）后重投"
    )


def _files_below(folder: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))


def _left(message: str, where: str, rule: Rule, action: str) -> str:
    return str(InputError(message, where=where, rule=rule, action=action))


def _provenance(folder: Path, name: str, settings: Settings) -> Provenance:
    path = folder / PROVENANCE
    where = f"{name}/{PROVENANCE}"
    if not path.exists():
        if name in settings.provenance:
            return settings.provenance[name]
        raise missing_provenance(name)
    try:
        text = provenance_text(path.read_bytes())
    except PermissionError:
        raise InputError(
            "没有权限读取来源说明", where=where, rule=Rule.NO_PERMISSION, action="请管理员开读取权限"
        ) from None
    except (OSError, ValueError):
        raise InputError(
            "来源说明读不出来（应为文本文件）", where=where, rule=Rule.PROVENANCE, action="用记事本打开，另存为 UTF-8"
        ) from None
    return parse_provenance(text, where)


def require_roll(result: set[str], contracts: Mapping[str, SourceContract], notes: Sequence[str], where: str) -> None:
    """A run without a roll is refused; the reason the roll was left aside is the message, where there is one."""
    rolls = [name for name, contract in contracts.items() if contract.role == "roll"]
    if result & set(rolls):
        return
    reasons = [note for note in notes if note.startswith(tuple(f"{name}{mark}" for name in rolls for mark in "/：["))]
    raise InputError(
        "没有可用的党员名册，本次不运行" + ("：" + reasons[0] if reasons else ""),
        where=where,
        rule=Rule.NO_ROLL,
        action="在 party_members/ 放入党员名册和来源说明后重投" if not reasons else None,
    )
