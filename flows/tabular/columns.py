"""Columns of a given table by names that stand once, and in types that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pyarrow as pa

from schemas.errors import InputError
from schemas.rules import Rule

_T = TypeVar("_T", pa.Table, pa.RecordBatch)
_JOINED = "；"


def named_columns(header: Sequence[str], where: str) -> list[str]:
    """The names of a header; a column without one is called by its place. Raises InputError where one stands twice."""
    names = [text.strip() or f"第{at}列" for at, text in enumerate(header, 1)]
    refuse_same_names(names, where)
    return names


def without_blank_columns(table: pa.Table, header: Sequence[str]) -> pa.Table:
    """The table without columns that have neither a header nor a cell, as delimiters at the ends of lines make."""
    blank = [
        name
        for name, text in zip(table.schema.names, header, strict=True)
        if not text.strip() and table[name].null_count == table.num_rows
    ]
    return table.drop_columns(blank) if blank else table


def refuse_same_names(names: Sequence[str], where: str) -> None:
    """Raises InputError where two columns have one name: which of them is meant cannot be told."""
    places: dict[str, list[int]] = {}
    for at, name in enumerate(names, 1):
        places.setdefault(name, []).append(at)
    twice = tuple(
        f"“{name}”（第{'、'.join(map(str, result))}列）" for name, result in places.items() if len(result) > 1
    )
    if twice:
        raise InputError(
            "有几列同名，无法确定用哪一列",
            where=where,
            rule=Rule.SAME_COLUMN_NAMES,
            examples=twice[:5],
            action="改名或只留一列",
        )


def plain_columns(table: _T) -> _T:
    """The table with large and viewed texts as plain ones, and lists of texts joined, as telephones in one cell are.

    Bytes that are text become text. What is left as it is (maps, structures, other bytes) the matcher refuses by name
    where a model asks for it.
    """
    for at, field in enumerate(table.schema):
        kind = field.type
        if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            table = table.set_column(at, field.name, table.column(at).cast(pa.string()))
        elif _is_list(kind) and _is_text(kind.value_type):
            table = table.set_column(at, field.name, _joined(table.column(at)))
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            table = _decoded(table, at)
    return table


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):  # Parquet of few values, read piece by piece
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _joined(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    texts = [
        None if cells is None else _JOINED.join(cell for cell in cells if cell is not None) or None
        for cells in column.to_pylist()
    ]
    return pa.array(texts, pa.string())


def _decoded(table: _T, at: int) -> _T:
    try:
        return table.set_column(at, table.schema.names[at], table.column(at).cast(pa.string()))
    except pa.ArrowInvalid:
        return table
