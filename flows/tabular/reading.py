"""One table per file that a command is given; what the bytes are decides how they are read, not the file's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.tabular.columns import plain_columns
from schemas.errors import InputError
from schemas.rules import Rule

Say = Callable[[str], None]
"""Told one Chinese line about what was noticed in reading."""
_ROWS_AT_ONCE = 122_880
_DICTIONARY_BYTES = 11
_PARQUET, _LOCKED = b"PAR1", b"PARE"
_NOT_TEXT = (
    b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"Rar!", b"7z\xbc\xaf",
    b"\x1f\x8b", b"SQLite format 3", b"\x7fELF",
)  # fmt: skip


def silent(line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class ParquetRows:
    """A Parquet file read piece by piece; columns of few values come as dictionaries."""

    path: Path
    num_rows: int
    schema: pa.Schema
    dictionaries: tuple[str, ...]

    def select(self, names: Sequence[str]) -> ParquetRows:
        """Only these columns."""
        schema = pa.schema([self.schema.field(name) for name in names])
        return ParquetRows(self.path, self.num_rows, schema, self.dictionaries)

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in order. Raises InputError where the file breaks off."""
        with (
            _readable(self.path),
            self.path.open("rb") as body,
            pq.ParquetFile(body, read_dictionary=list(self.dictionaries), pre_buffer=False) as file,
        ):
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=self.schema.names, use_threads=False):
                yield plain_columns(batch)


def open_table(path: Path, say: Say = silent) -> ParquetRows | pa.Table:
    """A table to be read once, piece by piece where it is Parquet. Raises InputError where it cannot be read."""
    with _readable(path):
        if not _is_parquet(path):
            return read_table(path, say)
        with path.open("rb") as body, pq.ParquetFile(body) as file:
            _distinct(file.schema_arrow.names, path)
            return ParquetRows(path, file.metadata.num_rows, file.schema_arrow, _of_few_values(file.metadata))
    raise AssertionError("unreachable")


def read_table(path: Path, say: Say = silent) -> pa.Table:
    """One row per row of the file; but for Parquet every column is text and an empty cell null.

    Raises InputError where it cannot be read, or where lines are damaged, with their numbers.
    """
    with _readable(path):
        if _is_parquet(path):
            with path.open("rb") as body, pq.ParquetFile(body, pre_buffer=False) as file:
                _distinct(file.schema_arrow.names, path)
                return plain_columns(file.read(use_threads=False))
        data = path.read_bytes()
        if data.startswith(_LOCKED):
            raise InputError(
                "Parquet 加了密，打不开", where=str(path), rule=Rule.PASSWORD_PROTECTED, action="给没有加密的表"
            )
        if data.startswith(_NOT_TEXT):
            from flows.tabular.workbook import read_book

            return read_book(data, str(path), say)
        from flows.tabular.delimited import read_delimited  # loads slowly, and Parquet does without it

        return read_delimited(data, str(path), say)
    raise AssertionError("unreachable")


def _is_parquet(path: Path) -> bool:
    if path.is_dir():
        raise InputError(
            "是文件夹，不是文件", where=str(path), rule=Rule.NOT_A_TABLE, action="给出文件夹里那一个表的路径"
        )
    if not path.is_file():
        path.stat()
        return False  # a pipe cannot be looked at twice
    with path.open("rb") as body:
        return body.read(len(_PARQUET)) == _PARQUET


def _distinct(names: Sequence[str], path: Path) -> None:
    from flows.tabular.columns import refuse_same_names

    refuse_same_names(names, str(path))


def _of_few_values(metadata: pq.FileMetaData) -> tuple[str, ...]:
    """Text columns that take so few bytes a row that their values must repeat."""
    if not metadata.num_row_groups:
        return ()
    group = metadata.row_group(0)
    columns = (group.column(place) for place in range(group.num_columns))
    return tuple(
        column.path_in_schema
        for column in columns
        if column.physical_type == "BYTE_ARRAY"
        and column.total_uncompressed_size < _DICTIONARY_BYTES * max(group.num_rows, 1)
    )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InputError("没有这个文件", where=str(path), rule=Rule.NO_FILE, action="核对路径") from None
    except PermissionError:
        raise InputError(
            "没有权限读取", where=str(path), rule=Rule.NO_PERMISSION, action="请管理员开读取权限"
        ) from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"读不了：{type(error).__name__}",
            where=str(path),
            rule=Rule.NOT_A_TABLE,
            action="文件可能损坏；给 .parquet、.xlsx，或首行为列名的 .csv",
        ) from None
