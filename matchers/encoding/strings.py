"""Strings of a column as whole-column integers of eight bytes, without making a Python string per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.typed import as_text

Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_PAD = 32
_ONES = np.array([0] + [(1 << 8 * size) - 1 for size in range(1, 9)], np.uint64)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STIR = np.uint64(0xC2B2AE3D27D4EB4F)


@dataclass(frozen=True)
class Strings:
    """The bytes of a string column, padded at both ends, and each row's start and length; null rows have length 0."""

    letters: Bytes
    starts: Rows
    lengths: Rows

    def _every(self) -> Words:
        """The eight bytes that begin at each byte."""
        return np.ndarray((len(self.letters) - 7,), "<u8", self.letters.data, strides=(1,))

    def raw_words(self, at: int = 0) -> Words:
        """Eight bytes of every row from a place up to 16 on, little-endian; behind a row's end stands anything."""
        return np.asarray(self._every()[self.starts + at if at else self.starts], np.uint64)

    def words(self, at: int = 0) -> Words:
        """Eight bytes of every row from a place on, zero behind the row's end."""
        every = self._every()
        found = every[np.minimum(self.starts + at, len(every) - 1)]
        found &= _ONES[np.clip(self.lengths - at, 0, 8)]
        return np.asarray(found, np.uint64)

    def last_words(self) -> Words:
        """The last eight bytes of every row; what stands before a shorter row is in it too."""
        return np.asarray(self._every()[self.starts + self.lengths - 8], np.uint64)

    def take(self, rows: Rows) -> pa.Array:
        """These rows as an Arrow column, null ones empty; Arrow's own `take` loads all it can compute."""
        lengths = self.lengths[rows]
        ends = np.cumsum(lengths)
        places = np.arange(int(lengths.sum())) + np.repeat(self.starts[rows] - ends + lengths, lengths)
        offsets = np.concatenate([[0], ends]).astype(np.int32)
        return pa.StringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(self.letters.take(places)))

    def with_texts(self, rows: Rows, texts: Sequence[str]) -> Strings:
        """The same with other texts in these rows; rows no longer stand in the order of their bytes."""
        other = strings_of(texts)
        starts, lengths = self.starts.copy(), self.lengths.copy()
        starts[rows], lengths[rows] = other.starts + len(self.letters), other.lengths
        return Strings(np.concatenate([self.letters, other.letters]), starts, lengths)

    def texts(self, rows: Rows) -> list[str]:
        """These rows as Python strings."""
        spans = zip(self.starts[rows].tolist(), self.lengths[rows].tolist(), strict=True)
        return [self.letters[start : start + length].tobytes().decode() for start, length in spans]


def strings(column: pa.Array | pa.ChunkedArray) -> Strings:
    """The parts of a column as text."""
    array = as_text(column)
    wide = np.int64 if pa.types.is_large_string(array.type) else np.int32
    valid, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, wide)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    first, last = (int(ends[0]), int(ends[-1])) if len(array) else (0, 0)
    letters = np.zeros(last - first + 2 * _PAD, np.uint8)
    if data is not None:
        letters[_PAD : len(letters) - _PAD] = np.frombuffer(data, np.uint8)[first:last]
    lengths = np.diff(ends)
    if valid is not None and array.null_count:
        lengths = np.where(_bits(valid, array.offset, len(array)), lengths, 0)
    return Strings(letters, ends[:-1] - first + _PAD, lengths)


def strings_of(texts: Sequence[str | None]) -> Strings:
    """The parts of Python strings; Arrow loads pandas to look at a list, which this does not."""
    encoded = [(text or "").encode() for text in texts]
    lengths = np.array([len(text) for text in encoded], np.int64)
    pad = bytes(_PAD)
    letters = np.frombuffer(b"".join((pad, *encoded, pad)), np.uint8)
    return Strings(letters, np.cumsum(lengths) - lengths + _PAD, lengths)


def text_array(texts: Sequence[str]) -> pa.Array:
    """Python strings as an Arrow column, likewise without pandas."""
    parts = strings_of(texts)
    ends = np.append(np.cumsum(parts.lengths) - parts.lengths, parts.lengths.sum()).astype(np.int32)
    letters = parts.letters[_PAD : len(parts.letters) - _PAD]
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(letters))


def row_array(rows: Rows) -> pa.Array:
    """Row numbers as an Arrow column to take by, likewise without pandas."""
    return pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(np.ascontiguousarray(rows, np.int64))])


def _bits(valid: pa.Buffer, offset: int, size: int) -> npt.NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
    return bits[offset : offset + size].astype(bool)


def dictionary_codes(column: pa.DictionaryArray, none: int) -> Rows:
    """Which value of its dictionary each row has; null rows get the number given."""
    indices = column.indices
    if not pa.types.is_int32(indices.type):
        indices = indices.cast(pa.int32())
    valid, data = indices.buffers()
    codes = np.frombuffer(data, np.int32)[indices.offset : indices.offset + len(indices)].astype(np.int64)
    if valid is not None and indices.null_count:
        codes[~_bits(valid, indices.offset, len(indices))] = none
    return codes


def matrix(parts: Strings, rows: Rows, length: int) -> Bytes:
    """These rows, all of so many bytes, one row each."""
    return np.asarray(parts.letters[parts.starts[rows][:, None] + np.arange(length)], np.uint8)


def sorted_rows(*columns: Strings) -> Rows:
    """Row numbers in the order of these columns' bytes, the first column before the next; null as if empty."""
    keys = [
        key
        for parts in columns
        for key in (
            *(parts.words(at).byteswap() for at in range(0, int(parts.lengths.max(initial=0)), 8)),
            parts.lengths,
        )
    ]
    return np.lexsort(keys[::-1])


def digests(parts: Strings) -> Words:
    """A 64-bit digest per row of the whole string, the same wherever the string stands; 0 for an empty one."""
    found = _stirred(parts.lengths.astype(np.uint64) * _STIR ^ parts.words(0))
    for at in range(8, int(parts.lengths.max(initial=0)), 8):
        rows = np.flatnonzero(parts.lengths > at)
        longer = Strings(parts.letters, parts.starts[rows], parts.lengths[rows])
        found[rows] = _stirred(found[rows] ^ longer.words(at))
    found |= np.uint64(1)
    found[parts.lengths == 0] = 0
    return found


def _stirred(words: Words) -> Words:
    words = words * _MIX
    return words ^ words >> np.uint64(32)
