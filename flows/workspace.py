"""The run's DuckDB workspace: one encrypted file, used by one run alone, destroyed with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from flows.home import private_folder

MEMORY_LIMIT = "1200MB"


def extension_path(name: str) -> Path:
    """The packaged DuckDB extension file, so that nothing is fetched from a network."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"duckdb_extension_{name} is not installed")
    root = Path(spec.origin).parent
    return next(root.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension"))


@cache
def _signed(path: Path) -> str:
    """An extension whose makers' signature DuckDB has found good in this process: that takes it 0.15 s each time.

    Raises duckdb.IOException when it is not good.
    """
    with duckdb.connect() as con:
        con.load_extension(str(path))
    return str(path)


@contextmanager
def open_workspace(
    path: Path, key: str, *, threads: int = 2, memory_limit: str = MEMORY_LIMIT
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the encrypted workspace at `path`; closed and flushed at the end."""
    private_folder(path.parent)
    crypto = _signed(extension_path("httpfs"))
    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_unsigned_extensions": "true",  # the one that is loaded was held against its signature above
            "memory_limit": memory_limit,
            "threads": str(threads),
            "temp_directory": str(path.parent / "spill"),
            "checkpoint_threshold": "512MB",  # the log alone makes a step safe; tidying it up costs a second a night
        }
    )
    try:
        con.load_extension(crypto)
        con.execute(
            "attach $path as workspace (encryption_key $key)".replace("$path", _quoted(str(path))).replace(
                "$key", _quoted(key)
            )
        )
        con.execute("use workspace")
        yield con
    finally:
        con.close()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
