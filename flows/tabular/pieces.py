"""A table in pieces that tasks read by themselves: row groups of Parquet files; any other file is one piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.tabular.columns import plain_columns
from flows.tabular.reading import ParquetRows, open_table, read_table
from schemas.errors import InputError
from schemas.rules import Rule

_ROWS_A_PIECE = 500_000


@dataclass(frozen=True)
class ParquetGroups:
    """Some row groups of a Parquet file; columns of few values come as dictionaries."""

    path: Path
    groups: tuple[int, ...]
    num_rows: int
    schema: pa.Schema
    dictionaries: tuple[str, ...]

    def select(self, names: Sequence[str]) -> ParquetGroups:
        """Only these columns."""
        return replace(self, schema=pa.schema([self.schema.field(name) for name in names]))

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in order."""
        with self.path.open("rb") as body, pq.ParquetFile(body, read_dictionary=list(self.dictionaries)) as file:
            for batch in file.iter_batches(
                self.num_rows or 1, row_groups=list(self.groups), columns=self.schema.names, use_threads=False
            ):
                yield plain_columns(batch)


@dataclass(frozen=True)
class WholeFile:
    """A file that is read at once: CSV or a workbook."""

    path: Path
    num_rows: int
    schema: pa.Schema

    def select(self, names: Sequence[str]) -> WholeFile:
        """Only these columns."""
        return replace(self, schema=pa.schema([self.schema.field(name) for name in names]))

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in order."""
        yield from read_table(self.path).select(self.schema.names).to_batches()


def table_pieces(path: Path, say: Callable[[str], None]) -> list[ParquetGroups | WholeFile]:
    """The pieces of a file, or of all Parquet files of a folder in the order of their names.

    Raises InputError where one cannot be read or a folder's files have different columns.
    """
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise InputError(
            "文件夹里没有 .parquet 文件",
            where=str(path),
            rule=Rule.NOT_A_TABLE,
            action="给一个文件，或放 Parquet 的文件夹",
        )
    result = [piece for file in files for piece in _pieces_of(file.absolute(), say)]
    if any(piece.schema != result[0].schema for piece in result):
        raise InputError(
            "文件夹里各文件的列不一样", where=str(path), rule=Rule.NOT_A_TABLE, action="各文件的列名、类型要一致"
        )
    return result


def _pieces_of(path: Path, say: Callable[[str], None]) -> Iterator[ParquetGroups | WholeFile]:
    table = open_table(path, say)
    if not isinstance(table, ParquetRows):
        yield WholeFile(path, table.num_rows, table.schema)
        return
    with path.open("rb") as body, pq.ParquetFile(body) as file:
        sizes = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    together: list[int] = []
    for number, rows in enumerate(sizes):
        if together and sum(sizes[entry] for entry in together) + rows > _ROWS_A_PIECE:
            yield _groups(table, together, sizes)
            together = []
        together.append(number)
    yield _groups(table, together, sizes)


def _groups(table: ParquetRows, numbers: list[int], sizes: list[int]) -> ParquetGroups:
    rows = sum(sizes[number] for number in numbers)
    return ParquetGroups(table.path, tuple(numbers), rows, table.schema, table.dictionaries)
