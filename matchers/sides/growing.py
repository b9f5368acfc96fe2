"""The encoded columns of a table that is read batch by batch, collected in memory or in a spool."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.several import Numbers, one_after_another
from matchers.engine import Progress
from matchers.sides.spool import Spool
from matchers.sides.spooled_column import SpooledColumn
from matchers.sides.unread import Unread


class GrowingColumns:
    """Encoded columns of a known number of rows, filled in order; `unread` counts cells that give no value."""

    def __init__(self, rows: int, spool: Spool | None = None) -> None:
        self._rows, self._at, self._spool = rows, 0, spool
        self.unread: dict[str, Unread] = {}
        self._numbers: dict[str, npt.NDArray[Any]] = {}
        self._texts: dict[str, list[pa.Array]] = {}
        self._lists: dict[str, list[Numbers]] = {}
        self._spooled: dict[str, SpooledColumn] = {}

    def put(self, column: str, start: int, forms: Mapping[str, Any]) -> None:
        """Store the encoded forms of the rows from `start` of the current batch on; parts must come in order."""
        for form, values in forms.items():
            name = f"{column}_{form}"
            if self._spool is not None:
                if name not in self._spooled:
                    self._spooled[name] = SpooledColumn(self._spool)
                self._spooled[name].append(values)
            elif isinstance(values, np.ndarray):
                whole = self._numbers.get(name)
                if whole is None:
                    whole = self._numbers[name] = np.empty(self._rows, values.dtype)
                whole[self._at + start : self._at + start + len(values)] = values
            elif isinstance(values, Numbers):
                self._lists.setdefault(name, []).append(values)
            else:
                self._texts.setdefault(name, []).append(values)

    def count_unread(self, column: str, found: Unread) -> None:
        """Add to a column's counts of cells that give no value."""
        self.unread[column] = self.unread.get(column, Unread()) + found

    @property
    def rows(self) -> int:
        """The number of rows in finished batches."""
        return self._at

    def grown(self, rows: int) -> None:
        """Finish a batch of this number of rows."""
        self._at += rows

    def whole(self) -> dict[str, Any]:
        """All columns by name (`column_form`): numpy arrays, Arrow arrays, Numbers or spooled columns."""
        for column in self._spooled.values():
            column.finish()
        texts = {name: pa.chunked_array(parts).combine_chunks() for name, parts in self._texts.items()}
        lists = {name: one_after_another(parts) for name, parts in self._lists.items()}
        return {**self._numbers, **texts, **lists, **self._spooled}


class RowCounter:
    """Progress in encoded rows, shared by the threads of both sides."""

    def __init__(self, of: int, progress: Progress) -> None:
        self._done, self._of, self._progress = 0, of, progress
        self._lock = threading.Lock()
        self.turn = threading.Lock()
        """A lock held by a side during a step that needs much memory, so that only one side runs it."""

    def add(self, rows: int) -> None:
        """Add encoded rows and report the progress."""
        with self._lock:
            self._done += rows
            self._progress("读入（行）", self._done, self._of)
