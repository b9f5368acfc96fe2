"""What lies in a drop folder: one entry per source folder and file, and what could not be looked at."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.settings import Settings
from schemas.contracts import SourceContract
from schemas.errors import InputError
from schemas.provenance import Provenance, missing_provenance, parse_provenance

PROVENANCE = "provenance.toml"
MAX_FILE_BYTES = 512 << 20
_IGNORED = {"thumbs.db", "desktop.ini", PROVENANCE}


@dataclass(frozen=True)
class DroppedSource:
    """One source's folder, fit to be read: its provenance and its files by name."""

    name: str
    provenance: Provenance
    files: tuple[Path, ...]


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
        raise InputError("没有给出投递文件夹", rule="no_drop", action="用 --drop 指定，或在 config.toml 里填写 drop")
    present = _sub_folders(folder)
    refused = set()
    sources: list[DroppedSource] = []
    notes = [
        str(
            InputError(
                "文件夹名不是已知来源，未读取",
                where=f"{name}/",
                rule="unknown_source",
                action="改成来源的名字，或在 sources/ 里加合同",
            )
        )
        for name in present
        if name not in contracts
    ]
    for name in contracts:
        if name in present:
            try:
                source, aside = _source(folder / name, name, settings)
            except InputError as error:
                if error.rule == "empty_source" and name in settings.connectors:
                    continue
                notes.append(str(error))
                refused.add(name)
                continue
            sources.append(source)
            notes.extend(aside)
    found = {source.name for source in sources} | (set(settings.connectors) - refused)
    require_roll(found, contracts, notes, str(folder))
    return Drop(tuple(sources), tuple(notes), frozenset(refused))


def _has_nothing(folder: Path) -> bool:
    """Whether there is no drop; a folder that cannot be looked into is not nothing."""
    try:
        return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    except OSError:
        return False


def _sub_folders(folder: Path) -> list[str]:
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except FileNotFoundError:
        raise InputError("投递文件夹不存在", where=str(folder), rule="no_drop", action="核对 --drop 的路径") from None
    except NotADirectoryError:
        raise InputError(
            "投递路径不是文件夹", where=str(folder), rule="no_drop", action="给出装有各来源子文件夹的文件夹"
        ) from None
    except PermissionError:
        raise InputError(
            "没有权限读取投递文件夹", where=str(folder), rule="no_permission", action="请管理员给运行账号开读取权限"
        ) from None
    if not names:
        raise InputError(
            "投递文件夹是空的，没有任何来源子文件夹",
            where=str(folder),
            rule="empty_drop",
            action="至少放入 party_members/ 党员名册",
        )
    return names


def _source(folder: Path, name: str, settings: Settings) -> tuple[DroppedSource, list[str]]:
    """One source's files, with lines on what in its folder was left aside. Raises InputError to refuse the source."""
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
        os.scandir(folder).close()
    except PermissionError:
        raise InputError(
            "没有权限读取该文件夹，该来源未读取",
            where=f"{name}/",
            rule="no_permission",
            action="请管理员给运行账号开读取权限",
        ) from None
    files, notes = [], []
    for path in entries:
        if path.name.startswith((".", "~$")) or path.name.lower() in _IGNORED:
            continue
        if path.is_symlink() or not path.is_file():
            kind = "是链接" if path.is_symlink() else "不是文件"
            notes.append(
                str(
                    InputError(
                        f"{kind}，未读取",
                        where=f"{name}/{path.name}",
                        rule="not_a_file",
                        action="把文件本身放进来源文件夹",
                    )
                )
            )
            continue
        files.append(path)
    if not files:
        raise InputError("文件夹里没有文件", where=f"{name}/", rule="empty_source", action="放入该来源的导出文件后重投")
    return DroppedSource(name, _provenance(folder, name, settings), tuple(files)), notes


def _provenance(folder: Path, name: str, settings: Settings) -> Provenance:
    path = folder / PROVENANCE
    where = f"{name}/{PROVENANCE}"
    if not path.exists():
        if name in settings.provenance:
            return settings.provenance[name]
        raise missing_provenance(name)
    try:
        text = path.read_text("utf-8-sig")
    except PermissionError:
        raise InputError(
            "没有权限读取来源说明", where=where, rule="no_permission", action="请管理员开读取权限"
        ) from None
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "来源说明读不出来（应为 UTF-8 文本）", where=where, rule="provenance", action="另存为 UTF-8"
        ) from None
    return parse_provenance(text, where)


def require_roll(found: set[str], contracts: Mapping[str, SourceContract], notes: Sequence[str], where: str) -> None:
    """A run without a roll is refused; the reason the roll was left aside is the message, where there is one."""
    rolls = [name for name, contract in contracts.items() if contract.role == "roll"]
    if found & set(rolls):
        return
    reasons = [note for note in notes if note.startswith(tuple(f"{name}{mark}" for name in rolls for mark in "/：["))]
    raise InputError(
        "没有可用的党员名册，本次不运行" + ("：" + reasons[0] if reasons else ""),
        where=where,
        rule="no_roll",
        action="在 party_members/ 放入党员名册和来源说明后重投" if not reasons else None,
    )
