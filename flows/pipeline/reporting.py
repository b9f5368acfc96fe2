"""What people look at of one published version, written into `H/reports/<version>/`: the workbook and the two pages.

The version is already in place when this runs: a report that fails is logged and told as a warning, never a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.folders import Home, write_private
from flows.home.runlog import log_crash
from flows.home.settings import ReportKind, model_of
from flows.ledger.publish.read import kept_versions, read_index
from flows.run.beside import BesideError, SecondProcess, beside
from flows.run.context import RunContext
from matchers.engine import silent
from reports.situation.figures import Figures
from reports.summary import RunSummary
from schemas.contracts import ledger_table
from schemas.drift import SourceQuality
from schemas.errors import HomeError

WORKBOOK, SITUATION, CIRCULATED = "一本账.xlsx", "情况报告.html", "可流转统计.html"
LINKS, LINK_FIGURES = "链接质量.html", "链接质量.json"


_LARGE = 50_000
"""Rows read from which a second process is worth its start: charts take it a second or two."""


@dataclass(frozen=True)
class Quality:
    """What every source brought tonight, and the last published night before."""

    now: Mapping[str, SourceQuality]
    before: Mapping[str, SourceQuality]


@dataclass(frozen=True)
class PublishedNight:
    """One published night as its reports need it."""

    summary: RunSummary
    quality: Quality
    figures: dict[str, Figures] = field(default_factory=dict)
    """Figures by version, counted once."""


def write_reports(con: duckdb.DuckDBPyConnection, run: RunContext, summary: RunSummary, quality: Quality) -> list[str]:
    """Write the reports the settings ask for; one Chinese line per report that could not be written."""
    drop_old_workbooks(run.home)
    large = sum(line.rows_in for line in summary.sources) >= _LARGE and run.settings.threads > 1
    with beside(wanted=large) as other:
        pages = _Pages(run, PublishedNight(summary, quality), other)
        return _written(run, summary, _made(con, pages))


def _made(con: duckdb.DuckDBPyConnection, pages: _Pages) -> Iterator[tuple[ReportKind, str, Callable[[], bytes]]]:
    """Kind, name and maker of every report; pages that another process draws are begun before the workbook."""
    run, night = pages.run, pages.night
    situation, circulated = pages.begun("situation", _situation), pages.begun("circulation", _circulated)
    yield "workbook", WORKBOOK, lambda: _workbook(con, run, night)
    yield "situation", SITUATION, situation
    yield "circulation", CIRCULATED, circulated
    yield "links", LINK_FIGURES, lambda: _link_figures(con, run, night)
    yield "links", LINKS, pages.begun("links", _links)  # reads the figures, which are written by now


@dataclass(frozen=True)
class _Pages:
    """The pages of a night, drawn by a second process where there is one: drawing charts holds Python's lock."""

    run: RunContext
    night: PublishedNight
    other: SecondProcess | None

    def begun(self, kind: ReportKind, page: Callable[[RunContext, PublishedNight], bytes]) -> Callable[[], bytes]:
        """How to come by a page, begun at once where another process draws it; what is lost there is drawn here."""
        if self.other is None or kind not in self.run.settings.reports:
            return lambda: page(self.run, self.night)
        coming: Future[bytes] = self.other.call(
            page, replace(self.run, progress=silent), replace(self.night, figures={})
        )

        def drawn() -> bytes:
            try:
                return coming.result()
            except BesideError:
                return page(self.run, self.night)

        return drawn


def _written(
    run: RunContext, summary: RunSummary, made: Iterable[tuple[ReportKind, str, Callable[[], bytes]]]
) -> list[str]:
    problems = []
    for kind, name, make in made:
        if kind not in run.settings.reports:
            continue
        try:
            write_private(run.home.reports / summary.version / name, make())
        except Exception as error:
            log = log_crash(run.home, error, run_id=run.run_id, step=f"report {name}")
            problems.append(f"{name} 没有写出（{type(error).__name__}），一本账不受影响；请把日志 {log} 交给管理员")
    return problems


def drop_old_workbooks(home: Home) -> int:
    """Delete the workbooks of versions that are no longer kept; the pages hold counts only and stay."""
    kept = kept_versions(home)
    gone = [path for path in sorted(home.reports.glob(f"*/{WORKBOOK}")) if path.parent.name not in kept]
    for path in gone:
        path.unlink()
    return len(gone)


def _workbook(con: duckdb.DuckDBPyConnection, run: RunContext, night: PublishedNight) -> bytes:
    from flows.exchange.tonight import exchanged_tonight
    from reports.workbook import WorkbookFacts, write_workbook
    from reports.workbook.sheets import VersionTables

    ledger = version_table(run, night.summary.version, "ledger")
    tables = VersionTables(
        ledger=ledger,
        coverage=version_table(run, night.summary.version, "coverage"),
        changes=version_table(run, night.summary.version, "changes"),
        previous=previous_ledger(run, night),
        exchanged=exchanged_tonight(con, run, ledger),
    )
    quality, split = night.quality, run.settings.workbook.split_rows
    return write_workbook(WorkbookFacts(tables, night.summary, run.policy, quality.now, quality.before, split))


def _situation(run: RunContext, night: PublishedNight) -> bytes:
    from reports.situation.page import Situation, situation_page

    summary, quality = night.summary, night.quality
    before = _figures_of(run, night, str(summary.previous_version)) if previous_ledger(run, night) is not None else None
    facts = Situation(
        _figures_of(run, night, summary.version), before, summary, run.policy, quality.now, quality.before
    )
    return situation_page(facts)


def _circulated(run: RunContext, night: PublishedNight) -> bytes:
    from reports.situation.circulation import circulation_page

    return circulation_page(_figures_of(run, night, night.summary.version), night.summary, run.policy.circulation.least)


def _figures_of(run: RunContext, night: PublishedNight, version: str) -> Figures:
    from reports.situation.figures import count_version

    if version not in night.figures:
        tables = (version_table(run, version, name) for name in ("ledger", "coverage", "review"))
        night.figures[version] = count_version(*tables)
    return night.figures[version]


def _link_figures(con: duckdb.DuckDBPyConnection, run: RunContext, night: PublishedNight) -> bytes:
    from flows.home.store import opened_store
    from flows.review.trust import trust_of
    from reports.link_quality.figures import count_links

    model = model_of(run.settings)
    version, as_of = night.summary.version, run.as_of.isoformat()
    result = count_links(con, version=version, as_of=as_of, model=f"{model.name} {model.version}")
    with opened_store(run.home, run.settings.store_url) as store:
        trust = trust_of(store, run.key).without_names()
    return result.model_copy(update={"trust": trust}).model_dump_json(indent=1).encode() + b"\n"


def _links(run: RunContext, night: PublishedNight) -> bytes:
    from reports.link_quality.figures import read_figures
    from reports.link_quality.page import LinkQuality, link_quality_page

    summary = night.summary
    now = read_figures(run.home.reports / summary.version / LINK_FIGURES)
    if now is None:
        raise LookupError(LINK_FIGURES)
    before = read_figures(run.home.reports / str(summary.previous_version) / LINK_FIGURES)
    titles = {name: contract.title for name, contract in run.contracts.items()}
    return link_quality_page(LinkQuality(now, before, model_of(run.settings), summary.district, titles))


def version_table(run: RunContext, version: str, name: str) -> pa.Table:
    """One table of the version just published."""
    path = run.home.ledger / "versions" / version / f"{name}.parquet"
    return pq.read_table(path).replace_schema_metadata(None)


def previous_ledger(run: RunContext, night: PublishedNight) -> pa.Table | None:
    """The ledger of the version before, while it is kept."""
    before = night.summary.previous_version
    if before is None or not _kept(run.home.ledger / "versions" / before):
        return None
    table = version_table(run, before, "ledger")
    same = set(ledger_table("ledger").columns) <= set(table.column_names)
    return table if same else None


def _kept(folder: Path) -> bool:
    try:
        return "ledger.parquet" in read_index(folder / "index.json")["files"]
    except HomeError:
        return False
