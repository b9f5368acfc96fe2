"""What a command writes is never what it reads, nor two things in one file: refused before anything is done."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from schemas.errors import InputError
from schemas.rules import Rule

Files = Mapping[str, Path | None]
"""By the name a clerk knows it by: LEFT, --model, --out …"""


def refuse_overwriting(outputs: Files, inputs: Files) -> None:
    """Raise InputError where an output is an input, another output, a folder, or lies where no file can be made.

    Files are one whatever their paths look like: by `..`, a symbolic link or a second (hard) link.
    """
    written = {name: path for name, path in outputs.items() if path is not None}
    read = {name: path for name, path in inputs.items() if path is not None}
    for name, path in written.items():
        _refuse_no_file(name, path)
        for other, given in read.items():
            if one_file(path, given):
                raise InputError(
                    f"{name} 就是要读的 {other}，写了它就没有了，什么都没有写", where=str(path), rule=Rule.OUT_IS_INPUT,
                    action=f"给 {name} 换一个文件名",
                )  # fmt: skip
    names = list(written)
    for at, name in enumerate(names):
        for other in names[:at]:
            if one_file(written[name], written[other]):
                raise InputError(
                    f"{name} 和 {other} 是同一个文件，什么都没有写", where=str(written[name]), rule=Rule.OUT_TWICE,
                    action="各写各的文件",
                )  # fmt: skip


def one_file(path: Path, other: Path) -> bool:
    """Two paths of one file, there or not yet."""
    try:
        if path.exists() and other.exists():
            return path.samefile(other)
        return path.resolve() == other.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return path.absolute() == other.absolute()


def _refuse_no_file(name: str, path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{name} 是文件夹", where=str(path), rule=Rule.OUT_IS_FOLDER, action="给出文件名")
    folder = next(
        parent for parent in (path.absolute().parent, *path.absolute().parent.parents) if os.path.lexists(parent)
    )
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"{name} 所在的地方写不了文件", where=str(folder), rule=Rule.OUT_PLACE, action="换一个文件夹")
