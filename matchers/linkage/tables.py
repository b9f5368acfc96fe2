"""Two tables loaded as encoded columns of integers, with row numbers in place of ids."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from matchers.linkage.model import LinkModel
from schemas.errors import InputError

NIBBLES = """
create or replace macro nibbles(a, b, mask) as
    ((xor(a, b) & mask) | ((xor(a, b) & mask) >> 1) | ((xor(a, b) & mask) >> 2) | ((xor(a, b) & mask) >> 3))
    & 1229782938247303441::ubigint
"""


@dataclass(frozen=True)
class Sides:
    """Row counts of what was loaded; `same` where one table is held against itself."""

    left: int
    right: int
    same: bool

    @property
    def pairs(self) -> float:
        """Pairs there could be."""
        return self.left * (self.left - 1) / 2 if self.same else float(self.left) * self.right


def load_sides(con: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table | None, model: LinkModel) -> Sides:
    """Make relations `l` and `r`: `seq` (row number) and the encoded columns of the model."""
    con.execute(NIBBLES)
    given = {"l": left} if right is None else {"l": left, "r": right}
    with ThreadPoolExecutor(max_workers=2) as pool:
        for side, encoded in zip(given, pool.map(lambda side: _encoded(side, given[side], model), given), strict=True):
            con.register("encoded", encoded)
            con.execute(f"create or replace table {side} as select * from encoded")
            con.unregister("encoded")
    if right is None:
        con.execute("create or replace view r as select * from l")
    return Sides(left.num_rows, left.num_rows if right is None else right.num_rows, right is None)


def _encoded(side: str, table: pa.Table, model: LinkModel) -> pa.Table:
    missing = [column for column in model.columns if column not in table.schema.names]
    if missing:
        raise InputError(
            "表中没有模型要用的列", where="左表" if side == "l" else "右表", rule="columns", examples=tuple(missing),
            action="改表头，或在模型文件的 [columns] 中改列名",
        )  # fmt: skip
    encoded: dict[str, Any] = {"seq": pa.array(np.arange(table.num_rows, dtype=np.int32))}
    for column, _ in model.columns.items():
        forms = model.kind(column).encode(table[column])
        encoded |= {f"{column}_{form}": values for form, values in forms.items()}
    for column, source in model.implied.items():
        _imply(encoded, column, source)
    return pa.table(encoded)


def _imply(encoded: dict[str, Any], column: str, source: str) -> None:
    """Fill a birth date that is missing from the ID that shows it."""
    if f"{column}_day" in encoded and f"{source}_birth" in encoded:
        own, shown = encoded[f"{column}_day"], encoded[f"{source}_birth"]
        encoded[f"{column}_day"] = np.where(own == 0, shown, own)
