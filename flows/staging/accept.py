"""One Arrow table of accepted rows per sheet, with its repairs and its quarantined rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flows.staging.ages import check_ages
from flows.staging.ditto import Fill, fill_dittos
from flows.staging.mapping import Mapping
from flows.staging.periods import split_periods
from flows.staging.rows import Sifted
from flows.staging.values.cells import Cell, cell_text
from flows.staging.values.columns import FieldColumn, clean_column, nothing
from flows.staging.values.names import NOT_A_NAME
from schemas import rules
from schemas.contracts import SourceContract, SourceField, stage_table
from schemas.errors import TableError

_USABLE = ("full", "masked", "excel15", "tail4", "invalid")
_DATED = ("date", "partial_date", "month")
_DAYS_TO_1904, _LAST_YEAR, _LAST_SERIAL = 1462, 2100, 80_000
Rule = tuple[str, str]
"""The rule that refuses a row, and the Chinese reason."""


@dataclass(frozen=True)
class SheetName:
    """Where a sheet comes from."""

    source: str
    file: str
    sheet: str | None


_NO_CONSENT = "no_consent"


@dataclass(frozen=True)
class Accepted:
    """What one sheet gave: accepted rows, repairs of their cells, rows in quarantine."""

    table: pa.Table
    repairs: pa.Table
    quarantine: pa.Table

    @property
    def unusable(self) -> int:
        """Rows in quarantine for what is wrong with them; one whose person does not consent is read and let be."""
        return sum(rule != _NO_CONSENT for rule in self.quarantine["rule"].to_pylist())


def accept(sifted: Sifted, mapping: Mapping, contract: SourceContract, name: SheetName, first_key: int) -> Accepted:
    """Clean every mapped cell, set aside the rows the contract refuses. Raises TableError if a row is lost."""
    cells: list[Sequence[Cell]] = list(zip(*sifted.rows, strict=True)) or [()] * len(mapping.header.texts)
    whose = {name: result[0] for name, result in mapping.columns.items()}
    cells, fills = fill_dittos(cells, whose, mapping.header.texts)
    columns = {
        field.name: clean_column(
            field, _cells(cells, mapping.columns[field.name], field, sifted), licence=field.name in contract.id_fallback
        )
        for field in contract.imported
        if field.name in mapping.columns
    }
    del cells
    split_periods(columns, contract)
    _fall_back(columns, contract)
    check_ages(columns, contract)
    refused = _refused(columns, contract, len(sifted.rows))
    refused |= {
        index: sifted.damaged[number] for index, number in enumerate(sifted.numbers) if number in sifted.damaged
    }
    keep = np.ones(len(sifted.rows), bool)
    keep[list(refused)] = False
    table = _table(columns, contract, sifted, keep, (name, first_key))
    quarantine = _quarantine(sifted, refused, contract, name)
    if table.num_rows + quarantine.num_rows != len(sifted.rows):
        raise TableError(
            "行数对不上：接收加退回不等于读入", where=f"{name.source}/{name.file}", rule=rules.Rule.ROWS_ACCOUNTED_FOR
        )
    filled = [*_merged_cells(sifted), *fills]
    return Accepted(table, _repairs(columns, _by_field(filled, mapping), keep, first_key), quarantine)


def _cells(cells: list[Sequence[Cell]], columns: tuple[int, ...], field: SourceField, sifted: Sifted) -> Sequence[Cell]:
    """The cells of a field, several columns as one; days counted from 1904 as days counted from 1900."""
    if sifted.since_1904 and field.type in _DATED:
        cells = [[_since_1900(cell) for cell in column] if at in columns else column for at, column in enumerate(cells)]
    if len(columns) > 1:
        return [_joined(list(result), field) for result in zip(*(cells[column] for column in columns), strict=True)]
    return cells[columns[0]]


def _since_1900(cell: Cell) -> Cell:
    """A serial number moved on; a number that is a year stays one."""
    serial = isinstance(cell, float) and _LAST_YEAR < cell < _LAST_SERIAL
    return cell + _DAYS_TO_1904 if isinstance(cell, float) and serial else cell


def _joined(cells: list[Cell], field: SourceField) -> Cell:
    filled = [cell for cell in cells if cell != ""]
    if field.type == "phones" and len(filled) > 1:
        return "；".join(cell_text(cell) for cell in filled)
    return filled[0] if filled else ""


def _fall_back(columns: dict[str, FieldColumn], contract: SourceContract) -> None:
    """Where the ID itself is null, the first of the fallback fields that is an ID stands in for it."""
    sources = [columns[name] for name in contract.id_fallback if name in columns]
    if not sources:
        return
    own = columns.get("id_number")
    arrays = own.arrays if own else tuple(pa.nulls(len(sources[0].arrays[0]), pa.string()) for _ in range(3))
    for source in sources:
        take = pc.and_(pc.invert(_is_usable(arrays)), _is_usable(source.arrays))
        arrays = tuple(pc.if_else(take, new, old) for new, old in zip(source.arrays, arrays, strict=True))
    columns["id_number"] = FieldColumn(arrays, own.repairs if own else ())


def _is_usable(arrays: tuple[pa.Array, ...]) -> pa.Array:
    """Which IDs show at least one digit in its place."""
    return pc.is_in(arrays[1], pa.array(_USABLE))


def _refused(columns: dict[str, FieldColumn], contract: SourceContract, rows: int) -> dict[int, Rule]:
    """The rule that refuses a row, by row index; rows that are accepted are not in it."""
    refused: dict[int, Rule] = {}
    titles = {field.name: field.title for field in contract.fields}
    for group in contract.row_needs:
        filled = _any_filled([columns[name] for name in group if name in columns], rows)
        words = "、".join(titles[name] for name in group)
        reason = f"没有可用的{words}" if len(group) == 1 else f"{words}都没有可用的内容"
        for index in np.flatnonzero(~filled).tolist():
            refused.setdefault(index, ("row_needs", reason))
    name = columns.get("name")
    for index, repair, _ in name.repairs if name else ():
        if repair == NOT_A_NAME:
            refused[index] = (NOT_A_NAME, f"{titles['name']}一栏不是姓名")
    if contract.consent:
        consent = columns.get(contract.consent)
        given = consent.arrays[0].fill_null(False).to_numpy(zero_copy_only=False) if consent else np.zeros(rows, bool)
        for index in np.flatnonzero(~given).tolist():
            refused.setdefault(index, (_NO_CONSENT, f"{titles[contract.consent]}不为“是”，不得使用"))
    return refused


def _any_filled(columns: list[FieldColumn], rows: int) -> npt.NDArray[np.bool_]:
    result = np.zeros(rows, bool)
    for column in columns:
        result |= column.filled
    return result


def _table(
    columns: dict[str, FieldColumn],
    contract: SourceContract,
    sifted: Sifted,
    keep: npt.NDArray[np.bool_],
    place: tuple[SheetName, int],
) -> pa.Table:
    """The accepted rows: the columns every staged table begins with, then the contract's fields."""
    name, first_key = place
    rows = int(keep.sum())
    record = columns.get(contract.record_id or "")
    arrays = [
        pa.array(np.arange(first_key, first_key + rows), pa.int64()),
        pa.repeat(name.file, rows),
        pa.array([name.sheet], pa.string()).take(pa.array(np.zeros(rows, np.int64))),
        pa.array(np.array(sifted.numbers, np.int32)[keep]),
        record.arrays[-1].filter(pa.array(keep)) if record else pa.nulls(rows, pa.string()),
    ]
    mask = None if rows == len(keep) else pa.array(keep)
    for field in contract.imported:
        result = columns.get(field.name)
        staged = result.arrays if result else nothing(field, len(keep))
        arrays += [array if mask is None else array.filter(mask) for array in staged]
    return pa.table(arrays, schema=contract.staged_schema())


def _repairs(
    columns: dict[str, FieldColumn], filled: list[tuple[str, Fill]], keep: npt.NDArray[np.bool_], first_key: int
) -> pa.Table:
    """The repairs of accepted rows, in the order of rows, fields and repairs."""
    keys = (np.cumsum(keep) - 1 + first_key).tolist()
    kept = keep.tolist()
    result = [
        (keys[index], name, repair, original)
        for name, column in columns.items()
        for index, repair, original in column.repairs
        if kept[index]
    ]
    result += [(keys[entry.row], name, entry.repair, entry.original) for name, entry in filled if kept[entry.row]]
    result.sort()
    return _rows_table(result, "stage_repairs")


def _merged_cells(sifted: Sifted) -> list[Fill]:
    """What was filled from the merged cell above it."""
    if not sifted.filled:
        return []
    index_of = {number: index for index, number in enumerate(sifted.numbers)}
    places = [(index_of.get(number), column) for number, column in sifted.filled]
    return [Fill(index, column, "merged_cell", "") for index, column in places if index is not None]


def _by_field(fills: list[Fill], mapping: Mapping) -> list[tuple[str, Fill]]:
    """The fields of the filled cells; cells of columns that are not read do not count."""
    field_of = {column: name for name, columns in mapping.columns.items() for column in columns}
    return [(name, entry) for entry in fills if (name := field_of.get(entry.column)) is not None]


def _quarantine(sifted: Sifted, refused: dict[int, Rule], contract: SourceContract, name: SheetName) -> pa.Table:
    rows = [(contract.name, name.file, name.sheet, sifted.numbers[index], *refused[index]) for index in sorted(refused)]
    return _rows_table(rows, "quarantine")


def _rows_table(rows: Sequence[tuple[int | str | None, ...]], relation: str) -> pa.Table:
    schema = pa.schema([pa.field(column.name, column.type) for column in stage_table(relation).schema])
    arrays = list(zip(*rows, strict=True)) or [() for _ in schema]
    return pa.table(
        [pa.array(values, column.type) for values, column in zip(arrays, schema, strict=True)], schema=schema
    )
