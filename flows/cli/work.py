"""The work folder of a long comparison: what a killed command had done, for the same command to go on from.

It holds the tables' encoded columns, sealed, and the key that opens them: whoever may read the folder may read the
tables, as with the tables themselves. It is private (0700), and destroyed, key first, once the command has ended well.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from flows.cli.ending import say
from matchers.engine import WorkFolder
from schemas.errors import InputError
from schemas.rules import Rule

if TYPE_CHECKING:
    from matchers.model.link_model import LinkModel

_MARK, _KEY = "sanzhao-work.json", "key"
_OURS = ("spooled-*", "done-*.json", ".note-*", _KEY, _MARK)


@contextmanager
def work_folder(
    folder: Path | None, model: LinkModel, tables: Mapping[str, Path | None], *settings: str
) -> Iterator[WorkFolder | None]:
    """The folder's unfinished work on these tables by this model, or none. Raises InputError where it is another's.

    Goes with everything in it once what is done inside the `with` ends well.
    """
    if folder is None:
        yield None
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, folder)
        of = _digest(model, tables, settings)
        _claim(folder, of)
        done = len(list(folder.glob(f"done-{of}-*.json")))
        if done:
            say(f"接着上次中断的比对：{folder} 里已有 {done} 步做完，不再重做")
        yield WorkFolder(folder, of, (folder / _KEY).read_bytes())
        _destroy(folder)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise InputError(
            "另一个命令正在用这个工作文件夹",
            where=str(folder),
            rule=Rule.WORK_LOCKED,
            action="等它结束，或换一个文件夹",
        ) from None


def _digest(model: LinkModel, tables: Mapping[str, Path | None], settings: tuple[str, ...]) -> str:
    """What the work hangs on: the tables as they are, the model, the version and the settings."""
    parts = [version("sanzhao"), model.model_dump_json(), *settings]
    for name, path in tables.items():
        if path is not None:
            facts = path.stat()
            parts.append(f"{name} {path.resolve()} {facts.st_size} {facts.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _claim(folder: Path, of: str) -> None:
    """Make an empty folder this work's. Raises InputError where something else lies in it."""
    mark = folder / _MARK
    if mark.is_file():
        if json.loads(mark.read_bytes()).get("of") != of:
            raise InputError(
                "工作文件夹里是另一次比对没做完的：表、模型、版本或内存设置不同", where=str(folder),
                rule=Rule.OTHER_WORK,
                action="换一个文件夹；那一次不再要了，就删去这个文件夹",
            )  # fmt: skip
        return
    if any(folder.iterdir()):
        raise InputError(
            "工作文件夹里有别的东西", where=str(folder), rule=Rule.WORK_NOT_EMPTY, action="给一个空的或还没有的文件夹"
        )
    folder.chmod(0o700)
    for name, content in ((_KEY, os.urandom(32)), (_MARK, json.dumps({"of": of}).encode())):
        with os.fdopen(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)


def _destroy(folder: Path) -> None:
    """Remove what is ours, the key first."""
    (folder / _KEY).unlink(missing_ok=True)
    for pattern in _OURS:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
