"""Two tables under a model's own column names: headers by their declared aliases, absent optional columns left out."""

from __future__ import annotations

import pyarrow as pa

from matchers.model.link_model import LinkModel
from matchers.sides.encoded import refuse_unreadable
from schemas.errors import InputError


def fitted(left: pa.Table, right: pa.Table | None, model: LinkModel) -> tuple[pa.Table, pa.Table | None, LinkModel]:
    """Both tables with the model's columns first, and the model without what neither table has.

    An optional column that one table lacks is null there. Raises InputError where a needed column is missing or two
    headers stand for one column.
    """
    tables = [_named(table, where, model) for table, where in ((left, "左表"), (right, "右表")) if table is not None]
    shown = {column for table in tables for column in table.schema.names}
    shown |= {column for column, source in model.implied.items() if source in shown}
    smaller = model.fitted_to(shown)
    if not smaller.blocking or not smaller.comparisons:
        raise InputError(
            "两张表没有一列能用来找候选", rule="columns", examples=tuple(model.columns),
            action="改表头，或在模型文件的 [aliases] 中加上表里的列名",
        )  # fmt: skip
    filled = [_filled(table, smaller) for table in tables]
    return filled[0], filled[1] if right is not None else None, smaller


def _named(table: pa.Table, where: str, model: LinkModel) -> pa.Table:
    """Headers that are aliases become the column they stand for; everything else stays."""
    names = list(table.schema.names)
    for column in model.columns:
        if column in names:
            continue
        found = [alias for alias in model.aliases.get(column, ()) if alias in names]
        if len(found) > 1:
            raise InputError(
                f"有几列都像 {column}", where=where, rule="columns", examples=tuple(found), action="只留一列，或改表头"
            )
        if found:
            names[names.index(found[0])] = column
    missing = [column for column in model.columns if column not in names and column not in model.optional]
    if missing:
        raise InputError(
            "表中没有模型要用的列", where=where, rule="columns", examples=tuple(missing),
            action="改表头，或在模型文件的 [aliases] 中加上表里的列名",
        )  # fmt: skip
    table = table.rename_columns(names)
    refuse_unreadable(where, table.schema, model)
    return table


def _filled(table: pa.Table, model: LinkModel) -> pa.Table:
    for column in model.columns:
        if column not in table.schema.names and column in model.optional:
            table = table.append_column(column, pa.nulls(table.num_rows, pa.string()))
    return table
