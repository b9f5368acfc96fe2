"""SQL expressions over the encoded columns of one row or of the two rows of a pair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.model.link_model import LinkModel

Columns = Mapping[str, Any]
_NAMED = re.compile(r"\b([lr])\.(\w+)")


@dataclass(frozen=True)
class PairSql:
    """An SQL expression over one pair, with `l.x` and `r.x` rewritten to `l_x` and `r_x`, and the columns it reads."""

    text: str
    left: tuple[str, ...]
    right: tuple[str, ...]


def pair_sql(text: str) -> PairSql:
    """The expression over `l` and `r` as PairSql, with the encoded columns it reads of either row, sorted."""
    named = sorted(set(_NAMED.findall(text)))
    left, right = (tuple(column for side, column in named if side == one) for one in ("l", "r"))
    return PairSql(_NAMED.sub(r"\1_\2", text), left, right)


def evaluate(con: duckdb.DuckDBPyConnection, text: str, columns: Columns) -> npt.NDArray[Any]:
    """One value per row (numpy): the SQL expression evaluated by DuckDB over these columns."""
    arrow = any(not isinstance(values, np.ndarray) for values in columns.values())
    con.register("given", pa.table(dict(columns)) if arrow else dict(columns))
    try:
        return np.asarray(con.execute(f"select {text} as value from given").fetchnumpy()["value"])
    finally:
        con.unregister("given")


def row_columns(model: LinkModel, text: str) -> tuple[str, ...]:
    """The encoded columns that an expression over one row reads, sorted: its words that begin with a column's name."""
    words = set(re.findall(r"\w+", text))
    kept = {f"{column}_" for column in model.columns}
    return tuple(sorted(word for word in words if any(word.startswith(start) for start in kept)))
