"""Tables of people that a command is given: cells read as the nightly run reads them, whatever their dirt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from matchers.linkage.headers import fitted
from matchers.linkage.model import LinkModel
from matchers.linkage.unread import Unread, unread_lines, unread_rows, with_shared
from schemas.contracts import FieldType, SourceField

_READ_AS: dict[str, tuple[FieldType, str | None]] = {
    "chinese_name": ("person_name", None),
    "masked_id": ("id_number", None),
    "phones": ("phones", None),
    "partial_date": ("partial_date", None),
    "sex": ("code", "sex"),
}


def readable(
    left: pa.Table, right: pa.Table | None, model: LinkModel, tell: Callable[[str], None] = print
) -> tuple[pa.Table, pa.Table | None, LinkModel]:
    """Both tables under the model's column names, the cells of people cleaned by the rules of staging.

    `tell` gets one Chinese line per column with filled cells of which nothing usable came.

    Raises InputError where a needed column is missing or stands under two headers.
    """
    one, other, smaller = fitted(left, right, model)
    cleaned, unread = _cleaned(one, smaller)
    sides = {"table" if other is None else "left": unread}
    if other is not None:
        other, sides["right"] = _cleaned(other, smaller)
    for line in unread_lines(sides):
        tell(line)
    return cleaned, other, smaller


def _cleaned(table: pa.Table, model: LinkModel) -> tuple[pa.Table, dict[str, Unread]]:
    from flows.staging.values.columns import clean_column

    counts: dict[str, Unread] = {}
    for column, kind in model.columns.items():
        if kind in _READ_AS and pa.types.is_string(table[column].type):
            read_as, values = _READ_AS[kind]
            field = SourceField(name=column, title=column, type=read_as, aliases=(), values=values)
            found = clean_column(field, table[column].fill_null("").to_pylist()).arrays[0]
            counts[column] = unread_rows(table[column], np.flatnonzero(found.is_null()), kind)
            table = table.set_column(table.schema.get_field_index(column), column, found)
    return table, with_shared(counts, {})
