"""One encoded column of a spooled side, with an array's interface: slices and row numbers give arrays in memory.

Reading one row range after another holds only that range and the last chunk in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.several import Numbers, one_after_another
from matchers.encoding.strings import row_array
from matchers.sides.spool import Content, Spool

Seqs = npt.NDArray[np.int64]
CHUNK_ROWS = 1 << 17
"""Rows of one chunk: 1 MiB of a column of eight bytes. All columns of a side are cut at the same rows, so that reading
them in these ranges needs no joining of chunks."""
_FORMS = ("same", "digits", "mask", "whole")


@dataclass(frozen=True)
class _Form:
    """How rows of one type of column are written as bytes, read back, concatenated and selected."""

    name: str
    pack: Callable[[Any], Content]
    unpack: Callable[[Content], Any]
    join: Callable[[list[Any]], Any]
    take: Callable[[Any, Seqs], Any]


def _form_of(values: Any) -> _Form:
    """The form of a numpy array, of Numbers, or of Arrow strings."""
    if isinstance(values, np.ndarray):
        return _array_form(values.dtype)
    return _FORMS_OF["numbers" if isinstance(values, Numbers) else "texts"]


def _array_form(kind: np.dtype[Any]) -> _Form:
    """The form of numpy arrays of one dtype, named by the dtype."""
    return _Form(
        kind.str,
        array_content,
        lambda content: np.frombuffer(content, kind),
        np.concatenate,
        lambda one, rows: one[rows],
    )


def array_content(values: npt.NDArray[Any]) -> memoryview:
    """A contiguous array's bytes, uncopied and read-only: the caller must not change the array afterwards."""
    return np.ascontiguousarray(values).view(np.uint8).data.toreadonly()


def _packed_texts(texts: pa.Array) -> memoryview:
    """Strings as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("values", texts.type)])) as stream:
        stream.write_batch(pa.record_batch([texts], ["values"]))
    return memoryview(sink.getvalue()).cast("B")


def _unpacked_texts(content: Content) -> pa.Array:
    """Strings read back from an Arrow IPC stream of one batch."""
    with pa.ipc.open_stream(content) as stream:
        return next(iter(stream)).column(0)


def _packed_numbers(numbers: Numbers) -> bytes:
    """Numbers as bytes: count of offsets, count of numbers, offsets, then same, digits, mask and whole."""
    parts = [np.asarray(numbers.offsets, np.int64), *(getattr(numbers, name) for name in _FORMS)]
    sizes = np.array([len(parts[0]), len(parts[1])], np.int64)
    return b"".join(np.ascontiguousarray(one).tobytes() for one in (sizes, *parts))


def _unpacked_numbers(content: Content) -> Numbers:
    """Numbers read back from the bytes of `_packed_numbers`."""
    rows, numbers = np.frombuffer(content, np.int64, 2).tolist()
    offsets = np.frombuffer(content, np.int64, rows, 16)
    at = 16 + 8 * rows
    words = [np.frombuffer(content, np.uint64, numbers, at + place * 8 * numbers) for place in range(3)]
    return Numbers(offsets, words[0], words[1], words[2], np.frombuffer(content, np.bool_, numbers, at + 24 * numbers))


_FORMS_OF = {
    "numbers": _Form(
        "numbers", _packed_numbers, _unpacked_numbers, one_after_another, lambda one, rows: one.take(rows)
    ),
    "texts": _Form(
        "texts", _packed_texts, _unpacked_texts, pa.concat_arrays, lambda one, rows: one.take(row_array(rows))
    ),
}


class SpooledColumn:
    """One encoded column, stored as chunks of rows in a SpoolFile; it is appended to in row order, then finished."""

    def __init__(self, spool: Spool, chunk_rows: int = CHUNK_ROWS) -> None:
        self._spool, self._file, self._chunk_rows = spool, spool.file(), chunk_rows
        self._form: _Form | None = None
        self._empty: Any = None
        self._waiting: list[Any] = []
        self._waiting_rows, self._rows = 0, 0
        self._starts: list[int] = []
        self._last: tuple[int, Any] | None = None

    @classmethod
    def reopened(cls, spool: Spool, note: Mapping[str, Any]) -> SpooledColumn:
        """The column that a killed command finished, from its note. Raises InputError where its file is damaged."""
        found = cls.__new__(cls)
        found._spool, found._file, found._chunk_rows = spool, spool.reopened(note["file"]), CHUNK_ROWS
        found._form = _FORMS_OF[note["form"]] if note["form"] in _FORMS_OF else _array_form(np.dtype(note["form"]))
        found._empty = found._form.take(found._form.unpack(found._file.get(0)), np.zeros(0, np.int64))
        found._waiting, found._waiting_rows = [], 0
        found._rows, found._starts, found._last = note["rows"], note["starts"], None
        return found

    def note(self) -> dict[str, Any]:
        """What `reopened` needs to open the column again, as JSON."""
        return {"form": self._column_form().name, "rows": self._rows, "starts": self._starts, "file": self._file.note()}

    def append(self, values: Any) -> None:
        """Add the next rows; every full chunk is written."""
        if self._form is None:
            self._form = _form_of(values)
            self._empty = self._form.take(values, np.zeros(0, np.int64))
        first = 0
        while self._waiting_rows + len(values) - first >= self._chunk_rows:
            last = first + self._chunk_rows - self._waiting_rows
            self._wait(_some(values, first, last))
            self.finish()
            first = last
        if first < len(values) or not len(values):
            self._wait(_some(values, first, len(values)))

    def _wait(self, values: Any) -> None:
        """Hold rows until a chunk is full."""
        self._waiting.append(values)
        self._waiting_rows += len(values)

    def finish(self) -> None:
        """Write the rows that wait as the last chunk; a column without rows gets one empty chunk."""
        if self._waiting_rows or (self._waiting and not self._starts):
            self._file.put(self._column_form().pack(self._column_form().join(self._waiting)))
            self._starts.append(self._rows)
            self._rows += self._waiting_rows
        self._waiting, self._waiting_rows = [], 0

    def __len__(self) -> int:
        return self._rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        whole = np.asarray(self[0 : self._rows])
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, rows: Any) -> Any:
        """The rows of a slice (its step is ignored), or of an array of row numbers, in memory."""
        if not isinstance(rows, slice):
            return self.take(np.asarray(rows))
        start, stop, _ = rows.indices(self._rows)
        parts = []
        for number in range(self._chunk_at(start), len(self._starts)):
            first = self._starts[number]
            if first >= stop:
                break
            chunk = self._chunk(number)
            parts.append(_some(chunk, max(start - first, 0), min(stop - first, len(chunk))))
        return self._joined(parts)

    def __setitem__(self, rows: Any, values: Any) -> None:
        """Replace the rows of a slice or of row numbers, rewriting their chunks. A scalar fills numpy columns."""
        seqs = np.arange(*rows.indices(self._rows)) if isinstance(rows, slice) else np.asarray(rows)
        place = np.searchsorted(self._starts, seqs, side="right") - 1
        for number in np.unique(place).tolist():
            mine = np.flatnonzero(place == number)
            chunk = self._chunk(number)
            at = seqs[mine] - self._starts[number]
            if isinstance(chunk, np.ndarray):
                chunk = chunk.copy()
                chunk[at] = values if np.ndim(values) == 0 else np.asarray(values)[mine]
            else:
                places = np.arange(len(chunk))
                places[at] = len(chunk) + np.arange(len(mine))
                other = self._column_form().take(values, mine)
                chunk = self._column_form().take(self._column_form().join([chunk, other]), places)
            self._file.put(self._column_form().pack(chunk), number)
            self._last = (number, chunk)

    def take(self, rows: Seqs) -> Any:
        """The given rows in the given order, in memory; each chunk is read once at most."""
        if not len(rows):
            return self._empty
        if (rows[1:] >= rows[:-1]).all():
            return self._taken(rows)
        place = np.searchsorted(self._starts, rows, side="right") - 1
        order = np.argsort(place.astype(np.uint16 if len(self._starts) < 1 << 16 else np.int64), kind="stable")
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return self._column_form().take(self._taken(rows[order]), back)

    def _taken(self, rows: Seqs) -> Any:
        """The given rows, which must be grouped by chunk, chunks ascending."""
        ends = [*np.searchsorted(rows, self._starts[1:]).tolist(), len(rows)]
        parts, first = [], 0
        for number, end in enumerate(ends):
            if end > first:
                parts.append(self._column_form().take(self._chunk(number), rows[first:end] - self._starts[number]))
            first = end
        return self._joined(parts)

    def replaced(self, values: Any) -> SpooledColumn:
        """A new finished column of these values in the same spool."""
        found = SpooledColumn(self._spool, self._chunk_rows)
        for part in row_ranges(len(values), self._chunk_rows):
            found.append(_some(values, part.start, part.stop))
        found.finish()
        return found

    def _joined(self, parts: list[Any]) -> Any:
        """Parts of chunks as one array; an empty one of the column's type where there are none."""
        if not parts:
            return self._empty
        return parts[0] if len(parts) == 1 else self._column_form().join(parts)

    def _chunk_at(self, row: int) -> int:
        """The number of the chunk that holds a row."""
        return max(int(np.searchsorted(self._starts, row, side="right")) - 1, 0)

    def _chunk(self, number: int) -> Any:
        """The rows of one chunk; the last chunk read is cached, since slices are often smaller than chunks."""
        last = self._last
        if last is not None and last[0] == number:
            return last[1]
        chunk = self._column_form().unpack(self._file.get(number))
        self._last = (number, chunk)
        return chunk

    def _column_form(self) -> _Form:
        """The column's form. Raises ValueError before the first rows were appended."""
        if self._form is None:
            raise ValueError("a spooled column that was given no rows")
        return self._form


def _some(values: Any, start: int, stop: int) -> Any:
    """The rows from `start` up to `stop`; all rows are given uncopied."""
    if start == 0 and stop == len(values):
        return values
    return values.take(np.arange(start, stop)) if isinstance(values, Numbers) else values[start:stop]


def row_ranges(rows: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` rows; one empty slice where there are no rows."""
    return (slice(start, min(start + size, rows)) for start in range(0, max(rows, 1), size))
