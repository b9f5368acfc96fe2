"""The home folder: where everything a district keeps lies, private to its owner."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from flows.home.file_names import shown_path
from schemas.errors import HomeError
from schemas.rules import Rule


@dataclass(frozen=True)
class Home:
    """Paths under one home folder; folders are made 0700, files 0600."""

    root: Path

    def __post_init__(self) -> None:
        """Raises HomeError on a path no database can be opened under: DuckDB and SQLite cut a name at `?`."""
        text = os.fsencode(self.root).decode("utf-8", "replace")
        if "?" in text or "\ufffd" in text or not text.isprintable():
            raise HomeError(
                "数据文件夹的路径里有“?”、控制字符或不是 UTF-8 的字节，数据库打不开",
                where=shown_path(self.root),
                rule=Rule.HOME_PATH,
                action="换一个路径，或把文件夹改名",
            )

    @property
    def config(self) -> Path:
        return self.root / "config.toml"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def sources(self) -> Path:
        """Contracts of further sources, one TOML each."""
        return self.root / "sources"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def returns(self) -> Path:
        """Sealed lists of the rows sent back to their senders."""
        return self.root / "returns"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        return self.root / ".run.lock"

    def make(self) -> None:
        """Create the folders that are missing. Raises HomeError where that is not allowed."""
        inner = (self.keys, self.sources, self.landing, self.runs, self.state, self.ledger, self.reports, self.logs)
        folders = (self.root, *inner)
        try:
            for folder in folders:
                private_folder(folder)
        except OSError as error:
            raise HomeError(
                f"不能建立文件夹：{error.strerror}",
                where=str(error.filename),
                rule=Rule.HOME_NOT_WRITABLE,
                action="换一个可写的 --home，或请管理员开权限",
            ) from None


def private_folder(path: Path) -> Path:
    """The folder, made 0700 if missing, and so is every missing folder above it."""
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
    return path


def is_held(lock: Path) -> bool:
    """Whether a living process of this machine holds a lock file."""
    if not lock.exists():
        return False
    descriptor = os.open(lock, os.O_RDONLY)  # which works on a read-only disk too
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_private(path: Path, data: bytes) -> None:
    """Write a file 0600, whole or not at all: aside first, flushed, then renamed into place."""
    private_folder(path.parent)
    aside = path.with_name(f".{path.name}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries, so that a rename survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
