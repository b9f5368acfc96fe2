"""One summary per run: rows, links, leads, waiting pairs, changes and warnings, counted from what was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from reports.causes import MERE_MOVES, cause_word
from reports.file_lines import FileLine, file_lines
from reports.trades_in_doubt import trade_notices
from reports.words import CHANGES, CLASSES, DOUBTS, OUTSIDE, STATUS_TITLES
from reports.wrong_folder import wrong_folder_notices

_COLUMNS_SHOWN = 8


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceLine(_Frozen):
    """One source: files and rows that came, were accepted and were sent back."""

    source: str
    title: str
    files: int
    refused_files: int
    rows_in: int
    accepted: int
    quarantined: int
    came: bool = True
    """Whether any of its files came tonight, not on an earlier night."""
    had: bool = True
    """Whether the district has this source at all: something of it came once, or the configuration speaks of it."""
    turned_away: bool = False
    """Whether its folder has files, but a record of where they are from that does not let them be read."""

    @property
    def missing(self) -> bool:
        """Nothing came from this source."""
        return self.files == 0 or not self.came

    @property
    def note(self) -> str:
        """What a clerk should know of a source that brought nothing."""
        return "来源说明不全，没有读" if self.turned_away else absence(missing=self.missing, had=self.had)


def absence(*, missing: bool, had: bool) -> str:
    """The word for a source that brought nothing; empty where it came."""
    return ("本次未到" if had else "没有这个来源") if missing else ""


class CountLine(_Frozen):
    """One kind of thing and how many there are."""

    code: str
    title: str
    rows: int
    persons: int


class ChangeLine(_Frozen):
    """One kind of change and cause since the previous version, and how many persons it touched."""

    change: str
    title: str
    cause: str
    persons: int


class OutsideLine(_Frozen):
    """Rows and people of one source that are no platform work, and why."""

    source: str
    title: str
    reason: str
    rows: int
    people: int


class RefusedFile(_Frozen):
    """One file or sheet that could not be used, and what to do about it."""

    source: str
    title: str
    file: str
    sheet: str | None
    message: str


class StepLine(_Frozen):
    """One step and its seconds."""

    name: str
    title: str
    seconds: float


class RunSummary(_Frozen):
    """One run, as its clerk reads it."""

    run_id: str
    district: str
    as_of: date
    version: str
    previous_version: str | None
    ledger: str
    report_folder: str
    persons: int
    sources: tuple[SourceLine, ...]
    outside: tuple[OutsideLine, ...]
    links: tuple[CountLine, ...]
    classes: tuple[CountLine, ...]
    statuses: tuple[CountLine, ...]
    waiting: tuple[CountLine, ...]
    changes: tuple[ChangeLine, ...]
    refused: tuple[RefusedFile, ...]
    files: tuple[FileLine, ...] = ()
    warnings: tuple[str, ...]
    notices: tuple[str, ...]
    steps: tuple[StepLine, ...]
    overdue_tasks: int = 0
    """Tasks that no street has answered in time."""

    @property
    def titles(self) -> dict[str, str]:
        """Source: its Chinese name."""
        return {line.source: line.title for line in self.sources}

    @property
    def seconds(self) -> float:
        """All steps together."""
        return round(sum(step.seconds for step in self.steps), 1)

    @property
    def waiting_pairs(self) -> int:
        """Pairs that a person must look at."""
        return sum(line.rows for line in self.waiting)


@dataclass(frozen=True)
class RunFacts:
    """What the run itself knows and the workspace does not say."""

    run_id: str
    district: str
    as_of: date
    version: str
    previous_version: str | None
    version_folder: Path
    ledger: Path
    report_folder: Path
    source_titles: Mapping[str, str]
    steps: tuple[StepLine, ...]
    warnings: tuple[str, ...]
    not_had: tuple[str, ...] = ()
    """Sources the district does not have."""
    never: tuple[str, ...] = ()
    """Those of them that will never come: nothing is said of them."""
    turned_away: tuple[str, ...] = ()
    """Sources that came and were refused whole, for want of a record of where they are from."""
    headers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Header texts that each source knows."""
    late: tuple[str, ...] = ()
    """Sources of which only files of earlier nights, carried forward, are here."""
    forced: str = ""
    """Why the date may lie before the published night or beyond tomorrow."""


def summarise(con: duckdb.DuckDBPyConnection, facts: RunFacts) -> RunSummary:
    """Count a run from its workspace (`stage_files`, `decided`) and the version it published."""
    sources = _sources(con, facts)
    refused = _refused(con, facts.source_titles)
    ledger, review = facts.version_folder / "ledger.parquet", facts.version_folder / "review.parquet"
    return RunSummary(
        run_id=facts.run_id,
        district=facts.district,
        as_of=facts.as_of,
        version=facts.version,
        previous_version=facts.previous_version,
        ledger=str(facts.ledger),
        report_folder=str(facts.report_folder),
        persons=_persons(con, ledger),
        sources=sources,
        outside=_outside(con, facts.source_titles),
        links=_links(con),
        classes=_classes(con, ledger),
        statuses=_statuses(con, ledger),
        waiting=_waiting(con, review),
        changes=_changes(con, facts.version_folder / "changes.parquet"),
        refused=refused,
        files=file_lines(con, facts.source_titles),
        warnings=(*map(refused_warning, refused), *_others(facts.warnings, refused)),
        notices=(
            *_forced(facts),
            *_not_had(facts),
            *wrong_folder_notices(con, facts.source_titles, facts.headers),
            *trade_notices(con, facts.source_titles),
            *_unrecognised(con),
            *_duplicate_roll_entries(con),
            *_disputes(con, ledger),
        ),
        steps=facts.steps,
    )


def _sources(con: duckdb.DuckDBPyConnection, facts: RunFacts) -> tuple[SourceLine, ...]:
    rows = con.execute("""
        select source, count(distinct file), count(*) filter (state = 'refused'),
            sum(rows_in), sum(accepted), sum(quarantined)
        from stage_files group by source
    """).fetchall()
    result = {source: tuple(int(number or 0) for number in numbers) for source, *numbers in rows}
    return tuple(
        SourceLine(
            source=source,
            title=title,
            files=numbers[0],
            refused_files=numbers[1],
            rows_in=numbers[2],
            accepted=numbers[3],
            quarantined=numbers[4],
            came=source not in facts.late,
            had=source not in facts.not_had,
            turned_away=source in facts.turned_away,
        )
        for source, title in facts.source_titles.items()
        for numbers in (result.get(source, (0, 0, 0, 0, 0)),)
    )


def _outside(con: duckdb.DuckDBPyConnection, titles: Mapping[str, str]) -> tuple[OutsideLine, ...]:
    rows = con.execute('select source, reason, "rows", people from outside_scope order by source, reason').fetchall()
    return tuple(
        OutsideLine(source=source, title=titles.get(source, source), reason=OUTSIDE[reason], rows=count, people=people)
        for source, reason, count, people in rows
    )


def _refused(con: duckdb.DuckDBPyConnection, titles: Mapping[str, str]) -> tuple[RefusedFile, ...]:
    rows = con.execute("""
        select source, file, sheet, message from stage_files
        where state = 'refused' order by source, file, sheet
    """).fetchall()
    return tuple(
        RefusedFile(source=source, title=titles.get(source, source), file=file, sheet=sheet, message=message or "")
        for source, file, sheet, message in rows
    )


def _links(con: duckdb.DuckDBPyConnection) -> tuple[CountLine, ...]:
    rows = con.execute("""
        select match_class, count(*), count(distinct right_id) from decided
        where decision = 'link' group by match_class
    """).fetchall()
    return _lines(rows, CLASSES)


def _persons(con: duckdb.DuckDBPyConnection, ledger: Path) -> int:
    result = con.execute("select count(*) from read_parquet($path)", {"path": str(ledger)}).fetchone()
    return int(result[0]) if result else 0


def _classes(con: duckdb.DuckDBPyConnection, ledger: Path) -> tuple[CountLine, ...]:
    rows = con.execute(
        "select match_class, sum(len(evidence)), count(*) from read_parquet($path) group by match_class",
        {"path": str(ledger)},
    ).fetchall()
    return _lines(rows, CLASSES)


def _statuses(con: duckdb.DuckDBPyConnection, ledger: Path) -> tuple[CountLine, ...]:
    """Persons under each status; `rows` counts those whose primary status it is."""
    rows = con.execute(
        """
        select code, count(*) filter (code = primary_status), count(*)
        from (select primary_status, unnest(statuses) as code from read_parquet($path)) group by code
        """,
        {"path": str(ledger)},
    ).fetchall()
    return _lines(rows, STATUS_TITLES)


def _waiting(con: duckdb.DuckDBPyConnection, review: Path) -> tuple[CountLine, ...]:
    rows = con.execute(
        "select doubt, count(*), 0 from read_parquet($path) group by doubt", {"path": str(review)}
    ).fetchall()
    return _lines(rows, DOUBTS)


def _lines(rows: list[tuple[str, int, int]], titles: Mapping[str, str]) -> tuple[CountLine, ...]:
    """In the order of the titles; codes without a title come last, by name."""
    order = list(titles)
    ranked = sorted(rows, key=lambda row: (order.index(row[0]) if row[0] in titles else len(order), row[0]))
    return tuple(
        CountLine(code=code, title=titles.get(code, code), rows=int(count or 0), persons=int(persons or 0))
        for code, count, persons in ranked
    )


def _changes(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[ChangeLine, ...]:
    """Persons by kind of change and cause, mere moves last."""
    rows = con.execute(
        """
        select change, cause, count(*) as persons from read_parquet($path) group by change, cause
        order by list_contains($mere::varchar[], cause), change, persons desc, cause
        """,
        {"path": str(path), "mere": list(MERE_MOVES)},
    ).fetchall()
    return tuple(
        ChangeLine(change=change, title=CHANGES.get(change, change), cause=cause_word(cause), persons=persons)
        for change, cause, persons in rows
    )


def _disputes(con: duckdb.DuckDBPyConnection, ledger: Path) -> list[str]:
    """Leads that a street disputes: an analyst's, not the street's."""
    result = con.execute(
        """
        select count(*), count(distinct person_key) from (
            select person_key, unnest(leads) as lead from read_parquet($path)
        ) where lead.cause = 'facts_disputed' and lead.closed_on is null
        """,
        {"path": str(ledger)},
    ).fetchone()
    leads, persons = result or (0, 0)
    return [f"镇街答复情况不符的线索 {leads} 条（{persons} 人），等分析员在核对台“情况不符”一页处理"] if leads else []


def refused_warning(file: RefusedFile) -> str:
    """The warning of a file that could not be used."""
    return f"{file.title}：文件 {file_and_sheet(file)} 未用。{file.message}"


def _others(warnings: tuple[str, ...], refused: tuple[RefusedFile, ...]) -> list[str]:
    """What has not been told with the file it is about."""
    told = {file.message for file in refused}
    return [text for text in warnings if text not in told]


def _unrecognised(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """One line per sheet that lacks an important column and has columns nobody knows."""
    rows = con.execute("""
        select concat(source, '/', file, coalesce('［' || sheet || '］', '')), fields_missing, columns_unknown
        from stage_files where state = 'read' and len(fields_missing) > 0 and len(columns_unknown) > 0
        order by source, file, sheet
    """).fetchall()
    return tuple(
        f"{where}：没有认出“{'、'.join(missing)}”；不认识的列有“{'”“'.join(unknown[:_COLUMNS_SHOWN])}”"
        f"{'等' if len(unknown) > _COLUMNS_SHOWN else ''}；规则 column_not_recognised。"
        "处理办法：其中若有，用 sanzhao sources map 指明；没有，请提供方补上"
        for where, missing, unknown in rows
    )


def _forced(facts: RunFacts) -> tuple[str, ...]:
    """A date out of order, with the reason that is kept with the version."""
    return (f"数据日期 {facts.as_of.isoformat()} 不在次序内，按理由放行：{facts.forced}",) if facts.forced else ()


def _not_had(facts: RunFacts) -> tuple[str, ...]:
    """Said once, on the first night; later the table of sources alone says it."""
    names = [name for name in facts.not_had if name not in facts.never]
    if facts.previous_version or not names:
        return ()
    titles = "、".join(facts.source_titles[name] for name in names)
    folders = "、".join(f"{name}/" for name in names)
    return (f"没有这个来源：{titles}。以后有了，放进投递文件夹的 {folders} 即可",)


def _duplicate_roll_entries(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """One line per ID that stands on several roll rows: where, and what to do."""
    rows = con.execute("""
        select list(concat(source, '/', file, ' 第', row, '行') order by row_key) as places
        from person_rows where role = 'roll' and id_kind = 'full' and id_number in (
            select id_number from person_rows where role = 'roll' and id_kind = 'full'
            group by id_number having count(*) > 1
        )
        group by id_number having count(*) > 1 order by min(row_key)
    """).fetchall()
    return tuple(
        f"{'、'.join(places)}：名册中同一身份证号登记了 {len(places)} 次；规则 duplicate_roll_entry。"
        "处理办法：请组织部核实后删去或更正其中一条"
        for (places,) in rows
    )


def file_and_sheet(file: RefusedFile) -> str:
    """`a.xlsx〔表一〕`, or the file alone."""
    return f"{file.file}〔{file.sheet}〕" if file.sheet else file.file
