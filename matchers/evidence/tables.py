"""Two tables as encoded relations `l` and `r`: one row per row of theirs, with its id beside its number."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from matchers.evidence.things import identical_cells, make_things
from matchers.linkage.model import LinkModel
from matchers.linkage.shared import silence_shared
from matchers.linkage.tables import NIBBLES, Sides
from matchers.linkage.unread import Unread, unread_cells, with_shared
from matchers.relations import make
from schemas.errors import InputError


@dataclass(frozen=True)
class Tables:
    """What is linked: two tables by the model's column names, or one with itself; `ids` name their id columns."""

    left: pa.Table
    right: pa.Table | None
    ids: tuple[str, str] = ("row_id", "row_id")

    @property
    def same(self) -> bool:
        """One table against itself."""
        return self.right is None


def load(
    con: duckdb.DuckDBPyConnection, tables: Tables, model: LinkModel, *, only: Collection[str] | None = None
) -> Sides:
    """Make `l` and `r`: seq in the order of the ids, id and the encoded columns of the model, or `only` some.

    Of one table also `things`: which of its rows are the same in all these columns.
    """
    con.execute(NIBBLES)
    unread: dict[str, Mapping[str, Unread]] = {}
    columns = [column for column in model.columns if only is None or column in only]
    for side, table, id_column in (("l", tables.left, tables.ids[0]), ("r", tables.right, tables.ids[1])):
        if table is None:
            con.execute("create or replace view r as select * from l")
            continue
        encoded, unread[side] = _encoded(table, id_column, model, columns)
        make(con, side, encoded)
    rows = tables.left.num_rows
    if tables.right is None:
        make_things(con, identical_cells(tables.left.sort_by(tables.ids[0]), columns))
    sides = {"table": unread["l"]} if tables.right is None else {"left": unread["l"], "right": unread["r"]}
    return Sides(rows, rows if tables.right is None else tables.right.num_rows, tables.same, sides)


def _encoded(
    table: pa.Table, id_column: str, model: LinkModel, columns: list[str]
) -> tuple[pa.Table, Mapping[str, Unread]]:
    missing = [column for column in columns if column not in table.schema.names]
    if missing:
        raise InputError(
            "表中没有模型要用的列", rule="columns", examples=tuple(missing),
            action="改表头，或在模型文件的 [aliases] 中加上表里的列名",
        )  # fmt: skip
    table = table.select(list(dict.fromkeys([id_column, *columns]))).sort_by(id_column)
    found: dict[str, Any] = {"seq": pa.array(np.arange(table.num_rows, dtype=np.int32)), "id": table[id_column]}
    counts: dict[str, Unread] = {}
    for column in columns:
        forms = model.kind(column).encode(table[column])
        found |= {f"{column}_{form}": values for form, values in forms.items()}
        counts[column] = unread_cells(table[column], forms, model.columns[column])
    shared = silence_shared(
        found, model.model_copy(update={"columns": {c: model.columns[c] for c in columns}}), model.many_names
    )
    for column, source in model.implied.items():
        _imply(found, model, column, source)
    return pa.table(found), with_shared(counts, shared)


def _imply(found: dict[str, Any], model: LinkModel, column: str, source: str) -> None:
    """What an ID shows stands above what a cell says: its digits are the issuing office's."""
    shown_as = model.kind(column).shown_as
    forms = [name for name in found if name.startswith(f"{column}_")]
    if shown_as and forms and f"{source}_{shown_as[0]}" in found:
        shown = found[f"{source}_{shown_as[0]}"]
        found[forms[0]] = np.where(shown == int(shown_as[1]), found[forms[0]], shown)
