"""The search for names, IDs and phones of a drop in whatever a run leaves, compressed and sealed parts opened."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

from flows.home.keys import DistrictKey
from schemas.errors import HomeError

_ID, _PHONE = re.compile(r"(?<!\d)\d{17}[\dXx]"), re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_NAME_HEADERS = {"姓名", "党员姓名", "司机姓名", "经营者", "法定代表人", "书记", "流动党员姓名"}
_WORDS = {"合计"}  # a total's label that stands in a name column


@dataclass(frozen=True)
class Strings:
    """What must be found nowhere: full IDs and phones, clear names of two to four characters."""

    numbers: frozenset[str]
    names: frozenset[str]

    def found_in(self, text: str) -> set[str]:
        """Those that stand in a text."""
        numbers = {found.upper() for found in (*_ID.findall(text), *_PHONE.findall(text))} & self.numbers
        pieces = {text[at : at + size] for size in (2, 3, 4) for at in range(len(text))}
        return numbers | (pieces & self.names)

    def __len__(self) -> int:
        return len(self.numbers) + len(self.names)


def strings_of(drop: Path) -> Strings:
    """Every full ID and phone of the drop, and every clear name that stands under a header of names."""
    numbers: set[str] = set()
    names: set[str] = set()
    for rows in _sheets(drop):
        columns: list[int] = []
        for row in rows:
            numbers |= {found.upper() for cell in row for found in (*_ID.findall(cell), *_PHONE.findall(cell))}
            if found := [at for at, cell in enumerate(row) if cell in _NAME_HEADERS]:
                columns = found
                continue
            cells = (row[at].replace(" ", "") for at in columns if at < len(row))
            names |= {cell for cell in cells if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", cell)}
    return Strings(frozenset(numbers), frozenset(names - _WORDS))


def _sheets(drop: Path) -> Iterator[list[list[str]]]:
    for path in sorted(drop.rglob("*.*")):
        if path.suffix == ".csv":
            yield list(csv.reader(io.StringIO(_text(path.read_bytes()))))
        elif path.suffix == ".xlsx":
            book = CalamineWorkbook.from_path(path)
            for name in book.sheet_names:
                yield [[str(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "ignore")


def opened(root: Path, key: DistrictKey | None = None) -> Iterator[tuple[Path, str]]:
    """Every file under a folder but keys, as text: sealed ones with the key, archives part by part, tables by cells."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.parent.name != "keys":
            yield path, readable(path.read_bytes(), key)


def readable(data: bytes, key: DistrictKey | None) -> str:
    """What a file says to whoever can open it; its raw bytes as text too."""
    if data[:7] == b"SZSEAL1" and key is not None:
        try:
            return readable(key.unseal(data), key)
        except HomeError:
            return ""
    if data[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(data))
        rows = duckdb.from_arrow(table).fetchall()
        return "\n".join([*map(str, rows), str(table.schema.metadata)])
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(readable(archive.read(name), key) for name in archive.namelist())
    if data[:6] == b"SQLite":
        return database_text(data, key)
    return _text(data)


def database_text(data: bytes, key: DistrictKey | None = None) -> str:
    """Every cell of every table, and whatever the file's pages still hold of deleted ones."""
    with sqlite3.connect(":memory:") as con:
        con.deserialize(data[:18] + b"\x01\x01" + data[20:])  # out of WAL mode, which a copy in memory cannot have
        names = [name for (name,) in con.execute("select name from sqlite_master where type = 'table'")]
        cells = (cell for name in names for row in con.execute(f'select * from "{name}"') for cell in row)
        texts = [readable(cell, key) if isinstance(cell, bytes) else str(cell) for cell in cells]
    return "\n".join([*texts, data.decode("utf-8", "ignore")])
