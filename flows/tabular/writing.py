"""A table written as its file's extension says: Parquet, CSV or a workbook; refused before anything is worked out."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import InputError
from schemas.rules import Rule

KINDS = (".parquet", ".csv", ".xlsx")
_MOST_ROWS, _ROWS_AT_ONCE = 1_048_575, 50_000


def check_out(path: Path) -> Path:
    """The path, if a table can be written there. Raises InputError where not, with what to give instead."""
    if path.suffix.lower() not in KINDS and not path.is_dir():
        raise InputError(
            f"不知道写成哪种表：扩展名应为 {'、'.join(KINDS)}",
            where=str(path),
            rule=Rule.OUT_KIND,
            action="改 --out 的扩展名",
        )
    return check_place(path)


def check_place(path: Path) -> Path:
    """The path, if a file can be written there. Raises InputError where not, with what to give instead."""
    where, parent = str(path), path.absolute().parent
    if path.is_dir():
        raise InputError(
            "是文件夹，写不成文件", where=where, rule=Rule.OUT_IS_FOLDER, action="给出文件名，如 pairs.parquet"
        )
    standing = next(folder for folder in (parent, *parent.parents) if folder.exists())
    if not standing.is_dir():
        raise InputError("上级路径是文件，不是文件夹", where=where, rule=Rule.OUT_PLACE, action="改 --out 的路径")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise InputError("没有权限写入这个文件夹", where=where, rule=Rule.NO_PERMISSION, action="换一个文件夹")
    return path


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table 0600, whole or not at all, by the path's extension; `check_out` says where that cannot be done.

    In CSV and workbooks lists and structures stand as JSON. Raises InputError beyond the rows a worksheet can have.
    """
    from flows.home.folders import write_private

    kind = check_out(path).suffix.lower()
    if kind == ".xlsx" and table.num_rows > _MOST_ROWS:
        raise InputError(
            f"一张工作表装不下 {table.num_rows:,} 行",
            where=str(path),
            rule=Rule.TOO_MANY_ROWS,
            action="写成 .parquet 或 .csv",
        )
    try:
        write_private(path, {".parquet": _parquet, ".csv": _csv, ".xlsx": _workbook}[kind](table))
    except OSError as error:
        raise InputError(
            f"写不了：{os.strerror(error.errno or 0)}",
            where=str(path),
            rule=Rule.OUT_PLACE,
            action="换一个位置，或腾出空间",
        ) from None


def write_parquet(tables: Iterable[pa.Table], path: Path) -> None:
    """Write tables of one schema, one after another, into a file 0600: whole or not at all."""
    from flows.home.folders import private_folder, sync_folder

    private_folder(path.absolute().parent)
    aside = path.with_name(f".{path.name}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    writer = None
    with os.fdopen(descriptor, "wb") as file:
        for table in tables:
            writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(path.absolute().parent)


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _csv(table: pa.Table) -> bytes:
    """UTF-8 with its mark, which spreadsheets need."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.schema.names)
    for batch in table.to_batches(_ROWS_AT_ONCE):
        writer.writerows(zip(*(map(_text, column.to_pylist()) for column in batch.columns), strict=True))
    return out.getvalue().encode("utf-8-sig")


def _workbook(table: pa.Table) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True, "nan_inf_to_errors": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, table.schema.names)
        at = 1
        for batch in table.to_batches(_ROWS_AT_ONCE):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for column, cell in enumerate(row):
                    if isinstance(cell, int | float) and not isinstance(cell, bool):
                        sheet.write_number(at, column, cell)
                    elif cell is not None:
                        sheet.write_string(at, column, _text(cell))
                at += 1
    return out.getvalue()


def _text(cell: object) -> str:
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return "" if cell is None else str(cell)
