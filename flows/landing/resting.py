"""Files that rest: whole bytes of what nobody is still writing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

_PATIENCE_SECONDS, _LOOK_SECONDS = 30.0, 0.1


class MovingError(OSError):
    """The file changed while it was read, or has not rested in time."""


class TooLargeError(ValueError):
    """The file holds more bytes than are taken."""


def still_moving(paths: Iterable[Path], settle_seconds: float) -> set[Path]:
    """The files that would not rest: wait until each is older than the settling time, or unchanged for as long.

    Files whose last change lies further back cost nothing; the wait is one for all, and ends after half a minute.
    """
    begun = time.monotonic()
    seen = {path: (_mark(path), begun) for path in paths}
    moving = {path for path in seen if settle_seconds and _is_young(path, settle_seconds)}
    while moving and time.monotonic() - begun < max(_PATIENCE_SECONDS, settle_seconds * 2):
        time.sleep(_LOOK_SECONDS)
        now = time.monotonic()
        for path in sorted(moving):
            mark, since = seen[path]
            if (result := _mark(path)) != mark:
                seen[path] = result, now
            elif now - since >= settle_seconds or not _is_young(path, settle_seconds):
                moving.discard(path)
    return moving


def read_resting(path: Path, most: int) -> tuple[bytes, os.stat_result]:
    """The bytes of a file that is the same after reading as before, never through a link.

    Raises MovingError where it is not, TooLargeError beyond `most` bytes, OSError where it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as body:
        before = os.fstat(descriptor)
        if before.st_size > most:
            raise TooLargeError
        data = body.read(most + 1)
        after = os.fstat(descriptor)
    if len(data) != before.st_size or _state(after) != _state(before):
        raise MovingError
    return data, after


def _is_young(path: Path, seconds: float) -> bool:
    mark = _mark(path)
    return mark is not None and time.time() - mark[1] / 1e9 < seconds


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        return _state(path.stat(follow_symlinks=False))
    except OSError:
        return None


def _state(state: os.stat_result) -> tuple[int, int]:
    return state.st_size, state.st_mtime_ns
