"""An empty state store of the newest revision, made once a process: to walk all revisions costs each home 0.25 s."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from flows.home.folders import Home, write_private
from flows.home.store import opened_store


def with_empty_store(home: Home) -> Home:
    """Give a home that has no store yet the one that opening it would make."""
    path = home.state / "sanzhao.db"
    if not path.exists():
        write_private(path, _empty_store())
    return home


@cache
def _empty_store() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        home.make()
        with opened_store(home):
            pass
        return (home.state / "sanzhao.db").read_bytes()
