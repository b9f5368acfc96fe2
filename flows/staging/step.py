"""One typed row per row of the landed files: accepted into `stage_<source>`, or in quarantine with its reason."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from flows.landing import load_manifest
from flows.run.collecting import without_collector
from flows.run.context import RunContext
from flows.staging.across import settle_across
from flows.staging.books import check_books
from flows.staging.carried import settle_carried
from flows.staging.clean_files import CleanFile
from flows.staging.memory import load_memory
from flows.staging.shared import cleaned_files
from flows.staging.states import FileState, files_table
from matchers.relations import append, make
from schemas.contracts import SourceContract, stage_table
from schemas.errors import InputError
from schemas.rules import Rule

_AT_ONCE = 100_000


@dataclass
class Staging:
    """What has been staged so far: the next row key, every sheet's state, and rows on their way to the workspace."""

    con: duckdb.DuckDBPyConnection
    next_key: int = 1
    repairs: int = 0
    states: list[FileState] = field(default_factory=list)
    waiting: dict[str, list[pa.Table]] = field(default_factory=dict)

    def put(self, relation: str, table: pa.Table) -> None:
        """Append a table to a workspace relation, many small ones at once."""
        if table.num_rows:
            tables = self.waiting.setdefault(relation, [])
            tables.append(table)
            if sum(one.num_rows for one in tables) >= _AT_ONCE:
                self.write(relation)

    def write(self, relation: str) -> None:
        """Write what waits for a relation."""
        tables = self.waiting.pop(relation, None)
        if tables:
            append(self.con, relation, pa.concat_tables(tables))


def stage(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, Any]:
    """Read the landed copies into the staging relations; a bad file is named and the others go on.

    Counts files, rows in, accepted, quarantined, passed over and repairs; `warnings` are Chinese lines.
    Raises InputError when no row of the roll could be accepted, TableError when the rows read are not all there.
    """
    manifest = load_manifest(run.landing, run.key)
    staging = Staging(con)
    entries = [entry for name in run.contracts for entry in manifest.files if entry.source == name]
    with without_collector():
        make_relations(con, run.contracts)
        for number, files in cleaned_files(run, load_memory(run.home), entries):
            for file in files:
                _keep(staging, file)
            run.progress(f"读取 {entries[number - 1].source}", number, len(entries))
    for relation in list(staging.waiting):
        staging.write(relation)
    questions = _settle_carried(staging, run)
    staging.put("stage_files", files_table(staging.states))
    staging.write("stage_files")
    staging.repairs += settle_across(con, run.contracts, run.policy.numbers)
    check_books(con, run.contracts, staging.repairs)
    _require_roll(staging.states, run.contracts)
    return {**_counts(staging), "questions": questions}


def _settle_carried(staging: Staging, run: RunContext) -> list[tuple[str, str]]:
    """Rows of files that did not come and that new files hold are counted once; what is asked of the senders."""
    lines, out, repairs = settle_carried(staging.con, run)
    staging.repairs -= repairs
    for at, state in enumerate(staging.states):
        if gone := out.get((state.source, state.file, state.sheet), 0):
            staging.states[at] = replace(
                state,
                rows_in=state.rows_in - gone,
                accepted=state.accepted - gone,
                passed_over=state.passed_over + gone,
            )
    return lines


def make_relations(con: duckdb.DuckDBPyConnection, contracts: Map[str, SourceContract]) -> None:
    """Make `stage_<source>` of every contract, `stage_files`, `stage_repairs` and `quarantine`, all empty."""
    relations = {f"stage_{name}": contract.staged_schema() for name, contract in contracts.items()}
    relations |= {name: stage_table(name).schema for name in ("stage_files", "stage_repairs", "quarantine")}
    for name, schema in relations.items():
        make(con, name, schema.empty_table())


def _keep(staging: Staging, file: CleanFile) -> None:
    """A file's states and rows, its rows with the next free keys."""
    staging.states += file.states
    for one in file.tables:
        staging.put(f"stage_{file.source}", _keyed(one.table, staging.next_key))
        staging.put("stage_repairs", _keyed(one.repairs, staging.next_key))
        staging.put("quarantine", one.quarantine)
        staging.next_key += one.table.num_rows
        staging.repairs += one.repairs.num_rows


def _keyed(table: pa.Table, first: int) -> pa.Table:
    """The rows with keys from `first` instead of from 0."""
    at = table.schema.get_field_index("row_key")
    return table.set_column(at, table.schema.field(at), pc.add(table.column(at), pa.scalar(first, pa.int64())))


def _require_roll(states: list[FileState], contracts: Map[str, SourceContract]) -> None:
    """A run whose roll has no usable row is refused; the first message of a roll file says why."""
    rolls = {name for name, contract in contracts.items() if contract.role == "roll"}
    mine = [state for state in states if state.source in rolls]
    if any(state.accepted for state in mine):
        return
    why = next((state.message for state in mine if state.message), None)
    quarantined = sum(state.quarantined for state in mine)
    raise InputError(
        "党员名册没有一行可用，本次不运行" + (f"：{why}" if why else ""),
        where="party_members/",
        rule=Rule.NO_ROLL,
        count=quarantined or None,
        action=None if why else "按退回原因修改名册后重投",
    )


def _counts(staging: Staging) -> dict[str, Any]:
    states = staging.states
    return {
        "files": len({(state.source, state.file) for state in states}),
        "sheets_read": sum(state.state == "read" for state in states),
        "refused": sum(state.state == "refused" for state in states),
        "rows_in": sum(state.rows_in for state in states),
        "accepted": sum(state.accepted for state in states),
        "quarantined": sum(state.quarantined for state in states),
        "passed_over": sum(state.passed_over for state in states),
        "repairs": staging.repairs,
        "warnings": [state.message for state in states if state.message and state.warns and state.state != "skipped"],
    }
