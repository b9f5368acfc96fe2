"""The embedded engine: every DuckDB connection of the packages is opened here, with limits that somebody set.

A connection writes outside of its tables only where it is given a folder for that (`Options.spill`): the run's own, or
a command's private one. What goes there is encrypted under a key that never leaves the process. Without a folder it
never spills: what does not fit ends as OutOfMemoryException, and nothing is left lying about.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import duckdb
import pyarrow as pa

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


def silent(what: str, done: int, of: int) -> None:
    """Progress that nobody watches."""


_Config = dict[str, str | bool | int | float | list[str]]


@dataclass(frozen=True)
class WorkFolder:
    """A folder in which unfinished work is kept. `of`: what work, by its inputs; `key`: seals it."""

    folder: Path
    of: str
    key: bytes


@dataclass(frozen=True)
class Options:
    """How the engine may use the machine; the rows that come out do not depend on it."""

    threads: int = 2
    memory: str = "4GB"
    spill: Path | None = None
    """A private folder: each connection spills into a folder of its own in there. Null: never."""
    progress: Progress = silent
    work: WorkFolder | None = None
    """A folder in which work that is killed is kept, for the next command to go on from."""


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
    with connect() as con:
        con.load_extension(str(path))
    return str(path)


def connect(options: Options | None = None, **more: str) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that fetches nothing and spills nowhere but, encrypted, right into `options.spill`."""
    options = options or Options()
    config: _Config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "threads": str(options.threads),
        "memory_limit": options.memory,
        "temp_directory": "",
    }
    if options.spill is None:
        return duckdb.connect(config={**config, **more})
    crypto = _signed(extension_path("httpfs"))
    config |= {
        "temp_directory": str(options.spill),
        "temp_file_encryption": "true",
        "allow_unsigned_extensions": "true",  # the one that is loaded was held against its signature above
    }
    con = duckdb.connect(config={**config, **more})
    con.load_extension(crypto)  # DuckDB encrypts nothing it writes without it
    return con


@contextmanager
def spilling_apart(options: Options | None) -> Iterator[Options]:
    """The options with a folder of one connection's own in their spill folder, which goes with the connection."""
    if options is None or options.spill is None:
        yield options or Options()
        return
    options.spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="engine-", dir=options.spill))
    try:
        yield replace(options, spill=own)
    finally:
        shutil.rmtree(own, ignore_errors=True)


@contextmanager
def embedded(options: Options | None = None, **tables: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection with the given Arrow tables registered by name."""
    with spilling_apart(options) as own, connect(own) as con:
        con.execute("set enable_progress_bar = false")
        for name, table in tables.items():
            con.register(name, table)
        yield con


@contextmanager
def spilling_later(
    options: Options | None = None,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Callable[[], None]]]:
    """An in-memory connection, and what lets it spill: most small tables never do, and its encryption loads slowly."""
    with spilling_apart(options) as own, embedded(replace(own, spill=None)) as con:
        yield con, partial(_spill_into, con, own.spill)


def _spill_into(con: duckdb.DuckDBPyConnection, folder: Path | None) -> None:
    """Let an open connection spill, encrypted. Raises duckdb.IOException where the extension is not its makers'."""
    if folder is None:
        return
    con.load_extension(str(extension_path("httpfs")))
    con.execute("set temp_file_encryption = true")
    quoted = str(folder).replace("'", "''")  # not bound: DuckDB loads pandas to look at bound values
    con.execute(f"set temp_directory = '{quoted}'")
