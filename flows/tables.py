"""Tables that commands are given: Parquet, or CSV in UTF-8 or GB18030, every column as text."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from schemas.errors import InputError


def read_table(path: Path) -> pa.Table:
    """One row per row of the file. Raises InputError where it cannot be read."""
    try:
        if path.suffix.lower() == ".parquet":
            return pq.read_table(path)
        return _read_csv(path)
    except FileNotFoundError:
        raise InputError("没有这个文件", where=str(path), rule="no_file", action="核对路径") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"读不了：{type(error).__name__}",
            where=str(path),
            rule="not_a_table",
            action="给 .parquet，或首行为列名的 .csv",
        ) from None


def _read_csv(path: Path) -> pa.Table:
    """Every column as text; empty cells as null."""
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


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table 0600, whole or not at all."""
    from flows.home import write_private

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_private(path, sink.getvalue().to_pybytes())
