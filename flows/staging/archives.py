"""One member per table of a .zip: its name made harmless, its bytes read only up to a limit; nothing is written out."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass

from flows.home.file_names import distinct_names, visible
from flows.staging.refusals import broken, password, too_large
from schemas.errors import InputError
from schemas.rules import Rule

MAX_MEMBERS = 300
MAX_UNPACKED = 320 << 20
_MAC, _UTF8, _LOCKED = "__MACOSX/", 0x800, 0x1
_IGNORED = re.compile(r"(?:^|/)(?:\.[^/]*|~\$[^/]*|thumbs\.db|desktop\.ini|provenance\.toml)$", re.IGNORECASE)
_DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError,
    RuntimeError, KeyError, IndexError, MemoryError,
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One file in an archive by its harmless name, with its bytes, or why it was not read."""

    name: str
    data: bytes = b""
    problem: InputError | None = None


def is_archive(data: bytes) -> bool:
    """A zip that is no office document: none of the parts every such document has."""
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = {name.replace("\\", "/").lower() for name in package.namelist()}
    except _DAMAGED:
        return False
    office = {"[content_types].xml", "content.xml", "mimetype", "encryptedpackage"}
    return not names & office and not any(name.startswith(("xl/", "word/", "ppt/")) for name in names)


def members(data: bytes, where: str) -> list[Member]:
    """The files of an archive in the order of their names. Raises InputError when the whole of it is refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = [entry for entry in package.infolist() if _is_file(entry)]
            if len(entries) > MAX_MEMBERS:
                raise InputError(
                    f"压缩包里有{len(entries)}个文件，最多{MAX_MEMBERS}个",
                    where=where,
                    rule=Rule.TOO_MANY_MEMBERS,
                    action="分成几个压缩包后重投",
                )
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise too_large(MAX_UNPACKED, where)
            names = distinct_names([_harmless(_decoded(entry)) for entry in entries])
            result = [_member(package, entry, name, where) for entry, name in zip(entries, names, strict=True)]
    except _DAMAGED:
        raise broken(where) from None
    if not result:
        raise InputError("压缩包里没有文件", where=where, rule=Rule.EMPTY_FILE, action="重新打包后重投")
    return sorted(result, key=lambda member: member.name)


def _is_file(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename.replace("\\", "/")
    return not (entry.is_dir() or name.endswith("/") or name.startswith(_MAC) or _IGNORED.search(name))


def _member(package: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, where: str) -> Member:
    inside = f"{where}/{name}"
    if entry.flag_bits & _LOCKED:
        return Member(name, problem=password(inside))
    if stat.S_ISLNK(entry.external_attr >> 16):
        problem = InputError("是链接，未读取", where=inside, rule=Rule.NOT_A_FILE, action="打包文件本身后重投")
        return Member(name, problem=problem)
    try:
        with package.open(entry) as file:
            data = file.read(entry.file_size + 1)
    except _DAMAGED:
        return Member(name, problem=broken(inside))
    if is_archive(data):
        problem = InputError(
            "压缩包里又是压缩包，未读取", where=inside, rule=Rule.ARCHIVE_IN_ARCHIVE, action="解开里层后重投"
        )
        return Member(name, problem=problem)
    return Member(name, data)


def _decoded(entry: zipfile.ZipInfo) -> str:
    """A member's name: UTF-8 where its flag says so or its bytes do, else GB18030, as Windows packs it."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _harmless(name: str) -> str:
    """A relative path without drive, `..`, control or direction characters; it is shown and never opened."""
    parts = [visible(part) for part in re.split(r"[/\\]", name)]
    kept = [part for part in parts if part not in ("", ".", "..") and not re.fullmatch("[A-Za-z]:", part)]
    return "/".join(kept)[-200:] or "未命名"
