"""One typed row per row of the landed files: accepted into `stage_<source>`, or in quarantine with its reason."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from collections.abc import Mapping as Map
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import pyarrow as pa

from flows.home.runlog import log_crash
from flows.landing import LandedFile, load_manifest, read_landed
from flows.run.context import RunContext
from flows.staging.accept import Accepted, SheetName, accept
from flows.staging.across import settle_across
from flows.staging.archives import Member, is_archive, members
from flows.staging.books import check_books
from flows.staging.carried import settle_carried
from flows.staging.grid import Grid
from flows.staging.memory import Correction, corrections_of, load_memory
from flows.staging.readers import read_file
from flows.staging.states import FileState, files_table, hidden_remark, nothing_read, without_notes
from flows.staging.tables import Meaning, SheetTable, tables_of
from matchers.relations import append, make
from schemas.contracts import SourceContract, stage_table
from schemas.errors import InputError
from schemas.rules import Rule

_AT_ONCE = 100_000


@dataclass
class Staging:
    """What has been staged so far: the next row key, every sheet's state, and rows on their way to the workspace."""

    con: duckdb.DuckDBPyConnection
    memory: tuple[Correction, ...] = ()
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


@dataclass(frozen=True)
class _Opened:
    """One file as its reader gave it: its sheets, or why there are none."""

    number: int
    """Of the landed file it came in, from 1."""
    entry: LandedFile
    name: str
    grids: list[Grid] | InputError


def stage(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, Any]:
    """Read the landed copies into the staging relations; a bad file is named and the others go on.

    Counts files, rows in, accepted, quarantined, passed over and repairs; `warnings` are Chinese lines.
    Raises InputError when no row of the roll could be accepted, TableError when the rows read are not all there.
    """
    manifest = load_manifest(run.landing, run.key)
    staging = Staging(con, load_memory(run.home))
    entries = [entry for name in run.contracts for entry in manifest.files if entry.source == name]
    with _without_collector(), _ahead(_opened(run, entries)) as files:
        make_relations(con, run.contracts)
        for file in files:
            _stage_file(staging, run, file)
            run.progress(f"读取 {file.entry.source}", file.number, len(entries))
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


def make_relations(con: duckdb.DuckDBPyConnection, contracts: Map[str, SourceContract]) -> None:
    """Make `stage_<source>` of every contract, `stage_files`, `stage_repairs` and `quarantine`, all empty."""
    relations = {f"stage_{name}": contract.staged_schema() for name, contract in contracts.items()}
    relations |= {name: stage_table(name).schema for name in ("stage_files", "stage_repairs", "quarantine")}
    for name, schema in relations.items():
        make(con, name, schema.empty_table())


def _stage_file(staging: Staging, run: RunContext, file: _Opened) -> None:
    """All sheets of one file; what cannot be read becomes a state with its message."""
    place = file.entry.source, file.name
    if isinstance(file.grids, InputError):
        staging.states.append(_refused(*place, file.grids))
        return
    states = [_stage_sheet(staging, run, place, grid) for grid in file.grids]
    staging.states += without_notes(states, file.grids)


def _opened(run: RunContext, entries: list[LandedFile]) -> Iterator[_Opened]:
    """Every file of the landed ones, those in an archive each by itself, in order."""
    for done, entry in enumerate(entries, 1):
        where = f"{entry.source}/{entry.name}"
        if entry.sealed is None:
            yield _Opened(done, entry, entry.name, InputError(f"{where}：{entry.problem}"))
            continue
        try:
            data = read_landed(run, entry)
            inside = members(data, where) if is_archive(data) else [Member("", data)]
        except InputError as error:
            yield _Opened(done, entry, entry.name, error)
            continue
        except Exception as error:
            yield _Opened(done, entry, entry.name, _unforeseen(run, error, where))
            continue
        for member in inside:
            file = f"{entry.name}/{member.name}" if member.name else entry.name
            yield _Opened(done, entry, file, member.problem or _grids(run, member.data, f"{entry.source}/{file}"))


def _grids(run: RunContext, data: bytes, where: str) -> list[Grid] | InputError:
    try:
        return read_file(data, where, run.policy.reading)
    except InputError as error:
        return error
    except Exception as error:
        return _unforeseen(run, error, where)


def _unforeseen(run: RunContext, error: Exception, where: str) -> InputError:
    """A file no reader was made for: it is named and the night goes on; the frames are in the log."""
    log = log_crash(run.home, error, run_id=run.run_id, step="stage")
    return InputError(
        f"读取时出错（{type(error).__name__}）", where=where, rule=Rule.UNREADABLE_FILE,
        action=f"另存为 .xlsx 或 UTF-8 的 .csv 后重投；仍不行请把日志 {log.name} 交给管理员",
    )  # fmt: skip


@contextmanager
def _ahead(files: Iterator[_Opened]) -> Iterator[Iterator[_Opened]]:
    """The same files, each read while the one before it is cleaned: the readers work mostly outside Python's lock."""
    with ThreadPoolExecutor(1) as reader:
        first = reader.submit(next, files, None)

        def each() -> Iterator[_Opened]:
            coming = first
            while file := coming.result():
                coming = reader.submit(next, files, None)
                yield file

        yield each()


def _refused(source: str, file: str, error: InputError, sheet: str | None = None) -> FileState:
    return FileState(source, file, sheet, state="refused", message=str(error), warns=True)


def _stage_sheet(staging: Staging, run: RunContext, place: tuple[str, str], grid: Grid) -> FileState:
    source, file = place
    contract = run.contracts[source]
    where = f"{source}/{file}" + (f"［{grid.sheet}］" if grid.sheet else "")
    state = FileState(source, file, grid.sheet, encoding=grid.encoding)
    if grid.skipped:
        return replace(state, state="skipped", message=f"{where}：{grid.skipped}")
    read_hidden = run.policy.reading.hidden_rows == "read"
    meaning = Meaning(contract, corrections_of(staging.memory, contract, file), read_hidden)
    try:
        tables = tables_of(grid, meaning, where)
        found = _cleaned(contract, SheetName(source, file, grid.sheet), tables, staging.next_key)
    except InputError as error:
        return replace(_refused(source, file, error, grid.sheet), encoding=grid.encoding)
    except Exception as error:
        return replace(_refused(source, file, _unforeseen(run, error, where), grid.sheet), encoding=grid.encoding)
    for one in found:
        _put(staging, contract, one)
    lost = nothing_read(sum(one.table.num_rows for one in found), sum(one.unusable for one in found))
    notes = [lost, grid.note, *(note for table in tables for note in table.mapping.notes)]
    remarks = [grid.remark, hidden_remark(grid, read=read_hidden), _tables_remark(tables)]
    remarks += [remark for table in tables for remark in table.mapping.remarks]
    said = "；".join(dict.fromkeys(text for text in (*notes, *remarks) if text))
    return replace(
        _with_row_counts(state, tables, found),
        message=f"{where}：{said}" if said else None,
        warns=any(note for note in notes),
    )


def _cleaned(contract: SourceContract, name: SheetName, tables: list[SheetTable], next_key: int) -> list[Accepted]:
    """The rows of every table of a sheet, cleaned, before any of them is kept: a sheet is read whole or refused."""
    found: list[Accepted] = []
    for table in tables:
        found.append(accept(table.sifted, table.mapping, contract, name, next_key))
        next_key += found[-1].table.num_rows
    return found


def _put(staging: Staging, contract: SourceContract, found: Accepted) -> None:
    staging.put(f"stage_{contract.name}", found.table)
    staging.put("stage_repairs", found.repairs)
    staging.put("quarantine", found.quarantine)
    staging.next_key += found.table.num_rows
    staging.repairs += found.repairs.num_rows


def _with_row_counts(state: FileState, tables: list[SheetTable], found: list[Accepted]) -> FileState:
    return replace(
        state,
        header_row=tables[0].header_row,
        rows_in=sum(len(table.sifted.rows) for table in tables),
        accepted=sum(one.table.num_rows for one in found),
        quarantined=sum(one.quarantine.num_rows for one in found),
        passed_over=sum(table.sifted.passed_over for table in tables),
        columns_read=tuple(dict.fromkeys(text for table in tables for text in table.mapping.read)),
        columns_dropped=tuple(dict.fromkeys(text for table in tables for text in table.mapping.dropped)),
        fields_found=tuple(dict.fromkeys(name for table in tables for name in table.mapping.columns)),
        fields_missing=tuple(dict.fromkeys(text for table in tables for text in table.mapping.missing)),
        columns_unknown=tuple(dict.fromkeys(text for table in tables for text in table.mapping.unknown)),
    )


def _tables_remark(tables: list[SheetTable]) -> str | None:
    if len(tables) == 1:
        return None
    rows = "、".join(dict.fromkeys(str(table.header_row) for table in tables))
    return f"一张工作表里有{len(tables)}张表（表头在第{rows}行），已分别读取"


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
