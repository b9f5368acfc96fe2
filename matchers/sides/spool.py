"""Encoded columns in encrypted files: what two tables come to when they are larger than the memory a command may use.

Every column of a side is a file of chunks, each sealed by AES-256-GCM. Its key never leaves the process, so that nobody
reads what a killed command leaves behind; unless a work folder was asked for, where the key lies beside what is done
until the command has ended well, and the next one goes on from there. A spooled column answers what an array does
(length, a slice, some rows, all of it), and gives each answer as an array of its own: whoever reads one row range after
another holds one at a time.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.several import Numbers, one_after_another
from matchers.encoding.strings import row_array
from matchers.engine import WorkFolder
from schemas.errors import InputError
from schemas.rules import Rule

Seqs = npt.NDArray[np.int64]
CHUNK_ROWS = 1 << 17
"""Rows of one chunk: a megabyte of a column of eight bytes."""
_FORMS = ("same", "digits", "mask", "whole")
_CODEC, _TRIED = "lz4", 1 << 14


class Spool:
    """A private folder of sealed files, for as long as this object lives. Raises OSError where the disk is full.

    `work`: where what is done is noted, for a command that goes on where a killed one stopped. `tile_rows`: how many
    rows of a side are in memory at a time where pairs are compared; `marks_at_once`: how many keys where rows of equal
    keys are looked for.
    """

    def __init__(
        self, folder: Path, work: WorkFolder | None = None, *, tile_rows: int = 1 << 22, marks_at_once: int = 1 << 27
    ) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._work = folder, work
        self._cipher = AESGCM(work.key if work is not None else AESGCM.generate_key(256))
        self._lock, self.bytes_written = threading.Lock(), 0
        self.tile_rows, self.marks_at_once = tile_rows, marks_at_once

    def file(self) -> SpoolFile:
        """A new empty file."""
        descriptor, path = tempfile.mkstemp(prefix="spooled-", dir=self._folder)
        return SpoolFile(descriptor, Path(path).name, self)

    def reopened(self, note: Mapping[str, Any]) -> SpoolFile:
        """A file that a killed command had finished. Raises InputError where it is damaged."""
        path = self._folder / note["file"]
        if not path.is_file() or path.stat().st_size < note["end"]:
            raise _damaged(self._folder)
        return SpoolFile(os.open(path, os.O_RDWR), path.name, self, note)

    def noted(self, what: str) -> Any | None:
        """What was noted of a part of the work that is done; null where it is not."""
        path = self._note_path(what)
        return json.loads(path.read_bytes()) if path is not None and path.is_file() else None

    def note(self, what: str, content: Any) -> None:
        """Note that a part of the work is done, and where it lies: numbers of chunks alone, no value of a table."""
        path = self._note_path(what)
        if path is not None:
            descriptor, fresh = tempfile.mkstemp(prefix=".note-", dir=self._folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(content).encode())
            Path(fresh).replace(path)

    def _note_path(self, what: str) -> Path | None:
        return self._folder / f"done-{self._work.of}-{what}.json" if self._work is not None else None

    def seal(self, content: bytes) -> tuple[bytes, bytes]:
        """A nonce that is used once, and the content sealed with it."""
        nonce = os.urandom(12)
        with self._lock:
            self.bytes_written += len(content)
        return nonce, self._cipher.encrypt(nonce, content, None)

    def opened(self, nonce: bytes, sealed: bytes) -> bytes:
        """The content again. Raises InputError where it is damaged."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            raise _damaged(self._folder) from None


def _damaged(folder: Path) -> InputError:
    return InputError(
        "工作文件夹里的文件坏了，不能接着做",
        where=str(folder),
        rule=Rule.WORK_DAMAGED,
        action="删去这个文件夹，重新运行",
    )


@dataclass(frozen=True)
class _Place:
    """Where a chunk's newest content stands in its file."""

    offset: int
    size: int
    nonce: bytes


class SpoolFile:
    """Chunks of bytes, one after another; one that is put again stands at the file's end."""

    def __init__(self, descriptor: int, name: str, spool: Spool, note: Mapping[str, Any] | None = None) -> None:
        self._descriptor, self._name, self._spool = descriptor, name, spool
        self._end: int = note["end"] if note else 0
        self.bytes_put: int = note["put"] if note else 0
        self._places = [_Place(at, size, bytes.fromhex(nonce)) for at, size, nonce in note["places"]] if note else []

    def note(self) -> dict[str, Any]:
        """What finds the file's chunks again."""
        places = [(place.offset, place.size, place.nonce.hex()) for place in self._places]
        return {"file": self._name, "end": self._end, "put": self.bytes_put, "places": places}

    def __len__(self) -> int:
        return len(self._places)

    def __del__(self) -> None:
        os.close(self._descriptor)

    def put(self, content: bytes, number: int | None = None) -> None:
        """Keep one more chunk, or another content of one."""
        self.bytes_put += len(content)
        nonce, sealed = self._spool.seal(content)
        done = 0
        while done < len(sealed):
            done += os.pwrite(self._descriptor, memoryview(sealed)[done:], self._end + done)
        place = _Place(self._end, len(sealed), nonce)
        self._end += len(sealed)
        if number is None:
            self._places.append(place)
        else:
            self._places[number] = place

    def get(self, number: int) -> bytes:
        """A chunk's content."""
        place = self._places[number]
        sealed = os.pread(self._descriptor, place.size, place.offset)
        return self._spool.opened(place.nonce, sealed)


@dataclass(frozen=True)
class _Form:
    """How rows of a column become bytes and come back, and how parts are put together."""

    name: str
    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes | memoryview], Any]
    join: Callable[[list[Any]], Any]
    take: Callable[[Any, Seqs], Any]


def _form_of(values: Any) -> _Form:
    if isinstance(values, np.ndarray):
        return _array_form(values.dtype)
    return _FORMS_OF["numbers" if isinstance(values, Numbers) else "texts"]


def _array_form(kind: np.dtype[Any]) -> _Form:
    return _Form(
        kind.str, lambda one: np.ascontiguousarray(one).tobytes(), lambda content: np.frombuffer(content, kind),
        np.concatenate, lambda one, rows: one[rows],
    )  # fmt: skip


def _packed_texts(texts: pa.Array) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("values", texts.type)])) as stream:
        stream.write_batch(pa.record_batch([texts], ["values"]))
    return bytes(sink.getvalue())


def _unpacked_texts(content: bytes | memoryview) -> pa.Array:
    with pa.ipc.open_stream(content) as stream:
        return next(iter(stream)).column(0)


def _packed_numbers(numbers: Numbers) -> bytes:
    parts = [np.asarray(numbers.offsets, np.int64), *(getattr(numbers, name) for name in _FORMS)]
    sizes = np.array([len(parts[0]), len(parts[1])], np.int64)
    return b"".join(np.ascontiguousarray(one).tobytes() for one in (sizes, *parts))


def _unpacked_numbers(content: bytes | memoryview) -> Numbers:
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
    """One encoded column in a file of chunks; it is filled once, from the first row on."""

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
        """A column that a killed command had filled."""
        found = cls.__new__(cls)
        found._spool, found._file, found._chunk_rows = spool, spool.reopened(note["file"]), CHUNK_ROWS
        found._form = _FORMS_OF[note["form"]] if note["form"] in _FORMS_OF else _array_form(np.dtype(note["form"]))
        found._empty = found._form.take(found._form.unpack(_unshrunk(found._file.get(0))), np.zeros(0, np.int64))
        found._waiting, found._waiting_rows = [], 0
        found._rows, found._starts, found._last = note["rows"], note["starts"], None
        return found

    def note(self) -> dict[str, Any]:
        """What finds the column again."""
        return {"form": self._known().name, "rows": self._rows, "starts": self._starts, "file": self._file.note()}

    def append(self, values: Any) -> None:
        """The next rows."""
        if self._form is None:
            self._form = _form_of(values)
            self._empty = self._form.take(values, np.zeros(0, np.int64))
        self._waiting.append(values)
        self._waiting_rows += len(values)
        if self._waiting_rows >= self._chunk_rows:
            self.finish()

    def finish(self) -> None:
        """Write what waits; of no rows at all an empty chunk."""
        if self._waiting_rows or (self._waiting and not self._starts):
            self._file.put(_shrunk(self._known().pack(self._known().join(self._waiting))))
            self._starts.append(self._rows)
            self._rows += self._waiting_rows
        self._waiting, self._waiting_rows = [], 0

    def __len__(self) -> int:
        return self._rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        whole = np.asarray(self[0 : self._rows])
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, rows: Any) -> Any:
        """A slice of rows, or the rows of these numbers."""
        if not isinstance(rows, slice):
            return self.take(np.asarray(rows))
        start, stop, _ = rows.indices(self._rows)
        parts = []
        for number in range(self._chunk_at(start), len(self._starts)):
            first = self._starts[number]
            if first >= stop:
                break
            chunk = self._chunk(number)
            parts.append(chunk[max(start - first, 0) : stop - first] if not isinstance(chunk, Numbers)
                         else _some(chunk, max(start - first, 0), min(stop - first, len(chunk))))  # fmt: skip
        return self._joined(parts)

    def __setitem__(self, rows: Any, values: Any) -> None:
        """Other values in a slice of rows, or in the rows of these numbers; of numbers one value may do for all."""
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
                other = self._known().take(values, mine)
                chunk = self._known().take(self._known().join([chunk, other]), places)
            self._file.put(_shrunk(self._known().pack(chunk)), number)
            self._last = (number, chunk)

    def take(self, rows: Seqs) -> Any:
        """The rows of these numbers, in this order; each chunk they stand in is read once."""
        if not len(rows):
            return self._empty
        place = np.searchsorted(self._starts, rows, side="right") - 1
        ascending = bool((place[1:] >= place[:-1]).all())
        order = np.arange(len(rows)) if ascending else np.argsort(place.astype(np.int32), kind="stable")
        numbers, firsts = np.unique(place[order], return_index=True)
        ends = [*firsts[1:].tolist(), len(order)]
        parts = [
            self._known().take(self._chunk(number), rows[order[first:end]] - self._starts[number])
            for number, first, end in zip(numbers.tolist(), firsts.tolist(), ends, strict=True)
        ]
        found = self._joined(parts)
        if ascending:
            return found
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return self._known().take(found, back)

    def replaced(self, values: Any) -> SpooledColumn:
        """A column of other rows in the same spool."""
        found = SpooledColumn(self._spool, self._chunk_rows)
        for part in row_ranges(len(values), self._chunk_rows):
            found.append(_some(values, part.start, part.stop) if isinstance(values, Numbers) else values[part])
        found.finish()
        return found

    def _joined(self, parts: list[Any]) -> Any:
        if not parts:
            return self._empty
        return parts[0] if len(parts) == 1 else self._known().join(parts)

    def _chunk_at(self, row: int) -> int:
        return max(int(np.searchsorted(self._starts, row, side="right")) - 1, 0)

    def _chunk(self, number: int) -> Any:
        """A chunk's rows; the last one read is at hand, since slices are smaller than chunks."""
        last = self._last
        if last is not None and last[0] == number:
            return last[1]
        chunk = self._known().unpack(_unshrunk(self._file.get(number)))
        self._last = (number, chunk)
        return chunk

    def _known(self) -> _Form:
        if self._form is None:
            raise ValueError("a spooled column that was given no rows")
        return self._form


def _shrunk(content: bytes) -> bytes:
    """A chunk as it is kept: by LZ4 where that saves a third (masks and categories), behind its length; else as it is.

    The disk is what tables that do not fit wait for.
    """
    if len(content) > _TRIED and len(pa.compress(content[:_TRIED], codec=_CODEC, asbytes=True)) * 3 < _TRIED * 2:
        return len(content).to_bytes(8, "little") + bytes(pa.compress(content, codec=_CODEC, asbytes=True))
    return bytes(8) + content


def _unshrunk(kept: bytes) -> bytes | memoryview:
    length, content = int.from_bytes(kept[:8], "little"), memoryview(kept)[8:]
    return memoryview(pa.decompress(content, decompressed_size=length, codec=_CODEC)) if length else content


def _some(numbers: Numbers, start: int, stop: int) -> Numbers:
    return numbers.take(np.arange(start, stop, dtype=np.int64))


def row_ranges(rows: int, size: int) -> Iterator[slice]:
    """Ranges of so many rows; one empty range of no rows."""
    return (slice(start, min(start + size, rows)) for start in range(0, max(rows, 1), size))
