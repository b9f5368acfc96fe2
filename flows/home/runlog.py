"""One JSON line per event of a run in `H/logs/`; names of steps, counts and seconds, never a value of a person."""

from __future__ import annotations

import json
import os
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from flows.home.folders import Home, private_folder

Plain = str | int | float | bool | None


def log_event(home: Home, event: str, **fields: Plain) -> Path:
    """Append one line to today's log and say which file it was.

    A disk that takes no line loses it, and the run goes on or fails by itself; a line it took half stays alone.
    """
    now = datetime.now(UTC)
    path = home.logs / f"sanzhao-{now:%Y%m%d}.jsonl"
    line = json.dumps({"at": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "event": event, **fields}, ensure_ascii=False)
    with suppress(OSError):
        append_line(path, f"{line}\n".encode())
    return path


def append_line(path: Path, line: bytes) -> None:
    """One write, so that lines of several processes do not mix; on a line of its own, whatever stands before."""
    private_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" + line if cut else line)
    finally:
        os.close(descriptor)


def log_crash(home: Home, error: BaseException, **fields: Plain) -> Path:
    """Log an unexpected error by its type and frames only: its message and locals may hold a person's data."""
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for part in _chain(error)
        for frame in traceback.extract_tb(part.__traceback__)
    ]
    kinds = " <- ".join(type(part).__name__ for part in _chain(error))
    return log_event(home, "crash", error=kinds, frames=" | ".join(frames), **fields)


def _chain(error: BaseException) -> list[BaseException]:
    parts: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in parts:
        parts.append(current)
        current = current.__cause__ or current.__context__
    return parts
