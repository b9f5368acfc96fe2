"""What two tables need in memory, and where they lie if they need more than a command may use."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
_TILES_AT_ONCE = 5
"""A tile's two ranges take two fifths of the memory set; its pairs and their levels have the rest."""


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

    Without a folder to spill into, everything stays in memory. In a work folder everything lies in a spool, and stays.
    """
    rows = left.num_rows + (right.num_rows if right is not None else 0)
    memory = memory_bytes(options.memory)
    fits = rows * (row_bytes(model) + _MARK_BYTES) <= memory * 3 // 4
    if options.work is None and (options.spill is None or fits):
        yield None
        return
    most = max(memory // (_TILES_AT_ONCE * row_bytes(model)), _LEAST_TILE)
    largest = max(left.num_rows, right.num_rows if right is not None else 0)
    tile_rows = -(-largest // -(-largest // most))
    marks = min(memory // 32, MARKS_AT_ONCE)
    if options.work is not None:
        yield Spool(options.work.folder, options.work, tile_rows=tile_rows, marks_at_once=marks)
        return
    if options.spill is not None:
        options.spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="columns-", dir=options.spill) as folder:
        yield Spool(Path(folder), tile_rows=tile_rows, marks_at_once=marks)
