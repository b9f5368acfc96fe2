"""The workbook: identifiers as text, nothing a spreadsheet would calculate, ready for paper."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.cell import range_boundaries

from reports.cells import FORMULA_STARTS, harmless
from reports.workbook.book import written
from reports.workbook.pour import plain_texts
from reports.workbook.sheets import VersionTables, WorkbookSheet, version_sheets
from reports.workbook.streets import sheet_name, split_by_street
from schemas.contracts import ledger_table

DAY = date(2026, 11, 19)
signs = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
hostile = st.builds(lambda blank, sign, rest: blank + sign + rest, st.sampled_from(["", " ", "\u3000", "\ufeff"]),
                    st.sampled_from(FORMULA_STARTS), signs)  # fmt: skip


def opened(sheets: list[WorkbookSheet]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written(sheets, "某区", DAY)))


@given(st.lists(signs | hostile, min_size=1, max_size=5))
def test_a_poured_cell_says_what_the_rule_for_cells_says(values: list[str]) -> None:
    poured = [None if text is None else _unmarked(text) for text in plain_texts(pa.array(values)).to_pylist()]
    assert poured == [harmless(text).strip() or None for text in values]


def _unmarked(text: str) -> str:
    for sign, name in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
        text = text.replace(name, sign)
    return re.sub("_x005F_(x[0-9A-Fa-f]{4}_)", r"_\1", text)


@given(hostile)
def test_no_cell_begins_as_a_formula(value: str) -> None:
    assert harmless(value).startswith("'")


def test_hostile_texts_stay_texts_in_every_column_and_header() -> None:
    values = [
        "=1+1",
        "+86",
        "-2",
        "@x",
        "＝1",
        "<b>&amp;</b>",
        "a\x00b\x1fc",
        "'",
        "13800000000",
        "5001130012",
    ]
    table = pa.table({"人员编号": values, "=列名": values})
    data = written([WorkbookSheet("=表", "=题", table)], "=区", DAY)
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert not any(b"<f>" in book.read(name) for name in book.namelist())
    page = openpyxl.load_workbook(io.BytesIO(data)).active
    read = [page.cell(row, 1).value for row in range(3, 3 + len(values))]
    assert read == ["'=1+1", "'+86", "'-2", "'@x", "'＝1", "<b>&amp;</b>", "abc", "'", *values[-2:]]
    assert {page.cell(row, 1).data_type for row in range(3, 3 + len(values))} == {"s"}
    assert page.cell(2, 2).value == "'=列名"


def test_identifiers_are_text_dates_are_dates_and_shares_are_shares() -> None:
    table = pa.table(
        {
            "编号": ["0005001130000010012", None],
            "日期": pa.array([date(1990, 1, 31), None]),
            "人数": pa.array([3, None]),
            "退回率": pa.array([0.25, None]),
        }
    )
    page = opened([WorkbookSheet("一", "题", table)]).active
    number, day, count, share = page[3]
    assert (number.value, number.number_format) == ("0005001130000010012", "@")
    assert (day.value.date(), day.number_format) == (date(1990, 1, 31), "yyyy-mm-dd")
    assert (count.value, share.value, share.number_format) == (3, 0.25, "0.0%")
    assert [cell.value for cell in page[4]] == [None] * 4


def test_every_sheet_is_ready_for_paper_even_an_empty_one() -> None:
    filled, empty = pa.table({"甲": ["一"]}), pa.table({"甲": pa.array([], pa.string())})
    for page in opened([WorkbookSheet("有", "题", filled), WorkbookSheet("无", "题", empty)]).worksheets:
        assert (page.page_setup.orientation, str(page.page_setup.paperSize)) == ("landscape", "9")
        assert page.print_title_rows == "$1:$2"
        assert ("制表人" in page.oddFooter.left.text, "内部资料" in page.oddHeader.right.text) == (True, True)
    assert opened([WorkbookSheet("无", "题", empty)]).active.cell(3, 1).value == "（无）"


def test_the_same_version_gives_the_same_bytes() -> None:
    sheet = WorkbookSheet("一", "题", pa.table({"甲": [f"第{at}行" for at in range(12_000)]}))
    assert written([sheet], "某区", DAY) == written([sheet], "某区", DAY)
    assert opened([sheet]).active.max_row == 12_002


@pytest.fixture
def tables() -> VersionTables:
    return VersionTables(_table("ledger", _PERSON), _table("coverage"), _table("changes", _CHANGE), None)


def _table(name: str, *rows: dict[str, Any]) -> pa.Table:
    schema = pa.schema([field.remove_metadata().with_nullable(True) for field in ledger_table(name).schema])
    return pa.Table.from_pylist(list(rows), schema=schema)


_PERSON: dict[str, Any] = {
    "person_key": "p-a", "name_masked": "张*", "occupation_groups": ["快递员"], "platforms": [], "units": ["=某站"],
    "work_street": "城南街道", "primary_status": "P1", "statuses": ["P1", "Y1"], "match_class": "exact",
    "match_reason": "证件一致", "flags": ["shared_phone"], "objection": False, "member_no": "0012",
    "evidence": [{"source": "platform", "file": "蓝骑.xlsx", "row": 7, "role": "worker", "fields": ["name"]}],
    "leads": [{"code": "P1", "state": "线索"},
              {"code": "Y1", "state": "已确认", "checked_by": "王核", "checked_on": DAY}],
    "first_seen": DAY, "last_seen": DAY, "changed_on": DAY, "host_org_name": "某支部", "home_org_name": "甲支部",
}  # fmt: skip
_CHANGE: dict[str, Any] = {
    "version": "20261120T013000Z-ab12", "as_of": date(2026, 11, 20),
    "person_key": "p-a", "change": "changed", "columns": ["work_street"], "cause": "source_row_changed",
    "before": '{"work_street": "城北街道", "evidence": []}', "after": '{"work_street": "城南街道", "evidence": []}',
    "source_rows": ["platform/蓝骑.xlsx/第7行"],
}  # fmt: skip
_TITLES = {"source_titles": {"platform": "平台"}, "status_basis": {"P1": "介绍信过期", "Y1": "答否"}}


def test_leads_flows_and_changes_are_told_in_words(tables: VersionTables) -> None:
    sheets = {sheet.name: sheet.table.to_pylist() for sheet in version_sheets(tables, _TITLES)}
    leads = sheets["口袋、隐形、失联线索"]
    assert [(row["序号"], row["线索"], row["核查状态"]) for row in leads] == [
        (1, "口袋党员", "线索"),
        (2, "隐形党员", "已确认"),
    ]
    assert not any("口径" in row for rows in sheets.values() for row in rows), "a rule's wording stands once, on 口径"
    assert list(sheets)[:3] == ["待办", "待核查线索", "口袋、隐形、失联线索"]
    assert [(row["镇街"], row["待核查线索"], row["口袋党员"], row["隐形党员"]) for row in sheets["待办"]] == [
        ("城南街道", 1, 1, 0), ("合计", 1, 1, 0),
    ]  # fmt: skip
    (change,) = sheets["变动说明"]
    assert change["变动内容"] == "从业镇街：城北街道 → 城南街道"
    assert (change["原因"], change["来源行"]) == ("来源记录内容有更正", "平台/蓝骑.xlsx/第7行")
    (person,) = sheets["一本账"]
    assert (person["状态（首个为主）"], person["提示"]) == ("P1 口袋党员、Y1 隐形党员", "手机号多人共用")
    assert [row["群体"] for row in sheets["三本台账（人员群体）"]] == ["快递员", "合计"]


def test_one_who_objects_shows_no_status_on_any_sheet(tables: VersionTables) -> None:
    objecting = {
        **_PERSON,
        "objection": True,
        "statuses": [],
        "primary_status": None,
        "leads": [],
        "lead_state": "异议",
    }
    sheets = version_sheets(VersionTables(_table("ledger", objecting), tables.coverage, tables.changes, None), _TITLES)
    said = {sheet.name: str([list(row.values()) for row in sheet.table.to_pylist()]) for sheet in sheets}
    assert not [name for name, text in said.items() if "口袋党员" in text or "隐形党员" in text]
    assert "异议中" in said["一本账"]


def test_lists_go_by_street_and_status_and_mere_moves_are_folded(tables: VersionTables) -> None:
    """Persons by street, then by status; four whose rows only moved are one line."""
    places = [("城西街道", "N0"), ("城南街道", "Y1"), (None, "P1"), ("城南街道", "P1")]
    people = [
        {**_PERSON, "person_key": f"p-{at}", "work_street": street, "primary_status": code, "statuses": [code]}
        for at, (street, code) in enumerate(places)
    ]
    moved = [{**_CHANGE, "person_key": f"p-{at}", "cause": "moved"} for at in range(4)]
    given = VersionTables(_table("ledger", *people), tables.coverage, _table("changes", _CHANGE, *moved), None)
    sheets = {sheet.name: sheet for sheet in version_sheets(given, _TITLES)}
    rows = sheets["一本账"].table.to_pylist()
    assert [(row["序号"], row["人员编号"]) for row in rows] == [(1, "p-3"), (2, "p-1"), (3, "p-0"), (4, "p-2")]
    changes = sheets["变动说明"].table.to_pylist()
    assert [(row["变动"], row["人员编号"], row["姓名"]) for row in changes] == [
        ("变更", "p-a", None), ("另有", None, "共 4 人"),
    ]  # fmt: skip


def test_every_sheet_is_legible_on_paper_and_long_lists_have_a_sheet_per_street(tables: VersionTables) -> None:
    """At least 8 points: ten, shrunk by no more than a fifth; an A4 page across is 10.9 inches inside its margins."""
    long = {"单位": "澜江区腾和快递有限公司城南分公司第三营业部" * 3, "家": "城南街道党工委" * 4}
    people = [
        {**_PERSON, "person_key": f"p-{'x' * 26}{at:03}", "work_street": f"第{at // 200}街道", "units": [long["单位"]],
         "host_org_name": long["家"], "home_org_name": long["家"], "match_reason": "姓名、证件号一致" * 6}
        for at in range(600)
    ]  # fmt: skip
    given = VersionTables(_table("ledger", *people), tables.coverage, _table("changes", _CHANGE), None)
    sheets = version_sheets(given, _TITLES)
    book = opened(split_by_street(sheets, 400))
    for page in book.worksheets:
        last = range_boundaries(page.print_area.split("!")[-1])[2] if page.print_area else page.max_column
        widths = {at: one.width for one in page.column_dimensions.values() for at in range(one.min, one.max + 1)}
        pixels = sum(7 * width for at, width in widths.items() if at <= last)
        assert pixels * 0.8 <= 10.9 * 96, f"{page.title}: {10 * 10.9 * 96 / pixels:.1f} points"
    streets = [f"第{at}街道" for at in range(3)]
    for name in ("一本账", "三本台账（党员）", "三找（三）找组织"):
        parts = [book[f"{name}·{street}"] for street in streets]
        assert sum(part.max_row - 2 for part in parts) == book[name].max_row - 2 == 600
        assert [part["A3"].value for part in parts] == [1, 201, 401], "rows keep their numbers"
        assert range_boundaries(book[name].print_area.split("!")[-1])[3] == 2, "the whole is for the screen"
    index = book.worksheets[0]
    links = {cell.value.strip(): cell.hyperlink.location for (cell,) in index["A3:A999"] if cell.hyperlink}
    assert links["一本账"] == "'一本账'!A1"
    assert [sheet.title for sheet in book.worksheets] == ["目录", *(target[1:-4] for target in
            (cell.hyperlink.location for (cell,) in index["A3:A999"] if cell.hyperlink))]  # fmt: skip
    assert opened(split_by_street(sheets, 601)).sheetnames == [sheet.name for sheet in sheets], "short ones stay"


def test_a_streets_sheet_has_a_name_that_a_spreadsheet_takes() -> None:
    taken = {"一本账", "一本账·甲镇"}
    assert sheet_name("一本账·甲/镇", taken) == "一本账·甲镇_2"
    assert len(sheet_name("三找（三）找组织·" + "长" * 40, taken)) == 31
