"""One grid per Parquet file: the column names are row 1, the records follow."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from flows.staging.grid import MAX_CELLS, MAX_COLUMNS, MAX_TEXT, Grid
from flows.staging.refusals import broken, password, too_large, too_wide
from flows.staging.values.cells import Cell

_BATCH = 16_384
_ENCODINGS = ("utf-8", "gb18030")
_SHANGHAI = ZoneInfo("Asia/Shanghai")


class _UnreadableError(Exception):
    """A column whose values have no reading as cells; its text says why, in Chinese."""


def read_parquet(data: bytes, where: str) -> list[Grid]:
    """The records of a Parquet file; a column whose cells have no reading is named as unreadable, with its reason.

    Raises InputError when the file is damaged, protected, or would not fit in memory.
    """
    if data[-4:] == b"PARE" or data[:4] == b"PARE":
        raise password(where)
    try:
        file = pq.ParquetFile(io.BytesIO(data), thrift_string_size_limit=MAX_TEXT, thrift_container_size_limit=1 << 20)
        shape = file.metadata
        if shape.num_columns > MAX_COLUMNS or shape.num_rows * max(shape.num_columns, 1) > MAX_CELLS:
            raise too_wide(where)
        names, parts, size = list(file.schema_arrow.names), [], 0
        for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
            size += batch.nbytes
            if size > MAX_TEXT:
                raise too_large(MAX_TEXT, where)
            parts.append(batch)
        return [_grid(names, pa.Table.from_batches(parts, file.schema_arrow))]
    except (pa.ArrowException, OSError, OverflowError, MemoryError, ValueError, IndexError):
        raise broken(where) from None


def _grid(names: list[str], table: pa.Table) -> Grid:
    """The table as cells. A column without a reading keeps its place and its name."""
    columns: list[list[Cell]] = []
    unreadable: dict[int, str] = {}
    for place, column in enumerate(table.columns):
        try:
            columns.append(_cells(column))
        except _UnreadableError as why:
            unreadable[place] = str(why)
            columns.append([""] * table.num_rows)
    return Grid(None, [list(names), *map(list, zip(*columns, strict=True))], unreadable=unreadable)


def _cells(column: pa.ChunkedArray) -> list[Cell]:
    """A column's values as cells. Raises _UnreadableError where their type has no reading, or one of them has none."""
    plain = _plain(column)
    kind = plain.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        if pa.types.is_nested(kind.value_type):
            raise _UnreadableError(f"嵌套类型 {kind}")
        return [_listed(value, kind.value_type) for value in plain.to_pylist()]
    if pa.types.is_nested(kind):
        raise _UnreadableError(f"嵌套类型 {kind}")
    if _is_binary(kind):
        return _decoded(plain.to_pylist())
    try:
        return [_cell(value) for value in plain.to_pylist()]
    except (ValueError, OverflowError, pa.ArrowException, TypeError):
        return _as_written(plain)


def _as_written(column: pa.ChunkedArray) -> list[Cell]:
    """Values that Python has no type for, such as days after 9999, as Arrow writes them."""
    try:
        return ["" if text is None else text for text in column.cast(pa.string()).to_pylist()]
    except pa.ArrowException:
        raise _UnreadableError(f"{column.type} 类型中有超出范围的值") from None


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without dictionaries, run lengths and extensions, moments to the microsecond."""
    kind = column.type
    if isinstance(kind, pa.ExtensionType | pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        kind = column.type
    try:
        if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
            column = column.cast(kind.value_type)
        elif pa.types.is_timestamp(kind) and kind.unit == "ns":
            column = column.cast(pa.timestamp("us", kind.tz), safe=False)
        elif pa.types.is_time64(kind) and kind.unit == "ns":
            column = column.cast(pa.time64("us"), safe=False)
    except pa.ArrowException:
        raise _UnreadableError(f"{kind} 类型无法转换") from None
    return column


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _decoded(values: list[bytes | None]) -> list[Cell]:
    """Bytes as text, the whole column in one encoding: Impala and Hive write text so."""
    for encoding in _ENCODINGS:
        try:
            texts = ["" if value is None else value.decode(encoding).rstrip("\x00") for value in values]
        except UnicodeDecodeError:
            continue
        if all(_is_text(text) for text in texts):
            return list(texts)
    raise _UnreadableError("二进制内容，不是文字")


def _is_text(text: str) -> bool:
    return not any(character < " " and character not in "\t\r\n" for character in text)


def _listed(value: list[Any] | None, kind: pa.DataType) -> Cell:
    if value is None:
        return ""
    read: Callable[[list[Any]], list[Cell]] = _decoded if _is_binary(kind) else lambda cells: [*map(_cell, cells)]
    return "；".join(str(entry) for entry in read(value) if entry != "")


def _cell(value: Any) -> Cell:
    """A value as a cell; whole numbers as text, since Parquet keeps all digits of an ID; moments on China's clocks."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.astimezone(_SHANGHAI).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, bool | str | float | dt.date | dt.time | dt.timedelta):
        return value
    if isinstance(value, Decimal):
        return f"{value.to_integral_value():f}" if value == value.to_integral_value() else f"{value:f}"
    if isinstance(value, int):
        return str(value)
    raise _UnreadableError(f"{type(value).__name__} 类型")
