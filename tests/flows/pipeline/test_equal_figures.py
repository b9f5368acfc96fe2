"""A figure that stands in several places is the same in each: workbook, 情况报告 and Parquet, on three districts."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.ledger.publish.read import Published, current_version
from flows.pipeline.closing import read_summary
from reports.situation.figures import count_version
from reports.situation.page import Situation, situation_page
from reports.summary import RunSummary
from reports.workbook import WorkbookFacts, write_workbook
from reports.workbook.sheets import VersionTables
from schemas.policy import load_policy
from tests.flows.ledger.district import KEY, District, context, night, number_of

pytestmark = pytest.mark.slow
WAITING = ("线索", "待核查")
Lines = dict[str, list[dict[str, Any]]]


def plain(table: pa.Table) -> pa.Table:
    return table.replace_schema_metadata(None)


def riders() -> District:
    """Members who ride in two streets: lost, in order, on the roll alone, and one no street is known of."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    for turn, street in enumerate(("云溪街道", "云溪街道", "石栈街道", None)):
        cells = {"lost_contact": True} if turn == 1 else {}
        member = made.member(f"李{turn}", number_of(turn), member_no=f"M{turn}", **cells)
        made.worker(f"李{turn}", number_of(turn), member, platform="美团", street=street, record_id=f"W{turn}")
    made.member("赵四", number_of(9), member_no="M9", unit_name="迅风快递龙洲网点", job="快递员")
    return made


def mixed() -> District:
    """A probationary, a floating and a stopped membership, one in order, and one self-declared without a roll."""
    made = District()
    made.org("石栈街道第一党支部", "500113000002", street="石栈街道")
    kinds: tuple[dict[str, Any], ...] = (
        {"member_type": "预备党员"}, {"is_floating": True}, {"membership_state": "停止党籍"}, {},
    )  # fmt: skip
    for turn, cells in enumerate(kinds):
        member = made.member(f"王{turn}", number_of(turn), member_no=f"N{turn}", **cells)
        made.worker(f"王{turn}", number_of(turn), member, platform="滴滴", street="石栈街道", record_id=f"D{turn}")
    made.worker("孙某", number_of(40), platform="滴滴", declared_member=True, street="石栈街道", record_id="D40")
    return made


def invented(made: District, root: Path) -> tuple[Published, RunSummary]:
    run = context(root)
    night(made, run)
    version = current_version(Home(root), KEY)
    assert version is not None
    return version, RunSummary(
        run_id=run.run_id, district="某区", as_of=run.as_of, version=version.version, previous_version=None, ledger="",
        report_folder="", persons=version.table("ledger").num_rows, sources=(), outside=(), links=(), classes=(),
        statuses=(), waiting=(), changes=(), refused=(), warnings=(), notices=(), steps=(),
    )  # fmt: skip


@pytest.fixture(params=["sample", "riders", "mixed"])
def district(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Published, RunSummary]:
    if request.param != "sample":
        return invented({"riders": riders, "mixed": mixed}[request.param](), tmp_path)
    home = Home(request.getfixturevalue("finished_home"))
    version = current_version(home, load_key(home))
    assert version is not None
    return version, read_summary(home, str(version.index["run_id"]))


def sheets_of(version: Published, summary: RunSummary) -> Lines:
    """Every sheet of the workbook as it would be read: its rows under the titles of its columns."""
    tables = VersionTables(*(plain(version.table(name)) for name in ("ledger", "coverage", "changes")), None)
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(WorkbookFacts(tables, summary, load_policy(), {}, {}))))
    found: Lines = {}
    for page in book.worksheets:
        head, *rows = page.iter_rows(min_row=2, values_only=True)
        found[page.title] = [dict(zip(map(str, head), row, strict=True)) for row in rows if row[0] != "（无）"]
    return found


def page_of(version: Published, summary: RunSummary) -> str:
    figures = count_version(*(plain(version.table(name)) for name in ("ledger", "coverage", "review")))
    return situation_page(Situation(figures, None, summary, load_policy(), {}, {})).decode()


def card(page: str, name: str) -> int:
    """A key figure of the page."""
    found = re.search(rf'<a class="card"[^>]*>{name}<b>([0-9,]+)</b>', page)
    assert found, name
    return number(found[1])


def line(page: str, title: str) -> list[str]:
    """The cells of the first line of a table that begins so."""
    found = re.search(rf"<tr><td>{title}</td>(.*?)</tr>", page)
    assert found, title
    return [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", found[1])]


def number(text: object) -> int:
    return int(str(text or "0").replace(",", ""))


def test_what_stands_in_two_places_is_equal(district: tuple[Published, RunSummary]) -> None:
    version, summary = district
    sheets, page = sheets_of(version, summary), page_of(version, summary)
    ledger, coverage = version.table("ledger").to_pylist(), version.table("coverage").to_pylist()
    assert ledger and coverage

    assert len(ledger) == summary.persons == version.index["counts"]["persons"]
    assert len(ledger) == len(sheets["一本账"]) == card(page, "在账人数") == len(sheets["三本台账（党员）"])
    for name in ("三本台账（人员群体）", "三本台账（党组织）"):
        assert sheets[name][-1]["人数"] == len(ledger) == sum(row["人数"] for row in sheets[name][:-1])

    codes = Counter(code for row in ledger for code in row["statuses"])
    for code in load_policy().statuses.order:
        assert number(line(page, f"{code} [^<]*")[0]) == codes[code]

    leads = [lead for row in ledger for lead in row["leads"] if lead["closed_on"] is None]
    waiting = [lead for lead in leads if lead["state"] in WAITING]
    todo = sheets["待办"]
    assert len(waiting) == len(sheets["待核查线索"]) == card(page, "待核查线索")
    assert sum(row["待核查线索"] for row in todo[:-1]) == (todo[-1]["待核查线索"] if todo else 0) == len(waiting)
    assert Counter(lead["code"] for lead in leads if lead["code"] in ("P1", "Y1", "L1")).total() == len(
        sheets["口袋、隐形、失联线索"]
    )
    for code in ("L1", "W1", "D1", "S1"):
        assert number(line(page, f"{code} [^<]*")[3]) == sum(lead["code"] == code for lead in waiting)

    whole = next(row for row in coverage if row["scope"] == "district")
    streets = [row for row in coverage if row["scope"] == "street"]
    sums = {row["项目"]: row for row in sheets["勾稽"]}
    shown = {title: line(page, title) for title in ("全区", "各镇街合计", "一本账合计")}
    for at, (name, column) in enumerate(
        (("workers", "从业人数"), ("worker_rows", "人次"), ("full_members", "正式党员"), ("leads", "有线索"))
    ):
        total = sum(row[name] for row in streets)
        assert whole[name] == total == sums["全区"][column] == sums["各镇街合计"][column]
        assert total == sum(sums[part][column] for part in ("写明镇街的", "镇街不明的") if part in sums)
        assert number(shown["全区"][-2 if name == "leads" else at]) == total
        assert number(shown["各镇街合计"][-2 if name == "leads" else at]) == total
    not_counted = [row["有线索"] for name, row in sums.items() if name.startswith("有线索、覆盖未计")]
    assert whole["leads"] + sum(not_counted) == sums["一本账有线索的"]["有线索"]
    assert sums["一本账有线索的"]["有线索"] == sum(
        any(lead["closed_on"] is None and lead["state"] != "排除" for lead in row["leads"]) for row in ledger
    )
    (suggested,) = (row for row in sheets["应建尽建建议"] if row["范围"] == "全区")
    assert (suggested["从业人数"], suggested["正式党员"]) == (whole["workers"], whole["full_members"])

    full = sum(row["member_type"] == "正式党员" for row in ledger)
    parts = [row["正式党员"] for name, row in sums.items() if name.startswith("一本账中")]
    assert full == sum(filter(None, parts)) == sums["一本账合计"]["正式党员"] == number(shown["一本账合计"][2])
    assert full == sheets["三本台账（人员群体）"][-1]["正式党员"] == sheets["三本台账（党组织）"][-1]["正式党员"]
    assert {row["说明"] for name, row in sums.items() if name.endswith("合计") and name[0] == "各"} == {"与全区相等"}
    assert summary.as_of == date.fromisoformat(str(version.index["as_of"]))
