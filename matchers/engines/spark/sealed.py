"""Bytes that tasks keep for each other in sealed files of one private folder, and columns of pieces by name.

Every content is sealed by AES-256-GCM under a key that only the processes of this command have: what a killed command
leaves behind nobody reads. The folder is one that every task reaches.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from matchers.engines.spark.columns import columns_of, packed_columns
from schemas.errors import HomeError
from schemas.rules import Rule

_NONCE = 12
_END = struct.Struct("<QQ")


def new_key() -> bytes:
    """A key for one command."""
    return os.urandom(32)


@dataclass(frozen=True)
class SealedFolder:
    """A folder of sealed files. Raises OSError where the disk is full, HomeError where a file is damaged."""

    folder: Path
    key: bytes = field(repr=False)

    @cached_property
    def cipher(self) -> Any:
        """What seals and opens."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self.key)

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder, "key": self.key}

    def writer(self) -> SealedWriter:
        """A new file under a name nobody can foresee."""
        descriptor, path = tempfile.mkstemp(prefix="sealed-", dir=self.folder)
        return SealedWriter(descriptor, Path(path), self)

    def read(self, file: str, offset: int, size: int) -> bytes:
        """The content that stands there."""
        with (self.folder / file).open("rb") as body:
            return self.opened(os.pread(body.fileno(), size, offset))

    def opened(self, sealed: bytes) -> bytes:
        """A sealed content again."""
        from cryptography.exceptions import InvalidTag

        try:
            return bytes(self.cipher.decrypt(sealed[:_NONCE], memoryview(sealed)[_NONCE:], None))
        except InvalidTag:
            raise HomeError("Spark 任务的中间文件坏了，没有写出结果", rule=Rule.SPARK, action="重新运行") from None

    def keep(self, name: str, columns: Mapping[str, Any]) -> None:
        """Keep columns under a name; a task done twice keeps the same again."""
        with self.writer() as file:
            places = {column: file.put(packed_columns({column: values})) for column, values in columns.items()}
            file.end(places)
        file.path.replace(self.folder / name)

    def kept(self, *names: str) -> KeptColumns:
        """Columns that were kept under these names; of one column the last one's."""
        return KeptColumns(self, names)


class SealedWriter:
    """A file of sealed contents, one after another."""

    def __init__(self, descriptor: int, path: Path, folder: SealedFolder) -> None:
        self._file, self.path, self._folder, self._at = os.fdopen(descriptor, "wb"), path, folder, 0

    def __enter__(self) -> SealedWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, content: bytes) -> tuple[int, int]:
        """Seal a content; where it stands and how long it is."""
        nonce = os.urandom(_NONCE)
        sealed = self._folder.cipher.encrypt(nonce, content, None)
        place = self._at, _NONCE + len(sealed)
        self._file.write(nonce)
        self._file.write(sealed)
        self._at += place[1]
        return place

    def end(self, places: Mapping[str, tuple[int, int]]) -> None:
        """Write where each column stands."""
        self._file.write(_END.pack(*self.put(json.dumps(places).encode())))


class KeptColumns(MutableMapping[str, Any]):
    """Columns in sealed files, each read when it is first asked for; what is set stays in memory."""

    def __init__(self, folder: SealedFolder, names: tuple[str, ...]) -> None:
        self._folder, self._own = folder, dict[str, Any]()
        self._set: set[str] = set()
        self._places: dict[str, tuple[str, int, int]] = {}
        for name in names:
            found = _index(folder, name)
            self._places |= {column: (name, offset, size) for column, (offset, size) in found.items()}

    def __getitem__(self, column: str) -> Any:
        if column not in self._own:
            content = self._folder.read(*self._places[column])
            values = columns_of(pa.py_buffer(content))[column]
            self._own[column] = values.copy() if isinstance(values, np.ndarray) else values
        return self._own[column]

    def __setitem__(self, column: str, values: Any) -> None:
        self._own[column] = values
        self._set.add(column)
        self._places.setdefault(column, ("", 0, 0))

    def __delitem__(self, column: str) -> None:
        del self._places[column]
        self._own.pop(column, None)
        self._set.discard(column)

    @property
    def changed(self) -> dict[str, Any]:
        """Columns that were set since."""
        return {column: self._own[column] for column in self._set}

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _index(folder: SealedFolder, name: str) -> dict[str, tuple[int, int]]:
    with (folder.folder / name).open("rb") as body:
        body.seek(-_END.size, os.SEEK_END)
        offset, size = _END.unpack(body.read(_END.size))
        return dict(json.loads(folder.opened(os.pread(body.fileno(), size, offset))))
