"""Versions published under an earlier minor version of the schema, read as today's contract has them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contracts import ledger_table, same_but_field_names


def as_today(table: pa.Table, name: str, as_of: date, version: str) -> pa.Table:
    """The same rows; members that structures have gained since are null, the night a row landed is the version's own.

    Nobody wrote down then which rows were carried from an earlier night. They are not in the copies of the version's
    own night, so that nothing is opened for them. Until 2.0 changes bore no version nor date (`version` is theirs),
    and the code of a cause was followed by its word.
    """
    if name == "changes" and "version" not in table.column_names:
        table = _changes_of(table, version, as_of)
    for column in ledger_table(name).schema:
        at = table.schema.get_field_index(column.name)
        if at >= 0 and not same_but_field_names(table.schema.field(at).type, column.type):
            grown = pa.chunked_array([_grown(chunk, column.type, as_of) for chunk in table[at].chunks], column.type)
            table = table.set_column(at, column.name, grown)
    return table


def _changes_of(table: pa.Table, version: str, as_of: date) -> pa.Table:
    at = table.schema.get_field_index("cause")
    codes = pc.list_element(pc.split_pattern(table["cause"], " ", max_splits=1), 0)
    table = table.set_column(at, table.schema.field(at), codes)
    table = table.add_column(0, "as_of", pa.array([as_of] * table.num_rows, pa.date32()))
    return table.add_column(0, "version", pa.array([version] * table.num_rows, pa.string()))


def _grown(array: pa.Array, wanted: pa.DataType, as_of: date) -> pa.Array:
    if pa.types.is_list(array.type) and pa.types.is_list(wanted):
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy()
        offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
        values = _grown(array.flatten(), wanted.value_type, as_of)
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(offsets, values, wanted, mask=mask)
    if pa.types.is_struct(array.type) and pa.types.is_struct(wanted):
        parts = [_member(array, field, as_of) for field in wanted]
        return pa.StructArray.from_arrays(
            parts, fields=list(wanted), mask=array.is_null() if array.null_count else None
        )
    return array


def _member(array: pa.StructArray, field: pa.Field, as_of: date) -> pa.Array:
    place = array.type.get_field_index(field.name)
    if place >= 0:
        return _grown(array.field(place), field.type, as_of)
    if field.name == "landed_on":
        return pa.array([as_of] * len(array), field.type)
    return pa.nulls(len(array), field.type)
