"""The matching steps: people, registry, candidates, scores, decisions. Each reads and writes workspace relations."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from flows.context import RunContext
from matchers.candidates import PlannedRule
from matchers.comparable import comparable
from matchers.deciding import decide_pairs
from matchers.model import LinkageModel, district_model
from matchers.registry import resolve_registry
from matchers.scoring import candidate_pairs, score_candidates
from schemas.contracts import SourceContract

_PERSON_COLUMNS = {
    "member_no": "varchar",
    "name": "varchar",
    "sex": "varchar",
    "birth_date": "varchar",
    "id_number": "varchar",
    "id_number_kind": "varchar",
    "phones": "varchar[]",
}


def people(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `person_rows`: one row per accepted row of a source that names a person."""
    parts = [_person_select(contract) for contract in run.contracts.values() if contract.role != "organisation"]
    rows = con.execute(
        "select row_key, source, role, file, sheet, row, record_id, member_no, "
        "name, sex, birth_date, id_number, id_number_kind as id_kind, coalesce(phones, []) as phones "
        f"from ({' union all '.join(parts)}) order by row_key"
    ).to_arrow_table()
    _write(con, "person_rows", comparable(rows))
    counted = con.execute("select role, count(*) from person_rows group by role order by role").fetchall()
    return {str(role): int(count) for role, count in counted}


def _person_select(contract: SourceContract) -> str:
    """The contract's fields under their common names; null where a source has no such field."""
    staged = set(contract.staged_schema().names)
    columns = [f"{name if name in staged else 'null'}::{kind} as {name}" for name, kind in _PERSON_COLUMNS.items()]
    return (
        f"select row_key, '{contract.name}' as source, '{contract.role}' as role, file, sheet, row, record_id, "
        f"{', '.join(columns)} from stage_{contract.name}"
    )


def registry(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `registry_persons` and `registry_doubts` from the roll, the transfer and the floating register."""
    found = resolve_registry(_person_rows(con, "role in ('roll', 'transfer', 'floating')"), _model(run))
    _write(con, "registry_persons", found.persons)
    _write(con, "registry_doubts", found.doubts)
    return {"persons": found.persons.num_rows, "doubts": found.doubts.num_rows}


def candidates(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `candidates`: worker row and registry person pairs, each blocking rule counted before it runs."""
    pairs, plan = candidate_pairs(_workers(con), _registry(con), _model(run))
    _write(con, "candidates", pairs)
    return {"pairs": pairs.num_rows, **_counts(plan)}


def _counts(plan: list[PlannedRule]) -> dict[str, int]:
    return {rule.name: rule.pairs for rule in plan}


def scored(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `scored`: levels and weights of every candidate pair."""
    pairs = con.execute("select * from candidates order by left_id, right_id").to_arrow_table()
    table = score_candidates(pairs, _workers(con), _registry(con), _model(run))
    _write(con, "scored", table)
    return {"pairs": table.num_rows}


def decided(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Make `decided`: link, review or reject for every scored pair."""
    pairs = con.execute("select * from scored order by left_id, right_id").to_arrow_table()
    table = decide_pairs(pairs, _workers(con), _registry(con), _model(run))
    _write(con, "decided", table)
    counted = con.execute(
        "select coalesce(match_class, decision), count(*) from decided group by 1 order by 1"
    ).fetchall()
    return {str(name): int(count) for name, count in counted}


def _model(_run: RunContext) -> LinkageModel:
    return district_model()


def _workers(con: duckdb.DuckDBPyConnection) -> pa.Table:
    return _person_rows(con, "role in ('worker', 'self_report')")


def _person_rows(con: duckdb.DuckDBPyConnection, condition: str) -> pa.Table:
    return con.execute(
        "select row_key as row_id, * exclude (row_key, source, file, sheet, row, record_id) "
        f"from person_rows where {condition} order by row_key"
    ).to_arrow_table()


def _registry(con: duckdb.DuckDBPyConnection) -> pa.Table:
    return con.execute(
        "select registry_id as row_id, * exclude (registry_id, member_no, names, row_keys, roll_row_key, flags) "
        "from registry_persons order by registry_id"
    ).to_arrow_table()


def _write(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    con.register("incoming", table)
    con.execute(f"create or replace table {name} as select * from incoming")
    con.unregister("incoming")
