"""Landing copies past their retention, destroyed one night at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from flows.home import Home


def purge_landing(home: Home, *, today: date, retention_days: int = 30) -> list[str]:
    """Destroy the nights whose retention is over; gives what was destroyed as `date/run_id`, oldest first."""
    oldest_kept = today - timedelta(days=retention_days)
    gone = []
    for night, folder in _nights(home.landing):
        if night < oldest_kept:
            runs = sorted(path.name for path in folder.iterdir())
            shutil.rmtree(folder)
            gone += [f"{folder.name}/{run}" for run in runs]
    return gone


def _nights(landing: Path) -> Iterator[tuple[date, Path]]:
    for folder in sorted(landing.iterdir()) if landing.is_dir() else ():
        try:
            yield date.fromisoformat(folder.name), folder
        except ValueError:
            continue
