"""One quality note per department that sent something, written beside the night's marks and into its reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from flows.home.folders import write_private
from flows.landing import Manifest, load_manifest
from flows.returns.export import NOTES, note_name
from flows.returns.marks import marks_path
from flows.run.context import RunContext
from flows.run.questions import questions_to
from reports.quality_note import SourceNote, quality_note
from reports.trades_in_doubt import trade_details
from schemas.contracts import SourceContract
from schemas.drift import SourceQuality

_OUTSIDE = {"worker"}
_MISSING = """
select distinct unnest(fields_missing) as title from stage_files where source = $source and state = 'read' order by 1
"""
_UNKNOWN = """
select distinct unnest(columns_unknown) as said from stage_files
where source = $source and state = 'read' and len(fields_missing) > 0 order by 1
"""
_FIELDS_READ = "select distinct unnest(fields_found) from stage_files where source = $source and state = 'read'"
_MESSAGES = "select message from stage_files where source = $source and state = 'refused' order by file, sheet"


def write_notes(
    con: duckdb.DuckDBPyConnection,
    run: RunContext,
    qualities: Mapping[str, SourceQuality],
    previous: Mapping[str, SourceQuality],
    reports: Path,
) -> int:
    """Write every department's page; gives how many."""
    manifest = load_manifest(run.landing, run.key)
    by_department: dict[str, list[SourceNote]] = {}
    for name, quality in qualities.items():
        contract = run.contracts[name]
        note = _note(con, contract, manifest, (quality, previous.get(name)))
        by_department.setdefault(contract.department, []).append(note)
    for department, notes in by_department.items():
        _write(run, reports, department, notes)
    return len(by_department)


def _note(
    con: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    manifest: Manifest,
    figures: tuple[SourceQuality, SourceQuality | None],
) -> SourceNote:
    dropped = {text for entry in manifest.columns_dropped if entry.source == contract.name for text in entry.columns}
    missing = [titles for (titles,) in con.execute(_MISSING, {"source": contract.name}).fetchall()]
    unknown = [texts for (texts,) in con.execute(_UNKNOWN, {"source": contract.name}).fetchall()]
    messages = con.execute(_MESSAGES, {"source": contract.name}).fetchall()
    result = {name for (name,) in con.execute(_FIELDS_READ, {"source": contract.name}).fetchall()}
    return SourceNote(
        title=contract.title,
        is_inside=contract.role not in _OUTSIDE,
        quality=figures[0],
        previous=figures[1],
        fields={field.name: field.title for field in contract.imported},
        absent=frozenset(field.name for field in contract.imported if field.name not in result),
        dropped=tuple(sorted(dropped)),
        missing=tuple(missing),
        unknown=tuple(unknown),
        messages=tuple(message for (message,) in messages if message),
        trades=trade_details(con, contract.name),
        questions=tuple(questions_to(con, contract.name)),
    )


def _write(run: RunContext, reports: Path, department: str, notes: Sequence[SourceNote]) -> None:
    page = quality_note(department, run.as_of, notes).encode()
    write_private(marks_path(run.home, run.landing).parent / note_name(department), page)
    write_private(reports / NOTES / note_name(department), page)
