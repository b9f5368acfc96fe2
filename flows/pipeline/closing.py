"""One close per run: the summary and the list of rows sent back are written; what is left of the run is destroyed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow.parquet as pq

from flows.evaluate.confirmations import note_rule_answers
from flows.home.folders import Home, write_private
from flows.home.store import opened_store
from flows.ledger.publish.read import read_index
from flows.ledger.redact import Redactor
from flows.pipeline.presence import sources_late, sources_not_had, sources_turned_away
from flows.pipeline.reporting import Quality, write_reports
from flows.run.context import RunContext
from flows.run.stepbook import CountValues, StepResult
from flows.tasks.contacts import seal_contacts
from flows.tasks.overdue import overdue_line, overdue_tasks
from reports.summary import RunFacts, RunSummary, StepLine, summarise
from reports.summary_views import markdown, returned_rows
from reports.wrong_folder import header_text
from schemas.errors import HomeError
from schemas.rules import Rule


def close(
    con: duckdb.DuckDBPyConnection,
    run: RunContext,
    done: Sequence[StepResult],
    titles: Mapping[str, str],
    quality: Quality,
) -> CountValues:
    """Write `summary.json` into the run folder, the reports and 退回清单.csv into `H/reports/<version>/`.

    Counts the rows of every relation for the destruction record; the caller destroys the workspace once this is
    committed.
    """
    summary = _with_clean_names(con, run, _with_overdue(run, summarise(con, _facts(run, done, titles))))
    seal_contacts(con, run)
    note_rule_answers(run, summary.previous_version)
    problems = write_reports(con, run, summary, quality)
    summary = summary.model_copy(update={"warnings": (*summary.warnings, *problems)})
    folder = run.home.reports / summary.version
    write_private(run.folder / "summary.json", (summary.model_dump_json(indent=2) + "\n").encode())
    write_private(folder / "运行小结.md", markdown(summary).encode())
    write_private(folder / "退回清单.csv", returned_rows(con))
    return {"relations": _relations(con), "warnings": list(summary.warnings)}


def _with_overdue(run: RunContext, summary: RunSummary) -> RunSummary:
    """The summary with a reminder of the tasks that streets have not answered in time, if there are any."""
    ledger = pq.read_table(run.home.ledger / "versions" / summary.version / "ledger.parquet")
    with opened_store(run.home, run.settings.store_url) as store:
        late = overdue_tasks(store, run.policy, ledger.to_pylist(), run.as_of)
    if not late:
        return summary
    notices = (*summary.notices, overdue_line(late))
    return summary.model_copy(update={"notices": notices, "overdue_tasks": sum(late.values())})


def _with_clean_names(con: duckdb.DuckDBPyConnection, run: RunContext, summary: RunSummary) -> RunSummary:
    """The summary whose lines of files, which reports print, name no person: a file may be called after one."""
    names = con.execute("select distinct name from person_rows where name not like '%*%' and length(name) >= 2")
    redactor = Redactor(run.key, frozenset(name for (name,) in names.fetchall()))
    files = tuple(
        line.model_copy(
            update={"file": redactor.file(line.file), "sheet": redactor.file(line.sheet) if line.sheet else None}
        )
        for line in summary.files
    )
    return summary.model_copy(update={"files": files})


def read_summary(home: Home, run_id: str) -> RunSummary:
    """The summary a closed run left. Raises HomeError when there is none."""
    path = home.runs / run_id / "summary.json"
    try:
        return RunSummary.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise HomeError(
            "没有这次运行的小结", where=str(path), rule=Rule.RUN_SUMMARY, action="重新运行 sanzhao run"
        ) from None


def _facts(run: RunContext, done: Sequence[StepResult], titles: Mapping[str, str]) -> RunFacts:
    version = next(result.counts.version for result in done if result.name == "published")
    folder = run.home.ledger / "versions" / version
    return RunFacts(
        run_id=run.run_id,
        district=run.settings.district,
        as_of=run.as_of,
        version=version,
        previous_version=read_index(folder / "index.json").get("previous"),
        version_folder=folder,
        ledger=run.home.ledger / "ledger.parquet",
        report_folder=run.home.reports / version,
        source_titles={name: contract.title for name, contract in run.contracts.items()},
        steps=tuple(StepLine(name=entry.name, title=titles[entry.name], seconds=entry.seconds) for entry in done),
        forced=run.forced,
        not_had=tuple(sources_not_had(run)),
        turned_away=tuple(sources_turned_away(run)),
        headers={
            name: frozenset(header_text(text) for field in contract.fields for text in (field.title, *field.aliases))
            for name, contract in run.contracts.items()
        },
        never=run.settings.never,
        late=tuple(sources_late(run)),
        warnings=tuple(text for entry in done for text in entry.counts.warnings),
    )


def _relations(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows per relation of the workspace, by name."""
    names = con.execute("""
        select table_name from duckdb_tables()
        where database_name = 'workspace' and table_name <> '_steps' order by table_name
    """).fetchall()
    counts = {}
    for (name,) in names:
        result = con.table(name).count("*").fetchone()
        counts[str(name)] = int(result[0]) if result else 0
    return counts
