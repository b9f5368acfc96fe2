"""Chunks of encoded columns for tables larger than the memory limit: in memory while there is room, then in files.

Each chunk in a file is encrypted with AES-256-GCM. Without a work folder the key never leaves the process and files are
unlinked once they are open, so a killed command leaves nothing. With one, every chunk is in a file that keeps its name
and the key is the folder's, so that the next command can resume.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from matchers.engine import WorkFolder
from schemas.errors import InputError
from schemas.rules import Rule

Content = bytes | memoryview
_CODEC, _TRIED = "lz4", 1 << 14


class Spool:
    """A private folder of encrypted files, and the memory set aside for chunks. Raises OSError on a full disk.

    `work`: the folder of a command that can be resumed. `in_memory`: bytes of chunks kept in memory; none with `work`.
    `tile_rows`: rows of a side whose columns are loaded at a time where pairs are compared. `marks_at_once`: blocking
    keys of both sides sorted at a time.
    """

    def __init__(
        self,
        folder: Path,
        work: WorkFolder | None = None,
        *,
        in_memory: int = 0,
        tile_rows: int = 1 << 22,
        marks_at_once: int = 1 << 27,
    ) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._work = folder, work
        self._cipher = AESGCM(work.key if work is not None else AESGCM.generate_key(256))
        self._lock, self.bytes_written = threading.RLock(), 0
        self.tile_rows, self.marks_at_once = tile_rows, marks_at_once
        self._room = in_memory if work is None else 0

    def file(self) -> SpoolFile:
        """A new SpoolFile without chunks."""
        return SpoolFile(self)

    def opened_file(self) -> tuple[int, str]:
        """The descriptor and name of a new file on disk; without a work folder it is unlinked at once."""
        descriptor, path = tempfile.mkstemp(prefix="spooled-", dir=self._folder)
        if self._work is None:
            Path(path).unlink()
        return descriptor, Path(path).name

    def take_room(self, size: int) -> bool:
        """Whether `size` more bytes may stay in memory; if so they are reserved."""
        with self._lock:
            fits = size <= self._room
            self._room -= size if fits else 0
        return fits

    def give_room(self, size: int) -> None:
        """Release `size` reserved bytes."""
        with self._lock:
            self._room += size

    def reopened(self, note: Mapping[str, Any]) -> SpoolFile:
        """The file that a killed command finished, from its note. Raises InputError if it is missing or too short."""
        path = self._folder / note["file"]
        if not path.is_file() or path.stat().st_size < note["end"]:
            raise _damaged(self._folder)
        return SpoolFile(self, note, os.open(path, os.O_RDWR))

    def noted(self, what: str) -> Any | None:
        """The note of a finished part of the work; null where it is not finished or there is no work folder."""
        path = self._note_path(what)
        return json.loads(path.read_bytes()) if path is not None and path.is_file() else None

    def note(self, what: str, content: Any) -> None:
        """Write the note, as JSON, that a part of the work is finished; without a work folder nothing is written.

        Notes are not encrypted: they hold places of chunks and counts, no value of a table.
        """
        path = self._note_path(what)
        if path is not None:
            descriptor, fresh = tempfile.mkstemp(prefix=".note-", dir=self._folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(content).encode())
            Path(fresh).replace(path)

    def _note_path(self, what: str) -> Path | None:
        """The path of a note; null without a work folder."""
        return self._folder / f"done-{self._work.of}-{what}.json" if self._work is not None else None

    def seal(self, content: Content) -> tuple[bytes, bytes]:
        """A fresh 12-byte nonce and the content encrypted under it."""
        nonce = os.urandom(12)
        with self._lock:
            self.bytes_written += len(content)
        return nonce, self._cipher.encrypt(nonce, content, None)

    def opened(self, nonce: bytes, sealed: bytes) -> bytes:
        """The decrypted content. Raises InputError where it was altered."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            raise _damaged(self._folder) from None


def _damaged(folder: Path) -> InputError:
    """The error of a work folder whose files cannot be used."""
    return InputError(
        "工作文件夹里的文件坏了，不能接着做",
        where=str(folder),
        rule=Rule.WORK_DAMAGED,
        action="删去这个文件夹，重新运行",
    )


@dataclass(frozen=True)
class _Place:
    """The place of a chunk in its file. `length`: bytes of the uncompressed content if compressed by LZ4, else 0."""

    offset: int
    size: int
    nonce: bytes
    length: int


@dataclass(frozen=True)
class _Kept:
    """A chunk kept in memory; `length` as in _Place."""

    content: Content
    length: int


class SpoolFile:
    """Numbered chunks of bytes, each in memory or in the file; the file is made when the first chunk needs it.

    A chunk that is replaced is written again at the file's end. `bytes_put`: bytes put so far, uncompressed.
    """

    def __init__(self, spool: Spool, note: Mapping[str, Any] | None = None, descriptor: int | None = None) -> None:
        self._spool, self._descriptor = spool, descriptor
        self._name: str = note["file"] if note else ""
        self._end: int = note["end"] if note else 0
        self.bytes_put: int = note["put"] if note else 0
        self._places: list[_Place | _Kept] = []
        for offset, size, nonce, length in note["places"] if note else ():
            self._places.append(_Place(offset, size, bytes.fromhex(nonce), length))

    def note(self) -> dict[str, Any]:
        """What `Spool.reopened` needs to open the file again, as JSON; chunks in memory are left out."""
        places = [(at.offset, at.size, at.nonce.hex(), at.length) for at in self._places if isinstance(at, _Place)]
        return {"file": self._name, "end": self._end, "put": self.bytes_put, "places": places}

    def __len__(self) -> int:
        return len(self._places)

    def __del__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        for place in self._places:
            self._forget(place)

    def put(self, content: Content, number: int | None = None) -> None:
        """Append a chunk, or replace chunk `number`. Content may be kept uncopied: the caller must not change it."""
        self.bytes_put += len(content)
        shrunk = _shrunk(content)
        kept, length = (content, 0) if shrunk is None else (shrunk, len(content))
        if number is not None:
            self._forget(self._places[number])
        place = _Kept(kept, length) if self._spool.take_room(len(kept)) else self._written(kept, length)
        if number is None:
            self._places.append(place)
        else:
            self._places[number] = place

    def _written(self, content: Content, length: int) -> _Place:
        """Encrypt content and write it at the file's end."""
        if self._descriptor is None:
            self._descriptor, self._name = self._spool.opened_file()
        nonce, sealed = self._spool.seal(content)
        done = 0
        while done < len(sealed):
            done += os.pwrite(self._descriptor, memoryview(sealed)[done:], self._end + done)
        self._end += len(sealed)
        return _Place(self._end - len(sealed), len(sealed), nonce, length)

    def _read(self, place: _Place) -> bytes:
        """The decrypted bytes of a chunk in the file. Raises InputError where they were altered."""
        if self._descriptor is None:
            raise ValueError("a chunk of a file that was never made")
        return self._spool.opened(place.nonce, os.pread(self._descriptor, place.size, place.offset))

    def _forget(self, place: _Place | _Kept) -> None:
        """Release the memory of a chunk that was kept there."""
        if isinstance(place, _Kept):
            self._spool.give_room(len(place.content))

    def get(self, number: int) -> Content:
        """The content of chunk `number`, decompressed. Raises InputError where the file was altered."""
        place = self._places[number]
        content = place.content if isinstance(place, _Kept) else self._read(place)
        return memoryview(pa.decompress(content, place.length, codec=_CODEC)) if place.length else content


def _shrunk(content: Content) -> bytes | None:
    """The content compressed by LZ4 if its first 16 KiB shrink by over a third (masks, categories), else null.

    Smaller chunks leave more of them in memory, and disk traffic is what limits tables that do not fit.
    """
    if len(content) <= _TRIED or len(pa.compress(content[:_TRIED], codec=_CODEC, asbytes=True)) * 3 >= _TRIED * 2:
        return None
    return bytes(pa.compress(content, codec=_CODEC, asbytes=True))
