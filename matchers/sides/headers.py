"""Tables under a model's column names: headers are matched by the model's aliases.

Optional columns that neither table has are dropped from the model.
"""

from __future__ import annotations

import pyarrow as pa

from matchers.model.link_model import LinkModel
from matchers.sides.encoded import refuse_unreadable
from matchers.sides.named_rows import CellReading, NamedRows, Rows
from schemas.errors import InputError
from schemas.rules import Rule

Sources = dict[str, str | None]
"""Per column of a model its header in one table; null where the table has none."""


def fitted(left: pa.Table, right: pa.Table | None, model: LinkModel) -> tuple[pa.Table, pa.Table | None, LinkModel]:
    """Both tables renamed to the model's columns, and the model without optional columns that neither table has.

    An optional column that only one table lacks is null there. Raises InputError where a required column is missing or
    of a type that cannot be read, where two headers fit one column, or where no blocking rule or comparison is left.
    """
    tables = [left] if right is None else [left, right]
    sources, smaller = _matched(tables, model)
    named = [_filled(table, found, smaller) for table, found in zip(tables, sources, strict=True)]
    return named[0], named[1] if right is not None else None, smaller


def fitted_rows(
    left: Rows, right: Rows | None, model: LinkModel, *, ids: tuple[tuple[str, str], ...], reading: CellReading | None
) -> tuple[NamedRows, NamedRows | None, LinkModel]:
    """As `fitted`, for tables that are read in batches: they are renamed as they are read.

    `ids`: per table the name of its id column and the header it has in the table. `reading`: readers, by kind of
    column, for cells that are not in plain form.
    """
    tables = [left] if right is None else [left, right]
    sources, smaller = _matched(tables, model)
    kept: list[Sources] = [{one: header} for one, header in ids] or [{} for _ in tables]
    named = [
        NamedRows(table, {column: found.get(column) for column in smaller.columns} | own, reading)
        for table, found, own in zip(tables, sources, kept, strict=False)
    ]
    return named[0], named[1] if right is not None else None, smaller


def _matched(tables: list[Rows], model: LinkModel) -> tuple[list[Sources], LinkModel]:
    """Per table the header of each column found, and the model without optional columns that neither table has.

    An optional column that an ID column implies stays if a table has that ID column.
    """
    sources = [_sources(table, where, model) for table, where in zip(tables, ("左表", "右表"), strict=False)]
    shown = {column for found in sources for column in found}
    shown |= {column for column, source in model.implied.items() if source in shown}
    smaller = model.fitted_to(shown)
    if not smaller.blocking or not smaller.comparisons:
        raise InputError(
            "两张表没有一列能用来找候选", rule=Rule.COLUMNS, examples=tuple(model.columns),
            action="改表头，或在模型文件的 [aliases] 中加上表里的列名",
        )  # fmt: skip
    return sources, smaller


def _sources(table: Rows, where: str, model: LinkModel) -> Sources:
    """The header of each of the model's columns that the table has; the column's own name comes before aliases.

    Raises InputError where several aliases fit one column, or a column is missing or cannot be read.
    """
    names = list(table.schema.names)
    found: Sources = {}
    for column in model.columns:
        alike = [column] if column in names else [alias for alias in model.aliases.get(column, ()) if alias in names]
        if len(alike) > 1:
            raise InputError(
                f"有几列都像 {column}",
                where=where,
                rule=Rule.COLUMNS,
                examples=tuple(alike),
                action="只留一列，或改表头",
            )
        if alike:
            found[column] = alike[0]
    missing = [column for column in model.columns if column not in found and column not in model.optional]
    if missing:
        raise InputError(
            "表中没有模型要用的列", where=where, rule=Rule.COLUMNS, examples=tuple(missing),
            action="改表头，或在模型文件的 [aliases] 中加上表里的列名",
        )  # fmt: skip
    refuse_unreadable(where, NamedRows(table, found).schema, model)
    return found


def _filled(table: pa.Table, sources: Sources, model: LinkModel) -> pa.Table:
    """The table under the model's column names, with a column of nulls for each optional column it lacks."""
    columns = {header: column for column, header in sources.items()}
    table = table.rename_columns([columns.get(name, name) for name in table.schema.names])
    for column in model.columns:
        if column not in table.schema.names and column in model.optional:
            table = table.append_column(column, pa.nulls(table.num_rows, pa.string()))
    return table
