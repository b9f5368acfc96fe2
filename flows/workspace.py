"""The run's DuckDB workspace: one encrypted file, used by one run alone, destroyed with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def open_workspace(
    path: Path, key: str, *, threads: int = 2, memory_limit: str = MEMORY_LIMIT
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the encrypted workspace at `path`; closed and flushed at the end."""
    private_folder(path.parent)
    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory_limit,
            "threads": str(threads),
            "temp_directory": str(path.parent / "spill"),
            "checkpoint_threshold": "512MB",  # the log alone makes a step safe; tidying it up costs a second a night
        }
    )
    try:
        con.load_extension(str(extension_path("httpfs")))
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
