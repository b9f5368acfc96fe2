"""One landed file read and cleaned, sheet by sheet: its accepted rows with keys from 0, none of them kept yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flows.home.runlog import log_crash
from flows.landing import LandedFile, read_landed
from flows.run.collecting import without_collector
from flows.run.context import RunContext
from flows.staging.accept import Accepted, SheetName, accept
from flows.staging.archives import Member, is_archive, members
from flows.staging.grid import Grid
from flows.staging.memory import Correction, corrections_of
from flows.staging.readers import read_file
from flows.staging.states import FileState, hidden_remark, nothing_read, without_notes
from flows.staging.tables import Meaning, SheetTable, tables_of
from schemas.errors import InputError
from schemas.rules import Rule

Memory = tuple[Correction, ...]


@dataclass(frozen=True)
class OpenedFile:
    """One file as its reader gave it: its sheets, or why there are none."""

    number: int
    """Of the landed file it came in, from 1."""
    entry: LandedFile
    name: str
    grids: list[Grid] | InputError


@dataclass(frozen=True)
class CleanFile:
    """One file, cleaned: a state per sheet, and what every table of it gave."""

    source: str
    states: list[FileState]
    tables: list[Accepted]


def clean_landed(run: RunContext, memory: Memory, number: int, entry: LandedFile) -> list[CleanFile]:
    """A landed file, or every file of an archive, read and cleaned; what cannot be read becomes a state."""
    with without_collector():
        return [clean_file(run, memory, file) for file in opened_files(run, [(number, entry)])]


def clean_file(run: RunContext, memory: Memory, file: OpenedFile) -> CleanFile:
    """All sheets of one file; what cannot be read becomes a state with its message."""
    place = file.entry.source, file.name
    if isinstance(file.grids, InputError):
        return CleanFile(file.entry.source, [_refused(*place, file.grids)], [])
    found = [_clean_sheet(run, memory, place, grid) for grid in file.grids]
    states = without_notes([state for state, _ in found], file.grids)
    return CleanFile(file.entry.source, states, [table for _, tables in found for table in tables])


def opened_files(run: RunContext, entries: list[tuple[int, LandedFile]]) -> Iterator[OpenedFile]:
    """Every file of the numbered landed ones, those in an archive each by itself, in order."""
    for number, entry in entries:
        where = f"{entry.source}/{entry.name}"
        if entry.sealed is None:
            yield OpenedFile(number, entry, entry.name, InputError(f"{where}：{entry.problem}"))
            continue
        try:
            data = read_landed(run, entry)
            inside = members(data, where) if is_archive(data) else [Member("", data)]
        except InputError as error:
            yield OpenedFile(number, entry, entry.name, error)
            continue
        except Exception as error:
            yield OpenedFile(number, entry, entry.name, _unforeseen(run, error, where))
            continue
        for member in inside:
            file = f"{entry.name}/{member.name}" if member.name else entry.name
            yield OpenedFile(number, entry, file, member.problem or _grids(run, member.data, f"{entry.source}/{file}"))


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


def _refused(source: str, file: str, error: InputError, sheet: str | None = None) -> FileState:
    return FileState(source, file, sheet, state="refused", message=str(error), warns=True)


def _clean_sheet(
    run: RunContext, memory: Memory, place: tuple[str, str], grid: Grid
) -> tuple[FileState, list[Accepted]]:
    """The state of a sheet and the rows of every table of it: a sheet is read whole or refused."""
    source, file = place
    contract = run.contracts[source]
    where = f"{source}/{file}" + (f"［{grid.sheet}］" if grid.sheet else "")
    state = FileState(source, file, grid.sheet, encoding=grid.encoding)
    if grid.skipped:
        return replace(state, state="skipped", message=f"{where}：{grid.skipped}"), []
    read_hidden = run.policy.reading.hidden_rows == "read"
    meaning = Meaning(contract, corrections_of(memory, contract, file), read_hidden)
    try:
        tables = tables_of(grid, meaning, where)
        name = SheetName(source, file, grid.sheet)
        found = [accept(table.sifted, table.mapping, contract, name, 0) for table in tables]
    except InputError as error:
        return replace(_refused(source, file, error, grid.sheet), encoding=grid.encoding), []
    except Exception as error:
        refused = _refused(source, file, _unforeseen(run, error, where), grid.sheet)
        return replace(refused, encoding=grid.encoding), []
    lost = nothing_read(sum(one.table.num_rows for one in found), sum(one.unusable for one in found))
    notes = [lost, grid.note, *(note for table in tables for note in table.mapping.notes)]
    remarks = [grid.remark, hidden_remark(grid, read=read_hidden), _tables_remark(tables)]
    remarks += [remark for table in tables for remark in table.mapping.remarks]
    said = "；".join(dict.fromkeys(text for text in (*notes, *remarks) if text))
    message = f"{where}：{said}" if said else None
    return replace(_with_row_counts(state, tables, found), message=message, warns=any(note for note in notes)), found


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
