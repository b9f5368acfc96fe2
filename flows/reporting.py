"""What people look at of one published version, written into `H/reports/<version>/`: the workbook and the two pages.

The version is already in place when this runs: a report that fails is logged and told as a warning, never a failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.context import RunContext
from flows.home import write_private
from flows.runlog import log_crash
from reports.summary import RunSummary
from schemas.contracts import ledger_table
from schemas.drift import SourceQuality

WORKBOOK = "一本账.xlsx"


@dataclass(frozen=True)
class Quality:
    """What every source brought tonight, and the last published night before."""

    now: Mapping[str, SourceQuality]
    before: Mapping[str, SourceQuality]


@dataclass(frozen=True)
class Night:
    """One published night as its reports need it."""

    summary: RunSummary
    quality: Quality


def write_reports(con: duckdb.DuckDBPyConnection, run: RunContext, summary: RunSummary, quality: Quality) -> list[str]:
    """Write every report of the version; one Chinese line per report that could not be written."""
    night = Night(summary, quality)
    folder = run.home.reports / night.summary.version
    made: dict[str, Callable[[], bytes]] = {WORKBOOK: lambda: _workbook(run, night)}
    problems = []
    for name, make in made.items():
        try:
            write_private(folder / name, make())
        except Exception as error:
            log = log_crash(run.home, error, run_id=run.run_id, step=f"report {name}")
            problems.append(f"{name} 没有写出（{type(error).__name__}），一本账不受影响；请把日志 {log} 交给管理员")
    return problems


def _workbook(run: RunContext, night: Night) -> bytes:
    from reports.workbook import WorkbookFacts, write_workbook
    from reports.workbook.sheets import VersionTables

    tables = VersionTables(
        ledger=version_table(run, night.summary.version, "ledger"),
        coverage=version_table(run, night.summary.version, "coverage"),
        changes=version_table(run, night.summary.version, "changes"),
        previous=previous_ledger(run, night),
    )
    return write_workbook(WorkbookFacts(tables, night.summary, run.policy, night.quality.now, night.quality.before))


def version_table(run: RunContext, version: str, name: str) -> pa.Table:
    """One table of the version just published."""
    path = run.home.ledger / "versions" / version / f"{name}.parquet"
    return pq.read_table(path).replace_schema_metadata(None)


def previous_ledger(run: RunContext, night: Night) -> pa.Table | None:
    """The ledger of the version before, while it is kept."""
    before = night.summary.previous_version
    if before is None or not _kept(run.home.ledger / "versions" / before):
        return None
    table = version_table(run, before, "ledger")
    same = set(ledger_table("ledger").columns) <= set(table.column_names)
    return table if same else None


def _kept(folder: Path) -> bool:
    try:
        return "ledger.parquet" in json.loads((folder / "index.json").read_bytes())["files"]
    except (OSError, ValueError, KeyError):
        return False
