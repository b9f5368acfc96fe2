"""One Arrow table of accepted rows per sheet, with its repairs and its quarantined rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import Any

import pyarrow as pa

from flows.staging.mapping import Mapping
from flows.staging.rows import Sifted
from flows.staging.values.cells import Cell, Column, cell_text, clean_cells
from flows.staging.values.fields import cleaner_of
from flows.staging.values.ids import NO_ID, ResidentId
from flows.staging.values.names import NOT_A_NAME
from schemas.contracts import SourceContract, SourceField, stage_table
from schemas.errors import TableError

_USABLE = ("full", "masked", "excel15", "tail4", "invalid")


@dataclass(frozen=True)
class SheetName:
    """Where a sheet comes from."""

    source: str
    file: str
    sheet: str | None


@dataclass(frozen=True)
class Accepted:
    """What one sheet gave: accepted rows, repairs of their cells, rows in quarantine."""

    table: pa.Table
    repairs: pa.Table
    quarantine: pa.Table


def accept(sifted: Sifted, mapping: Mapping, contract: SourceContract, name: SheetName, first_key: int) -> Accepted:
    """Clean every mapped cell, set aside the rows the contract refuses. Raises TableError if a row is lost."""
    columns = {
        field.name: _clean(
            field, _cells(sifted, mapping.columns[field.name], field), field.name in contract.id_fallback
        )
        for field in contract.imported
        if field.name in mapping.columns
    }
    _fall_back(columns, contract)
    refused = _refused(columns, contract, len(sifted.rows))
    keep = [rule is None for rule in refused]
    table = _table(columns, contract, _leading(sifted, name, contract, columns), keep, first_key)
    quarantine = _quarantine(sifted, refused, contract, name)
    if table.num_rows + quarantine.num_rows != len(sifted.rows):
        raise TableError(
            "行数对不上：接收加退回不等于读入", where=f"{name.source}/{name.file}", rule="rows_accounted_for"
        )
    return Accepted(table, _repairs(columns, mapping, sifted, keep, first_key), quarantine)


def _cells(sifted: Sifted, columns: tuple[int, ...], field: SourceField) -> list[Cell]:
    """The cells of a field; a bool becomes text, since True and 1.0 are one key."""
    if len(columns) > 1:
        return [_joined([row[column] for column in columns], field) for row in sifted.rows]
    column = columns[0]
    cells = [row[column] for row in sifted.rows]
    return [("TRUE" if cell else "FALSE") if cell is True or cell is False else cell for cell in cells]


def _joined(cells: list[Cell], field: SourceField) -> Cell:
    filled = [cell for cell in cells if cell != ""]
    if field.type == "phones" and len(filled) > 1:
        return "；".join(cell_text(cell) for cell in filled)
    return filled[0] if filled else ""


def _clean(field: SourceField, cells: list[Cell], licence: bool) -> Column:
    return clean_cells(cells, cleaner_of(field, cells, licence=licence))


def _fall_back(columns: dict[str, Column], contract: SourceContract) -> None:
    """Where the ID itself is null, the first of the fallback fields that is an ID stands in for it."""
    sources = [columns[name].values for name in contract.id_fallback if name in columns]
    if not sources:
        return
    own = columns.get("id_number") or Column([None] * len(sources[0]), [])
    values = [_first_id(found) for found in zip(own.values, *sources, strict=True)]
    columns["id_number"] = Column(values, own.repairs)


def _first_id(found: tuple[ResidentId | None, ...]) -> ResidentId | None:
    return next((value for value in found if value is not None and value.kind in _USABLE), found[0])


def _refused(columns: dict[str, Column], contract: SourceContract, rows: int) -> list[tuple[str, str] | None]:
    """Per row the rule that refuses it and the Chinese reason; null where the row is accepted."""
    refused: list[tuple[str, str] | None] = [None] * rows
    titles = {field.name: field.title for field in contract.fields}
    for group in contract.row_needs:
        filled = [_filled(columns[name]) for name in group if name in columns]
        words = "、".join(titles[name] for name in group)
        reason = f"没有可用的{words}" if len(group) == 1 else f"{words}都没有可用的内容"
        for index, given in enumerate(zip(*filled, strict=True) if filled else [()] * rows):
            if refused[index] is None and not any(given):
                refused[index] = ("row_needs", reason)
    name = columns.get("name")
    for index, repair, _ in name.repairs if name else ():
        if repair == NOT_A_NAME:
            refused[index] = (NOT_A_NAME, f"{titles['name']}一栏不是姓名")
    if contract.consent:
        consent = columns.get(contract.consent)
        for index in range(rows):
            if refused[index] is None and (consent is None or consent.values[index] is not True):
                refused[index] = ("no_consent", f"{titles[contract.consent]}不为“是”，不得使用")
    return refused


def _filled(column: Column) -> list[bool]:
    return [
        value is not None and not (isinstance(value, ResidentId) and value.text is None and value.pattern is None)
        for value in column.values
    ]


def _leading(
    sifted: Sifted, name: SheetName, contract: SourceContract, columns: dict[str, Column]
) -> Callable[[list[bool], int], dict[str, pa.Array]]:
    """The columns every staged table begins with, for the rows kept."""

    def build(keep: list[bool], first_key: int) -> dict[str, pa.Array]:
        numbers = list(compress(sifted.numbers, keep))
        column = columns.get(contract.record_id or "")
        values = column.values if column else [None] * len(keep)
        ids = [value.text if isinstance(value, ResidentId) else value for value in compress(values, keep)]
        return {
            "row_key": pa.array(range(first_key, first_key + len(numbers)), pa.int64()),
            "file": pa.repeat(name.file, len(numbers)),
            "sheet": pa.array([name.sheet] * len(numbers), pa.string()),
            "row": pa.array(numbers, pa.int32()),
            "record_id": pa.array(ids, pa.string()),
        }

    return build


def _table(
    columns: dict[str, Column],
    contract: SourceContract,
    leading: Callable[[list[bool], int], dict[str, pa.Array]],
    keep: list[bool],
    first_key: int,
) -> pa.Table:
    arrays = leading(keep, first_key)
    rows = sum(keep)
    for field in contract.imported:
        column = columns.get(field.name)
        kept = list(compress(column.values, keep)) if column else [None] * rows
        for staged, values in zip(field.staged(), _staged(field, kept), strict=True):
            arrays[staged.name] = pa.array(values, staged.type)
    return pa.table(arrays, schema=contract.staged_schema())


def _staged(field: SourceField, values: list[Any]) -> list[list[Any]]:
    if field.type != "id_number":
        return [values]
    ids = [value or NO_ID for value in values]
    return [[found.pattern for found in ids], [found.kind for found in ids], [found.text for found in ids]]


def _repairs(
    columns: dict[str, Column], mapping: Mapping, sifted: Sifted, keep: list[bool], first_key: int
) -> pa.Table:
    """The repairs of accepted rows, in the order of rows, fields and repairs."""
    keys: list[int | None] = []
    key = first_key
    for kept in keep:
        keys.append(key if kept else None)
        key += kept
    found = [
        (keys[index], name, repair, original)
        for name, column in columns.items()
        for index, repair, original in column.repairs
        if keys[index] is not None
    ]
    found += _filled_down(mapping, sifted, keys)
    found.sort()
    schema = pa.schema([pa.field(column.name, column.type) for column in stage_table("stage_repairs").schema])
    arrays = [list(column) for column in zip(*found, strict=True)] or [[], [], [], []]
    return pa.table(
        [pa.array(values, column.type) for values, column in zip(arrays, schema, strict=True)], schema=schema
    )


def _filled_down(mapping: Mapping, sifted: Sifted, keys: list[int | None]) -> list[tuple[int | None, str, str, str]]:
    """A repair for every cell filled from the merged cell above it."""
    if not sifted.filled:
        return []
    index_of = {number: index for index, number in enumerate(sifted.numbers)}
    field_of = {column: name for name, columns in mapping.columns.items() for column in columns}
    places = [(index_of.get(number), field_of.get(column)) for number, column in sifted.filled]
    return [
        (keys[index], name, "merged_cell", "")
        for index, name in places
        if index is not None and name is not None and keys[index] is not None
    ]


def _quarantine(
    sifted: Sifted, refused: list[tuple[str, str] | None], contract: SourceContract, name: SheetName
) -> pa.Table:
    rows = [
        (contract.name, name.file, name.sheet, number, *rule)
        for number, rule in zip(sifted.numbers, refused, strict=True)
        if rule is not None
    ]
    schema = pa.schema([pa.field(column.name, column.type) for column in stage_table("quarantine").schema])
    arrays = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
    return pa.table(
        [pa.array(values, column.type) for values, column in zip(arrays, schema, strict=True)], schema=schema
    )
