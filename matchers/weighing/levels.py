"""One level number per pair and column, and one pattern number per pair: its level numbers in mixed radix."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Seqs
from matchers.kinds.comparing import PairRows, Test, at_levels
from matchers.kinds.plain import Kind
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.sides.row_sql import PairSql, evaluate, pair_sql


@dataclass(frozen=True)
class Comparison:
    """One comparison of one column: its levels as SQL over the rows `l` and `r`, or as tests over encoded rows."""

    column: str
    sql: PairSql | None
    kind: Kind
    levels: tuple[str, ...]
    source: str | None
    """The column of IDs that shows the same: where both rows' IDs do, it is counted there."""


def comparison(model: LinkModel, column: str) -> Comparison:
    """The comparison of a column: level 0 is null, then the declared levels in order."""
    kind = model.kind(column)
    sql = pair_sql(level_sql(model, column)) if kind.tests is None else None
    source = model.implied.get(column)
    return Comparison(column, sql, kind, tuple(model.comparisons[column]), source)


def levels_of_pairs(
    con: duckdb.DuckDBPyConnection, compared: Comparison, both: Both, pairs: tuple[Seqs, Seqs]
) -> npt.NDArray[np.uint8]:
    """One level number per pair for one comparison (uint8; 0 where a side is null)."""
    if compared.sql is not None:
        columns = {f"l_{name}": values for name, values in both.left.take(compared.sql.left, pairs[0]).items()}
        columns |= {f"r_{name}": values for name, values in both.right.take(compared.sql.right, pairs[1]).items()}
        return evaluate(con, compared.sql.text, columns)
    levels = at_levels(pair_rows(compared.column, both, pairs), *_tests(compared.kind), list(compared.levels))
    if compared.source is not None:
        form, empty = compared.kind.shown_by
        name = f"{compared.source}_{form}"
        if name in both.left.columns:
            silent = (both.left.columns[name][pairs[0]] != empty) & (both.right.columns[name][pairs[1]] != empty)
            levels[silent] = 0
    return levels


def pairs_at(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: tuple[Seqs, Seqs], levels: Mapping[str, Names]
) -> npt.NDArray[np.bool_]:
    """A mask of the pairs at one of the named levels of any of these columns; a missing column is null.

    What an ID shows as well counts here all the same: no weights are added up.
    """
    at_level = np.zeros(len(pairs[0]), bool)
    for column, names in levels.items():
        if column in model.comparisons:
            numbers = [number for number, name in enumerate(model.comparisons[column], start=1) if name in names]
            alone = replace(comparison(model, column), source=None)
            at_level |= np.isin(levels_of_pairs(con, alone, both, pairs), numbers)
    return at_level


def pair_rows(column: str, both: Both, pairs: tuple[Seqs, Seqs]) -> PairRows:
    """The encoded forms of one column for both rows of many pairs."""
    return PairRows(column, (both.left.columns, both.right.columns), pairs)


def _tests(kind: Kind) -> tuple[Test, dict[str, Test]]:
    if kind.tests is None:
        raise ValueError("a kind whose levels are SQL")
    return kind.tests


def level_sql(model: LinkModel, column: str) -> str:
    """SQL of one comparison over the rows `l` and `r`: 0 is null, then the declared levels in order."""
    kind = model.kind(column)
    missing = str(kind.missing)
    source = model.implied.get(column)
    if source:
        missing = f"{missing} or ({_implied(model, column, source)})"
    levels = enumerate(model.comparisons[column], start=1)
    cases = " ".join(f"when {kind.levels[name]} then {number}" for number, name in levels)
    return f"case when {missing} then 0 {cases} end::utinyint".replace("{c}", column)


def _implied(model: LinkModel, column: str, source: str) -> str:
    kind = model.kind(column)
    return " and ".join(kind.silent.replace("{id}", f"{side}.{source}") for side in "lr")


def radixes(model: LinkModel) -> dict[str, int]:
    """Per comparison the factor of its level number in a pattern (mixed radix)."""
    radix_of, radix = {}, 1
    for column, levels in model.comparisons.items():
        radix_of[column] = radix
        radix *= len(levels) + 1
    return radix_of


def levels_of(model: LinkModel, pattern: int) -> dict[str, int]:
    """A pattern's level numbers by column."""
    by_column = {}
    for column, levels in model.comparisons.items():
        pattern, by_column[column] = divmod(pattern, len(levels) + 1)
    return by_column


Names = Collection[str]
