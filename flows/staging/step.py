"""One typed row per row of the landed files: accepted into `stage_<source>`, or in quarantine with its reason."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from collections.abc import Mapping as Map
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import pyarrow as pa

from flows.context import RunContext
from flows.landing import LandedFile, load_manifest, read_landed
from flows.staging.accept import SheetName, accept
from flows.staging.grid import Grid
from flows.staging.mapping import map_columns
from flows.staging.readers import read_file
from flows.staging.rows import sift
from schemas.contracts import SourceContract, stage_table
from schemas.errors import InputError

_NOTES_ROWS = 20
_NOTES_COLUMNS = 3


@dataclass(frozen=True)
class FileState:
    """One row of `stage_files`."""

    source: str
    file: str
    sheet: str | None = None
    state: str = "read"
    encoding: str | None = None
    header_row: int | None = None
    rows_in: int = 0
    accepted: int = 0
    quarantined: int = 0
    passed_over: int = 0
    columns_dropped: tuple[str, ...] = ()
    message: str | None = None


@dataclass
class Staging:
    """What has been staged so far: the next row key and every sheet's state."""

    con: duckdb.DuckDBPyConnection
    next_key: int = 1
    states: list[FileState] = field(default_factory=list)

    def put(self, relation: str, table: pa.Table) -> None:
        """Append a table to a workspace relation."""
        if table.num_rows:
            self.con.register("incoming", table)
            self.con.execute(f"insert into {relation} select * from incoming")
            self.con.unregister("incoming")


def stage(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, Any]:
    """Read the landed copies into the staging relations; a bad file is named and the others go on.

    Counts files, rows in, accepted, quarantined, passed over and repairs; `warnings` are Chinese lines.
    Raises InputError when no row of the roll could be accepted.
    """
    manifest = load_manifest(run.landing, run.key)
    _make_relations(con, run.contracts)
    staging = Staging(con)
    entries = [entry for name in run.contracts for entry in manifest.files if entry.source == name]
    with _without_collector():
        for done, entry in enumerate(entries, 1):
            _stage_file(staging, run, entry)
            run.progress(f"读取 {entry.source}", done, len(entries))
    staging.put("stage_files", _files_table(staging.states))
    _require_roll(staging.states, run.contracts)
    return _counts(staging)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of cells and no cycles among them: the collector's passes would cost a quarter of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _make_relations(con: duckdb.DuckDBPyConnection, contracts: Map[str, SourceContract]) -> None:
    relations = {f"stage_{name}": contract.staged_schema() for name, contract in contracts.items()}
    relations |= {name: stage_table(name).schema for name in ("stage_files", "stage_repairs", "quarantine")}
    for name, schema in relations.items():
        con.register("empty", schema.empty_table())
        con.execute(f"create or replace table {name} as select * from empty")
        con.unregister("empty")


def _stage_file(staging: Staging, run: RunContext, entry: LandedFile) -> None:
    """All sheets of one file; what cannot be read becomes a state with its message, never an exception."""
    where = f"{entry.source}/{entry.name}"
    if entry.sealed is None:
        state = FileState(entry.source, entry.name, state="refused", message=f"{where}：{entry.problem}")
        staging.states.append(state)
        return
    try:
        grids = read_file(read_landed(run, entry), where)
    except InputError as error:
        staging.states.append(FileState(entry.source, entry.name, state="refused", message=str(error)))
        return
    states = [_stage_sheet(staging, run.contracts[entry.source], entry, grid) for grid in grids]
    staging.states += _without_notes(states, grids)


def _stage_sheet(staging: Staging, contract: SourceContract, entry: LandedFile, grid: Grid) -> FileState:
    state = FileState(entry.source, entry.name, grid.sheet, encoding=grid.encoding, message=grid.note)
    where = f"{entry.source}/{entry.name}" + (f"［{grid.sheet}］" if grid.sheet else "")
    if grid.skipped:
        return replace(state, state="skipped", message=f"{where}：{grid.skipped}")
    try:
        mapping = map_columns(grid, contract, where)
    except InputError as error:
        return replace(state, state="refused", message=str(error))
    sifted = sift(grid, mapping)
    name = SheetName(entry.source, entry.name, grid.sheet)
    found = accept(sifted, mapping, contract, name, staging.next_key)
    staging.put(f"stage_{contract.name}", found.table)
    staging.put("stage_repairs", found.repairs)
    staging.put("quarantine", found.quarantine)
    staging.next_key += found.table.num_rows
    notes = "；".join(note for note in (grid.note, *mapping.notes) if note)
    return replace(
        state,
        header_row=mapping.header.last + 1,
        rows_in=len(sifted.rows),
        accepted=found.table.num_rows,
        quarantined=found.quarantine.num_rows,
        passed_over=sifted.passed_over,
        columns_dropped=mapping.dropped,
        message=f"{where}：{notes}" if notes else None,
    )


def _without_notes(states: list[FileState], grids: list[Grid]) -> list[FileState]:
    """A small sheet without a known header beside one that was read holds notes: skipped, not refused."""
    if not any(state.state == "read" for state in states):
        return states
    return [
        replace(state, state="skipped")
        if "no_known_header" in (state.message or "")
        and (len(grid.rows) <= _NOTES_ROWS or grid.width <= _NOTES_COLUMNS)
        else state
        for state, grid in zip(states, grids, strict=True)
    ]


def _files_table(states: list[FileState]) -> pa.Table:
    schema = stage_table("stage_files").schema
    rows = [{name: getattr(state, name) for name in schema.names} for state in states]
    return pa.Table.from_pylist(rows, schema=schema)


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
        rule="no_roll",
        count=quarantined or None,
        action=None if why else "按退回原因修改名册后重投",
    )


def _counts(staging: Staging) -> dict[str, Any]:
    states = staging.states
    repairs = staging.con.execute("select count(*) from stage_repairs").fetchone()
    return {
        "files": len({(state.source, state.file) for state in states}),
        "sheets_read": sum(state.state == "read" for state in states),
        "refused": sum(state.state == "refused" for state in states),
        "rows_in": sum(state.rows_in for state in states),
        "accepted": sum(state.accepted for state in states),
        "quarantined": sum(state.quarantined for state in states),
        "passed_over": sum(state.passed_over for state in states),
        "repairs": int(repairs[0]) if repairs else 0,
        "warnings": [state.message for state in states if state.message and state.state != "skipped"],
    }
