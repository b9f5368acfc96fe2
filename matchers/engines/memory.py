"""What two tables need in memory, and where they lie if they need more than a command may use."""

from __future__ import annotations

import ctypes
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pyarrow as pa

from matchers.blocking.plan import MARKS_AT_ONCE
from matchers.encoding.several import Numbers
from matchers.engine import Options
from matchers.model.link_model import LinkModel
from matchers.sides.named_rows import Rows
from matchers.sides.spool import Spool

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
_TEXT_BYTES, _LIST_BYTES, _ID_BYTES = 12, 34, 16
_MARK_BYTES = 24
"""A row's key, its mark and its place among the marks while one rule's rows are sorted."""
_LEAST_TILE = 1 << 8
_PROGRAM_BYTES = 600_000_000
"""Libraries, the pieces of the tables that are being read, and what is worked on: measured, with room to spare."""
_FREE_SHARE = 0.8
"""Of the memory that the machine has to give, so much is taken at most."""
_KEPT_SHARE = 0.8
"""Of the room that is left, so much is filled with chunks: between them lies what the C library cannot give away."""
_KEPT_BYTES, _LARGEST_KEPT = 1 << 27, 1 << 25
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def memory_bytes(text: str) -> int:
    """A size as options give it, `4GB` or `800MB`, in bytes."""
    return int(text[:-2]) * _UNITS[text[-2:]]


def row_bytes(model: LinkModel) -> int:
    """Bytes that one row's encoded columns and id take."""
    return _ID_BYTES + sum(
        _form_bytes(values)
        for column in model.columns
        for values in model.kind(column).encode(pa.nulls(0, pa.string())).values()
    )


def _form_bytes(values: object) -> int:
    if isinstance(values, np.ndarray):
        return values.itemsize
    return _LIST_BYTES if isinstance(values, Numbers) else _TEXT_BYTES


@contextmanager
def room(left: Rows, right: Rows | None, model: LinkModel, options: Options) -> Iterator[Spool | None]:
    """A spool where both tables would need more than three quarters of the memory set; null where they fit.

    Without a folder to spill into, everything stays in memory. In a work folder everything lies in files, and stays.
    """
    keep_freed_pages()
    rows = left.num_rows + (right.num_rows if right is not None else 0)
    memory, row = memory_bytes(options.memory), row_bytes(model)
    fits = rows * (row + _MARK_BYTES) <= memory * 3 // 4
    if options.work is None and (options.spill is None or fits):
        yield None
        return
    working = working_bytes(rows, memory)
    tile_rows, marks = max(working // (2 * row), _LEAST_TILE), min(working // _MARK_BYTES, MARKS_AT_ONCE)
    if options.work is not None:
        yield Spool(options.work.folder, options.work, tile_rows=tile_rows, marks_at_once=marks)
        return
    left_over = min(memory, int(free_bytes() * _FREE_SHARE)) - _PROGRAM_BYTES - working
    kept = max(int(left_over * _KEPT_SHARE), 0)
    if options.spill is not None:
        options.spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="columns-", dir=options.spill) as folder:
        yield Spool(Path(folder), in_memory=kept, tile_rows=tile_rows, marks_at_once=marks)


def working_bytes(rows: int, memory: int) -> int:
    """Bytes for what is worked on beside the encoded columns.

    At first digests of all ids, then the marks of as many keys as there is room for, then the columns of a tile's rows.
    """
    return max(rows * _MARK_BYTES, memory // 5)


def free_bytes() -> int:
    """Bytes of memory that the machine has to give, as Linux tells; elsewhere as much as anybody asks for."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return sys.maxsize
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), sys.maxsize)


def keep_freed_pages() -> None:
    """Let the C library keep pages that arrays of a few megabytes gave back, for the next ones.

    It gives them back to the system otherwise, which clears them anew for every slice of rows: of 1M x 1M rows 206,000
    pages were cleared so, now 123,000, and a tenth of the processor time is saved. Of no effect outside glibc.
    """
    with suppress(OSError, AttributeError, TypeError):
        settings = ctypes.CDLL(None).mallopt
        settings(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        settings(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        settings(_M_ARENA_MAX, 1)  # what one thread gave back the other may have
