"""One row of `row_trades` per row of a worker or self-report source: its trade, and whether it is in the scope."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

import duckdb
import pyarrow as pa

from flows.home.file_names import sender_of
from flows.ledger.sql import put
from flows.run.context import RunContext
from flows.scope.memory import load_trades
from flows.scope.rows import Placement, Placing, RowTexts, ScopeContext
from flows.scope.texts import TradeReader, unit_keys
from schemas.contracts import SourceContract

_TEXTS = {
    "platform": "platform",
    "unit_name": "unit_name",
    "uscc": "uscc",
    "station": "station",
    "job": "job",
    "industry": "industry_code",
}
"""Column of the texts -> field of the sources' contracts."""

Combination = tuple[RowTexts, list[int]]
"""Texts, and the keys of the rows that hold them."""


def place_rows(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Write `row_trades` (row_key, grp, evidence, against, outside) and `own_trades` (row_key of the roll, grp).

    Sources whose every row is platform work, and licences, are placed first: their units tell of the rest.
    """
    occupations = run.policy.occupations
    placing = Placing(
        TradeReader(run.policy),
        run.contracts,
        occupations.default,
        occupations.source_defaults,
        _scope_context(con, run),
    )
    placed: list[tuple[RowTexts, Placement, list[int]]] = []
    working = [contract for contract in run.contracts.values() if contract.scope != "contact" and _works(contract)]
    for contract in (entry for entry in working if _tells_units(entry)):
        placed += _placed(placing, _combinations(con, contract))
    placing = replace(placing, context=replace(placing.context, units=_units(placed, placing.reader)))
    for contract in (entry for entry in working if not _tells_units(entry)):
        placed += _placed(placing, _combinations(con, contract))
    put(con, "row_trades", _table(placed))
    put(con, "own_trades", _own_trades(con, placing))


def _works(contract: SourceContract) -> bool:
    return contract.role in ("worker", "self_report")


def _tells_units(contract: SourceContract) -> bool:
    return contract.role == "worker" and (contract.scope == "all" or contract.name == "transport")


def _scope_context(con: duckdb.DuckDBPyConnection, run: RunContext) -> ScopeContext:
    """What clerks said of senders, and the headers of tonight's sheets."""
    told = {(trade.source, trade.sender): trade.group for trade in load_trades(run.home)}
    sheets = con.execute("select source, file, sheet, columns_read from stage_files where state = 'read'").fetchall()
    by_file = {(source, file): told.get((source, sender_of(file))) for source, file, _, _ in sheets}
    return ScopeContext(
        trades_by_clerk={place: group for place, group in by_file.items() if group},
        headers={(source, file, sheet): tuple(texts or ()) for source, file, sheet, texts in sheets},
    )


def _combinations(con: duckdb.DuckDBPyConnection, contract: SourceContract) -> list[Combination]:
    """The distinct texts of one source's rows, with their rows; names of columns come from the contract."""
    names = {field.name for field in contract.imported}
    texts = [f"{field if field in names else 'null'}::varchar as {name}" for name, field in _TEXTS.items()]
    rows = con.execute(
        f"select file, sheet, {', '.join(texts)}, list(row_key) as row_keys "
        f'from "stage_{contract.name}" group by all order by min(row_key)'
    ).fetchall()
    return [(RowTexts(contract.name, *row[:-1]), row[-1]) for row in rows]


def _placed(placing: Placing, combinations: Iterable[Combination]) -> list[tuple[RowTexts, Placement, list[int]]]:
    return [(texts, placing.place(texts), keys) for texts, keys in combinations]


def _units(placed: list[tuple[RowTexts, Placement, list[int]]], reader: TradeReader) -> dict[str, str]:
    """Units that platforms and licences name, by name and credit code, with the trade of most of their rows."""
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for texts, placement, keys in placed:
        unit = reader.read(texts.unit_name)
        if placement.outside or not texts.unit_name or unit.agency or unit.public_body or unit.deposit:
            continue
        for key in {*unit_keys(texts.unit_name), texts.uscc} - {None}:
            groups[str(key)][placement.group] += len(keys)
    return {key: min(result, key=lambda group: (-result[group], group)) for key, result in groups.items()}


def _table(placed: list[tuple[RowTexts, Placement, list[int]]]) -> pa.Table:
    each = [placement for _, placement, keys in placed for _ in keys]
    columns = {
        "row_key": pa.array([key for _, _, keys in placed for key in keys], pa.int64()),
        "grp": pa.array([entry.group for entry in each], pa.string()),
        "evidence": pa.array([str(entry.evidence) for entry in each], pa.string()),
        "against": pa.array([entry.against for entry in each], pa.string()),
        "outside": pa.array([entry.outside and str(entry.outside) for entry in each], pa.string()),
    }
    return pa.table(columns).sort_by("row_key")


def _own_trades(con: duckdb.DuckDBPyConnection, placing: Placing) -> pa.Table:
    """One row per roll row whose own 工作岗位 or 工作单位 shows platform work, with its trade."""
    rows = con.execute(
        "select job, unit_name, list(row_key) from stage_party_members "
        "where job is not null or unit_name is not null group by all order by min(row_key)"
    ).fetchall()
    result = [(key, group) for job, unit, keys in rows if (group := placing.own_trade(job, unit)) for key in keys]
    keys, groups = [key for key, _ in result], [group for _, group in result]
    return pa.table({"row_key": pa.array(keys, pa.int64()), "grp": pa.array(groups, pa.string())}).sort_by("row_key")
