"""What a trial shows: one row per person that would change, tallies of them, and the pairs that would wait or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from rich.console import Console

from reports import words
from reports.causes import cause_word
from reports.terminal_tables import whole_table
from reports.words import STATUS_TITLES
from reports.workbook.book import NOTICE, written
from reports.workbook.sheets import WorkbookSheet, plain_sheet
from schemas.words import words as words_of

_MERE_MOVES_SAID = "另有 {} 人只是依据的位置或分值随同名多少而动，没有列出"


@dataclass(frozen=True)
class PersonChange:
    """One person of either ledger. `person_key` is null where only the trial has them: its key is not kept."""

    person_key: str | None
    name_masked: str | None
    change: str
    cause: str
    columns: tuple[str, ...]
    statuses_before: tuple[str, ...]
    statuses_after: tuple[str, ...]
    host_before: str | None
    host_after: str | None
    leads_opened: tuple[str, ...]
    leads_closed: tuple[str, ...]
    work_street: str | None


@dataclass(frozen=True)
class PairChange:
    """One pair that would wait for a person (`opened`) or would not any more, by the worker row's place."""

    opened: bool
    source: str
    file: str
    row: int | None
    doubt: str


@dataclass(frozen=True)
class TrialReport:
    """One trial beside the published version. `tried`: what was tried, in Chinese; `mere_moves`: persons whose row
    moved without anything a clerk acts on; `warnings`: what a run would warn of."""

    version: str
    as_of: date
    tried: tuple[str, ...]
    persons_before: int
    persons_after: int
    persons: tuple[PersonChange, ...]
    pairs: tuple[PairChange, ...]
    mere_moves: int
    warnings: tuple[str, ...]

    def to_plain(self) -> dict[str, object]:
        """All of it with its tallies, as JSON takes it."""
        return {
            **asdict(self),
            "as_of": self.as_of.isoformat(),
            "tallies": {title: dict(counted) for title, counted in self.tallies().items()},
        }

    def tallies(self) -> dict[str, Counter[str]]:
        """Persons by change and cause, statuses and leads that come and go, hosts, waiting pairs."""
        persons = self.persons
        return {
            "changes": Counter(f"{person.change}:{person.cause}" for person in persons),
            "statuses_gained": _gone(persons, "statuses_after", "statuses_before"),
            "statuses_lost": _gone(persons, "statuses_before", "statuses_after"),
            "leads_opened": Counter(code for person in persons for code in person.leads_opened),
            "leads_closed": Counter(code for person in persons for code in person.leads_closed),
            "hosts": Counter("changed" for person in persons if person.host_before != person.host_after),
            "pairs_opened": Counter(pair.doubt for pair in self.pairs if pair.opened),
            "pairs_closed": Counter(pair.doubt for pair in self.pairs if not pair.opened),
        }


def _gone(persons: Iterable[PersonChange], these: str, others: str) -> Counter[str]:
    return Counter(
        code for person in persons for code in sorted({*getattr(person, these)} - {*getattr(person, others)})
    )


def print_trial(report: TrialReport, console: Console) -> None:
    """The trial's summary as tables on a terminal."""
    console.print(f"\n[bold]试算：{'；'.join(report.tried)}[/bold]", highlight=False)
    console.print(
        f"与已发布的 {report.version} 相比（数据日期 {report.as_of.isoformat()}）；一本账和状态库都没有改动",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    for title, headers, rows in _tables(report):
        table = whole_table(*headers, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    if report.mere_moves:
        console.print(_MERE_MOVES_SAID.format(f"{report.mere_moves:,}"), highlight=False)
    for warning in report.warnings:
        console.print("提醒：" + warning, style="yellow", soft_wrap=True, markup=False, highlight=False)


def _tables(report: TrialReport) -> Iterator[tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]]:
    result = report.tallies()
    people = [("在账", f"{report.persons_before:,}", f"{report.persons_after:,}")]
    yield "人数", ("", "已发布", "试算"), people
    yield "会变的人", ("变动", "原因", "人数"), [
        (words_of("changes")[what.partition(":")[0]], cause_word(what.partition(":")[2]), f"{count:,}")
        for what, count in sorted(result["changes"].items(), key=lambda entry: (-entry[1], entry[0]))
    ] or [("没有", "", "0")]  # fmt: skip
    yield "状态", ("状态", "多出", "少了"), _both(result["statuses_gained"], result["statuses_lost"], STATUS_TITLES)
    yield "核查任务（线索）", ("线索", "新开", "不再开着"), _both(
        result["leads_opened"], result["leads_closed"], STATUS_TITLES
    )  # fmt: skip
    yield "接收组织", ("", "人数"), [("接收组织会变", f"{result['hosts']['changed']:,}")]
    yield "待核对的对子", ("疑点", "新增", "不再待核"), _both(
        result["pairs_opened"], result["pairs_closed"], words_of("doubts")
    )  # fmt: skip


def _both(more: Counter[str], less: Counter[str], titles: Mapping[str, str]) -> Sequence[tuple[str, ...]]:
    rows = [(titles.get(code, code), f"{more[code]:,}", f"{less[code]:,}") for code in sorted({*more, *less})]
    return rows or [("没有", "0", "0")]


PERSON_HEADERS = (
    "人员编号", "姓名", "变动", "原因", "变动的项", "原来的状态", "试算的状态", "原来的接收组织", "试算的接收组织",
    "新开的线索", "不再开着的线索", "从业镇街",
)  # fmt: skip
PAIR_HEADERS = ("变化", "疑点", "来源", "文件", "行")


def person_rows(report: TrialReport) -> list[tuple[str, ...]]:
    """One row of texts per person, under `PERSON_HEADERS`."""
    return [
        (
            person.person_key or "（试算新增，未编号）", person.name_masked or "", words_of("changes")[person.change],
            cause_word(person.cause), "、".join(words.COLUMNS.get(name, name) for name in person.columns),
            _titled(person.statuses_before), _titled(person.statuses_after),
            person.host_before or "", person.host_after or "",
            _titled(person.leads_opened), _titled(person.leads_closed), person.work_street or "",
        )
        for person in report.persons
    ]  # fmt: skip


def pair_rows(report: TrialReport, sources: Mapping[str, str]) -> list[tuple[str, ...]]:
    """One row of texts per pair, under `PAIR_HEADERS`."""
    return [
        (
            "会待核对" if pair.opened else "不再待核对", words_of("doubts").get(pair.doubt, pair.doubt),
            sources.get(pair.source, pair.source), pair.file, f"第{pair.row}行" if pair.row else "",
        )
        for pair in report.pairs
    ]  # fmt: skip


def _titled(codes: Sequence[str]) -> str:
    return "、".join(STATUS_TITLES.get(code, code) for code in codes)


def trial_workbook(report: TrialReport, sources: Mapping[str, str], mark: str) -> bytes:
    """The lists as a workbook. `mark`: who made it and when, printed on every page."""
    title = f"试算：{'；'.join(report.tried)}　与 {report.version} 相比"
    sheets: list[WorkbookSheet] = [
        plain_sheet("会变的人", title, PERSON_HEADERS, person_rows(report)),
        plain_sheet("待核对的对子", title, PAIR_HEADERS, pair_rows(report, sources)),
    ]
    return written(sheets, f"{NOTICE}　{mark}", report.as_of)
