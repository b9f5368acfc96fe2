"""One JSON line per event of a run in `H/logs/`; names of steps, counts and seconds, never a value of a person."""

from __future__ import annotations

import json
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from flows.home import Home, private_folder

Plain = str | int | float | bool | None


def log_event(home: Home, event: str, **fields: Plain) -> Path:
    """Append one line to today's log and say which file it was."""
    now = datetime.now(UTC)
    path = private_folder(home.logs) / f"sanzhao-{now:%Y%m%d}.jsonl"
    line = json.dumps({"at": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "event": event, **fields}, ensure_ascii=False)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    return path


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
