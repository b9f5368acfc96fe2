"""One line per spill folder of a command without a run, written when the folder is destroyed.

In `$XDG_STATE_HOME/sanzhao/spill.jsonl` (else `~/.local/state`), 0600: the folder, how much lay in it, when it was last
used and destroyed, and whether its command had been killed. No value of any table.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.cli.ending import say
from flows.home.runlog import append_line

_MOST_BYTES = 1 << 20
"""The record then begins anew, and the one before is kept beside it."""


@dataclass(frozen=True)
class Gone:
    """A spill folder as it was when it was destroyed."""

    folder: Path
    last_used: datetime
    files: int
    size: int
    killed: bool


def gone(folder: Path, *, killed: bool) -> Gone:
    """What lies in a folder that is about to go; nothing where somebody else has removed it."""
    if not folder.is_dir():
        return Gone(folder, datetime.now(UTC), 0, 0, killed)
    stats = [path.lstat() for path in (folder, *folder.rglob("*"))]
    last_used = datetime.fromtimestamp(max(entry.st_mtime for entry in stats), UTC)
    sizes = [entry.st_size for entry in stats if stat.S_ISREG(entry.st_mode)]
    return Gone(folder, last_used, len(sizes), sum(sizes), killed)


def write_record(entry: Gone) -> Path | None:
    """Append the folder's line; null, and said, where there is no place for it."""
    path = _place()
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": "spill_destroyed",
        "folder": str(entry.folder),
        "last_used": entry.last_used.isoformat(timespec="seconds"),
        "files": entry.files,
        "bytes": entry.size,
        "command": "killed" if entry.killed else "ended",
    }
    try:
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            path.replace(path.with_suffix(".1.jsonl"))
        append_line(path, f"{json.dumps(line, ensure_ascii=False)}\n".encode())
    except OSError as error:
        say(f"销毁记录写不到 {path}（{error.strerror}）；临时文件夹 {entry.folder} 已销毁")
        return None
    return path


def say_left_over(entry: Gone, record: Path | None) -> None:
    """Tell the clerk what a killed command had left."""
    where = f"；记录在 {record}" if record else ""
    say(
        f"上次被强行中断的命令在 {entry.folder} 留下 {entry.files} 个临时文件（{entry.size / 1e6:,.1f} MB，已加密，"
        f"最后写于 {entry.last_used.astimezone():%Y-%m-%d %H:%M}），现已销毁{where}"
    )


def _place() -> Path:
    given = os.environ.get("XDG_STATE_HOME", "")
    state = Path(given) if given.startswith("/") else Path("~/.local/state").expanduser()
    return state / "sanzhao" / "spill.jsonl"
