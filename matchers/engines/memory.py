"""Estimates of the memory two encoded tables need, and the spool that holds them where they exceed the limit."""

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
"""Per row while one blocking rule's rows are sorted: its key, its sort word and its place, 8 bytes each."""
_LEAST_TILE = 1 << 8
_PROGRAM_BYTES = 600_000_000
"""Memory for libraries, the batches being read and intermediate arrays: measured, with a margin."""
_FREE_SHARE = 0.8
"""The largest share of the machine's available memory that is used."""
_KEPT_SHARE = 0.8
"""The share of the remaining memory filled with chunks; the rest allows for fragmentation in the C library's heap."""
_KEPT_BYTES, _LARGEST_KEPT = 1 << 27, 1 << 25
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def memory_bytes(text: str) -> int:
    """A size such as `4GB` or `800MB` in bytes; units are decimal."""
    return int(text[:-2]) * _UNITS[text[-2:]]


def row_bytes(model: LinkModel) -> int:
    """Estimated bytes of one row's encoded columns and id; texts, lists and ids count by fixed averages."""
    return _ID_BYTES + sum(
        _form_bytes(values)
        for column in model.columns
        for values in model.kind(column).encode(pa.nulls(0, pa.string())).values()
    )


def _form_bytes(values: object) -> int:
    """Bytes of one row in one encoded column."""
    if isinstance(values, np.ndarray):
        return values.itemsize
    return _LIST_BYTES if isinstance(values, Numbers) else _TEXT_BYTES


@contextmanager
def room(left: Rows, right: Rows | None, model: LinkModel, options: Options) -> Iterator[Spool | None]:
    """A spool for the encoded columns if both tables need more than 3/4 of the memory limit, else null.

    Null also where the options name no spill folder: everything then stays in memory. With a work folder the answer is
    always a spool, all of whose chunks are in files there; they are not deleted here.
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
    """Bytes set aside beside the encoded columns: 24 a row, and at least a fifth of the memory limit.

    They are used in turn for the digests of all ids, the sort of one blocking rule's keys, and the columns of a tile.
    """
    return max(rows * _MARK_BYTES, memory // 5)


def free_bytes() -> int:
    """Bytes of available memory (MemAvailable of /proc/meminfo); sys.maxsize where that cannot be read."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return sys.maxsize
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), sys.maxsize)


def keep_freed_pages() -> None:
    """Set glibc's malloc to keep freed pages of arrays of a few megabytes for the next arrays; no effect elsewhere.

    Otherwise they return to the system, which zeroes them again for every slice of rows. On 1M x 1M rows the pages
    zeroed fell from 206,000 to 123,000, and processor time by a tenth.
    """
    with suppress(OSError, AttributeError, TypeError):
        settings = ctypes.CDLL(None).mallopt
        settings(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        settings(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        settings(_M_ARENA_MAX, 1)  # one arena, so that a thread can reuse pages another one freed
