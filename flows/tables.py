"""Tables that commands are given: Parquet, or CSV in UTF-8 or GB18030, every column as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import InputError

_ROWS_AT_ONCE = 122_880
_DICTIONARY_BYTES = 11


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
            pq.ParquetFile(self.path, read_dictionary=list(self.dictionaries), pre_buffer=False) as file,
        ):
            yield from file.iter_batches(_ROWS_AT_ONCE, columns=self.schema.names, use_threads=False)


def open_table(path: Path) -> ParquetRows | pa.Table:
    """A table to be read once, piece by piece where it is Parquet. Raises InputError where it cannot be read."""
    if path.suffix.lower() != ".parquet":
        return read_table(path)
    with _readable(path), pq.ParquetFile(path) as file:
        return ParquetRows(path, file.metadata.num_rows, file.schema_arrow, _of_few_values(file.metadata))


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
        raise InputError("没有这个文件", where=str(path), rule="no_file", action="核对路径") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"读不了：{type(error).__name__}",
            where=str(path),
            rule="not_a_table",
            action="给 .parquet，或首行为列名的 .csv",
        ) from None


def read_table(path: Path) -> pa.Table:
    """One row per row of the file. Raises InputError where it cannot be read."""
    with _readable(path):
        if path.suffix.lower() == ".parquet":
            return pq.read_table(path)
        return _read_csv(path)
    raise AssertionError("unreachable")


def _read_csv(path: Path) -> pa.Table:
    """Every column as text; empty cells as null."""
    import pyarrow.csv  # noqa: F401 - loaded only for CSV

    for encoding in ("utf-8", "gb18030"):
        try:
            read = pa.csv.ReadOptions(encoding=encoding)
            names = pa.csv.open_csv(path, read_options=read).schema.names
            convert = pa.csv.ConvertOptions(
                column_types={name.lstrip("\ufeff"): pa.string() for name in names},
                strings_can_be_null=True,
                null_values=[""],
            )
            return pa.csv.read_csv(path, read_options=read, convert_options=convert)
        except (pa.ArrowInvalid, UnicodeDecodeError):
            if encoding == "gb18030":
                raise
    raise AssertionError("unreachable")


def table_in(data: bytes) -> pa.Table:
    """The table of a Parquet file held in memory.

    Not by `pq.read_table`: its threads may let go of the bytes only when the interpreter is gone, which aborts the
    process (pyarrow 26, "terminate called without an active exception") after all is done.
    """
    with pq.ParquetFile(pa.BufferReader(data), pre_buffer=False) as file:
        return file.read(use_threads=False)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table 0600, whole or not at all."""
    from flows.home import write_private

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_private(path, sink.getvalue().to_pybytes())
