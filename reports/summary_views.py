"""The run summary as people meet it: terminal tables, a Markdown page, and the list of rows sent back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from reports.cells import harmless
from reports.plain import plain_line, plain_lines
from reports.summary import RunSummary, SourceLine, file_and_sheet, refused_warning

_CHANGES_SHOWN = 25
_NOTICES_SHOWN = 5


@dataclass(frozen=True)
class SummaryTable:
    """One titled table of texts; `numbers` names the columns to right-align."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


def sheets(summary: RunSummary) -> list[SummaryTable]:
    """The tables of the summary, in reading order; empty ones are left out, but never the sources."""
    result = [
        _sources(summary),
        _outside(summary),
        _links(summary),
        _statuses(summary),
        _waiting(summary),
        _changes(summary),
    ]
    result += [_refused(summary), _steps(summary)]
    return [sheet for sheet in result if sheet.rows]


def _sources(summary: RunSummary) -> SummaryTable:
    rows = [_source_row(line) for line in summary.sources]
    totals = [sum(getattr(line, name) for line in summary.sources) for name in ("rows_in", "accepted", "quarantined")]
    rows.append(("合计", str(sum(line.files for line in summary.sources)), *(_number(total) for total in totals), ""))
    headers = ("来源", "文件", "行数", "接收", "退回", "说明")
    return SummaryTable("各来源", headers, tuple(rows), frozenset({1, 2, 3, 4}))


def _source_row(line: SourceLine) -> tuple[str, ...]:
    if line.missing:
        return (line.title, "0", "—", "—", "—", line.note)
    note = f"{line.refused_files} 份未用" if line.refused_files else ""
    return (line.title, str(line.files), *map(_number, (line.rows_in, line.accepted, line.quarantined)), note)


def _outside(summary: RunSummary) -> SummaryTable:
    """People of other trades: counted here and nowhere else."""
    body = tuple((line.title, line.reason, _number(line.rows), _number(line.people)) for line in summary.outside)
    total = sum(line.people for line in summary.outside)
    return SummaryTable(
        f"范围外 {total:,} 人（不属新就业群体，不入账）", ("来源", "原因", "行数", "人数"), body, frozenset({2, 3})
    )


def _links(summary: RunSummary) -> SummaryTable:
    persons = {line.code: line.persons for line in summary.classes}
    rows = {line.code: (line.title, line.rows) for line in summary.links}
    titles = {line.code: line.title for line in (*summary.links, *summary.classes)}
    body = tuple(
        (title, _number(rows[code][1]) if code in rows else "—", _number(persons.get(code, 0)))
        for code, title in titles.items()
    )
    return SummaryTable("关联（按等级）", ("等级", "关联行", "在账人数"), body, frozenset({1, 2}))


def _statuses(summary: RunSummary) -> SummaryTable:
    body = tuple((line.code, line.title, _number(line.persons), _number(line.rows)) for line in summary.statuses)
    return SummaryTable("线索（按状态，一人可兼有）", ("代码", "状态", "人数", "其中主状态"), body, frozenset({2, 3}))


def _waiting(summary: RunSummary) -> SummaryTable:
    body = [(line.title, _number(line.rows)) for line in summary.waiting]
    return SummaryTable(
        "待人工核对", ("疑点", "对数"), (*body, ("合计", _number(summary.waiting_pairs))), frozenset({1})
    )


def _changes(summary: RunSummary) -> SummaryTable:
    """The largest groups one by one, the rest of each kind in one line."""
    first = sorted(summary.changes, key=lambda line: -line.persons)[:_CHANGES_SHOWN]
    body = [(line.title, line.cause, _number(line.persons)) for line in summary.changes if line in first]
    for title in dict.fromkeys(line.title for line in summary.changes):
        rest = [line for line in summary.changes if line.title == title and line not in first]
        if rest:
            body.append((title, f"其余 {len(rest)} 种原因", _number(sum(line.persons for line in rest))))
    against = f"与上一版 {summary.previous_version} 相比" if summary.previous_version else "第一版，全部为新增"
    return SummaryTable(f"变动说明（{against}）", ("变动", "原因", "人数"), tuple(body), frozenset({2}))


def _refused(summary: RunSummary) -> SummaryTable:
    body = tuple(
        (file.title, file_and_sheet(file), plain_line(file.message, summary.titles)) for file in summary.refused
    )
    return SummaryTable("未用的文件", ("来源", "文件", "原因与办法"), body)


def _steps(summary: RunSummary) -> SummaryTable:
    body = [(step.title, f"{step.seconds:.1f}") for step in summary.steps]
    return SummaryTable("每步耗时（秒）", ("步骤", "秒"), (*body, ("合计", f"{summary.seconds:.1f}")), frozenset({1}))


def _number(value: int) -> str:
    return f"{value:,}"


def headline(summary: RunSummary) -> str:
    """Who, as of when, how many."""
    return (
        f"{summary.district} 三找一本账  数据日期 {summary.as_of.isoformat()}  "
        f"在账 {summary.persons:,} 人  待人工核对 {summary.waiting_pairs:,} 对"
    )


_WANTED = ("一本账.xlsx", "情况报告.html")
"""What people open first, where the run drew it."""
_STEPS_SHOWN = 3


def published(summary: RunSummary) -> list[str]:
    """Where everything lies: what people open first, the table for other systems last."""
    folder = Path(summary.report_folder)
    drawn = [f"{Path(name).stem}：{folder / name}" for name in _WANTED if (folder / name).is_file()]
    return [
        f"版本：{summary.version}", *drawn, f"小结与退回清单：{folder}", f"数据表（供其他系统）：{summary.ledger}",
    ]  # fmt: skip


def next_steps(summary: RunSummary, command: str = "sanzhao") -> list[str]:
    """The next things to do, at most three, with the words to type."""
    home = Path(summary.ledger).parent.parent
    back = sum(line.quarantined for line in summary.sources)
    leads = sum(line.persons for line in summary.statuses if line.code != "N0")
    turned_away = [line.title for line in summary.sources if line.turned_away]
    result = []
    if turned_away:
        result.append(f"{'、'.join(turned_away)}没有读：按上面的提醒补好各自的 provenance.toml，再运行一次")
    if summary.refused:
        result.append(
            f"{len(summary.refused)} 个文件没有用：照“未用的文件”改好再运行；表头不认识的，"
            f"先看 {command} sources map 文件 --home {home}"
        )
    if back:
        result.append(f"退回 {back:,} 行给报送单位改：{command} sources return --home {home} --out 退回")
    if summary.waiting_pairs:
        result.append(f"核对 {summary.waiting_pairs:,} 对拿不准的：{command} review --home {home}")
    if leads:
        result.append(f"发任务表给镇街核实：{command} tasks export --home {home} --out 任务表")
    result.append("看情况报告，核对各来源行数和镇街数")
    return [f"{at}. {text}" for at, text in enumerate(result[:_STEPS_SHOWN], 1)]


def print_summary(summary: RunSummary, console: Console, *, command: str = "sanzhao") -> None:
    """The summary as tables on a terminal."""
    console.print(f"\n[bold]{headline(summary)}[/bold]")
    for sheet in sheets(summary):
        console.print(f"\n[bold]{sheet.title}[/bold]", highlight=False)
        table = Table()
        for at, header in enumerate(sheet.headers):
            table.add_column(header, justify="right" if at in sheet.numbers else "left", overflow="fold")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(table)
    for warning in _untold(summary):
        console.print("提醒：" + warning, style="yellow", soft_wrap=True, markup=False, highlight=False)
    for notice in _notices(summary):
        console.print("提示：" + notice, soft_wrap=True, markup=False, highlight=False)
    console.print("已发布", style="bold green")
    console.print("接下来：", style="bold")
    for line in (*next_steps(summary, command), *published(summary)):
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _untold(summary: RunSummary) -> list[str]:
    """Warnings, but for those that say what the table of unused files above says already."""
    told = {refused_warning(file) for file in summary.refused}
    return [warning for warning in summary.warnings if warning not in told]


def _notices(summary: RunSummary) -> list[str]:
    """The first few; all of them stand in 运行小结.md."""
    more = len(summary.notices) - _NOTICES_SHOWN
    rest = [f"另有 {more} 条，见 运行小结.md"] if more > 0 else []
    return [*summary.notices[:_NOTICES_SHOWN], *rest]


def markdown(summary: RunSummary) -> str:
    """The summary as a Markdown page."""
    parts = ["# 运行小结（内部资料）", headline(summary), "\n".join(f"- {line}" for line in published(summary))]
    for sheet in sheets(summary):
        parts += [f"## {sheet.title}", markdown_table(sheet)]
    if summary.notices:
        parts += ["## 提示", "\n".join(f"- {notice}" for notice in plain_lines(summary.notices, summary.titles))]
    if summary.warnings:
        parts += ["## 提醒", "\n".join(f"- {warning}" for warning in plain_lines(summary.warnings, summary.titles))]
    return "\n\n".join(parts) + "\n"


def markdown_table(sheet: SummaryTable) -> str:
    """One sheet as a Markdown table; bars and line breaks in cells are made harmless."""
    rule = ["---:" if at in sheet.numbers else "---" for at in range(len(sheet.headers))]
    rows = [sheet.headers, tuple(rule), *sheet.rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in row) + " |" for row in rows)


def _cell(text: str) -> str:
    return text.replace("|", "｜").replace("\n", " ").replace("<", "＜")


_RETURNED = """
    select source, file, sheet, row, rule, reason from quarantine order by source, file, sheet, row
"""


def returned_rows(con: duckdb.DuckDBPyConnection) -> bytes:
    """退回清单.csv: one line per quarantined row, no personal values; opens in WPS and Excel."""
    rows = con.execute(_RETURNED).fetchall()
    lines = ((source, file, sheet or "", f"第{row}行", rule, reason) for source, file, sheet, row, rule, reason in rows)
    return csv_bytes(("来源", "文件", "工作表", "行", "规则", "原因"), lines)


def csv_bytes(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A list as clerks open it: with a byte-order mark, no cell that a spreadsheet would take for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
