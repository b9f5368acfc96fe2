"""The run's DuckDB workspace: one encrypted file, used by one run alone, destroyed with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from flows.home.folders import private_folder
from matchers.engine import Options, connect, spilling_apart

MEMORY_LIMIT = "1200MB"
SPILL = "spill"
"""The folder beside a workspace into which every engine of its run spills."""


@contextmanager
def open_workspace(path: Path, key: str, options: Options | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the encrypted workspace at `path`; closed and flushed at the end.

    It spills, encrypted, beside the workspace, unless the options name another folder.
    """
    chosen = options or Options(memory=MEMORY_LIMIT)
    spill = private_folder(chosen.spill or path.parent / SPILL)
    with (
        _owner_only(),
        spilling_apart(replace(chosen, spill=spill)) as own,
        connect(own, checkpoint_threshold="512MB") as con,  # the log makes a step safe; tidying it costs a second
    ):
        con.execute(
            "attach $path as workspace (encryption_key $key)".replace("$path", _quoted(str(path))).replace(
                "$key", _quoted(key)
            )
        )
        con.execute("use workspace")
        yield con


@contextmanager
def _owner_only() -> Iterator[None]:
    """Whatever this process writes meanwhile, the engine's own files too, is its owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
