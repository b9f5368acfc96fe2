"""A task sheet as a street receives it: what it asks, what may be filled in, and what it never says."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from reports.tasks.receipt import ACCEPTED, CONFLICT, REFUSED, UNANSWERED, ReceiptRow, receipt_workbook
from reports.tasks.sheet import HEADER_ROW, Contact, Task, TaskSheet, file_name, task_workbook
from reports.tasks.words import contact_window, lead_words, neutral
from reports.words import STATUS_TITLES

AT = datetime(2026, 11, 20, 9, 30)
DUE = date(2026, 12, 3)
ANSWERS = ("属实", "非本人", "情况不符", "已转", "联系不上", "拒绝", "其他")
NEVER = ("党", "支部", "组织关系", "介绍信", "政治面貌", "失联", "口袋", "隐形")


def task(code: str = "P1", *, inside: bool = False, unit: str = "蓝骑配送站") -> Task:
    kind, asked = lead_words(code, inside=inside)
    shown = unit if inside else neutral(unit)
    return Task(
        "261120-BCDFGHJKMN", "BCDFG", "张*", "138****5678", shown, "云溪街道", "外卖骑手", kind, asked, "平台", "下午",
        DUE,
    )  # fmt: skip


def sheet(*tasks: Task, inside: bool = False, street: str = "城南街道") -> TaskSheet:
    return TaskSheet(street, date(2026, 11, 19), "王核", AT, inside, ANSWERS, tasks or (task(),))


def texts(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith((".xml", ".rels")))


def test_a_neutral_sheet_says_nowhere_what_it_is_about() -> None:
    units = ("中共某支部委员会", "党校配送点", "蓝骑配送站")
    tasks = [task(code, unit=unit) for code in STATUS_TITLES for unit in units]
    said = texts(task_workbook(sheet(*tasks)))
    assert [word for word in NEVER if word in said] == []
    assert [title for title in STATUS_TITLES.values() if title in said] == []
    assert "蓝骑配送站" in said


def test_the_sheet_of_the_party_channel_names_the_lead() -> None:
    said = texts(task_workbook(sheet(task("P1", inside=True), inside=True)))
    assert "口袋党员" in said
    assert "办理期限" in said
    assert "办理期限" not in texts(task_workbook(sheet())), "the neutral sheet's columns are as they were"


def test_only_four_columns_are_open_and_the_result_is_chosen_from_a_list() -> None:
    page = openpyxl.load_workbook(io.BytesIO(task_workbook(sheet()))).active
    assert page is not None
    header = [cell.value for cell in page[HEADER_ROW]]
    row = page[HEADER_ROW + 1]
    unlocked = [name for name, cell in zip(header, row, strict=True) if not cell.protection.locked]
    assert unlocked == ["核查结果", "核查人", "核查日期", "备注"]
    assert page.protection.sheet
    lists = [one for one in page.data_validations.dataValidation if one.type == "list"]
    assert lists[0].formula1 == f'"{",".join(ANSWERS)}"'
    assert {cell.number_format for cell in row if cell.column_letter in "BCDE"} == {"@"}


def test_it_prints_across_with_its_header_repeated_a_line_to_sign_and_who_took_it_out() -> None:
    page = openpyxl.load_workbook(io.BytesIO(task_workbook(sheet()))).active
    assert page is not None
    assert (page.page_setup.orientation, str(page.page_setup.paperSize)) == ("landscape", "9")
    assert page.print_title_rows == f"$1:${HEADER_ROW}"
    assert "制表人" in page.oddFooter.left.text
    assert "审核人" in page.oddFooter.left.text
    assert "内部资料 王核 2026-11-20 09:30" in page.oddHeader.center.text


@pytest.mark.parametrize(("inside", "contact"), [(False, None), (True, None), (True, Contact(*"名号位站址社"))])
def test_what_goes_to_paper_is_legible(inside: bool, contact: Contact | None) -> None:
    """At least 8 points of 9: its widths are in digits of 7 pixels, A4 across 10.9 inches inside."""
    asked = replace(task(inside=inside), contact=contact)
    page = openpyxl.load_workbook(io.BytesIO(task_workbook(sheet(asked, inside=inside)))).active
    assert page is not None
    last = range_boundaries(str(page.print_area).split("!")[-1])[2]
    widths = {at: one.width for one in page.column_dimensions.values() for at in range(one.min, one.max + 1)}
    pixels = sum(7 * width for at, width in widths.items() if at <= last)
    assert pixels * 8 / 9 <= 10.9 * 96, f"{9 * 10.9 * 96 / pixels:.1f} points"
    printed = [cell.value for cell in page[HEADER_ROW][:last]]
    assert {"任务编号", "校验码", "姓名", "手机", "单位", "核查结果", "核查人", "核查日期", "备注"} <= set(printed)
    assert ("办理期限" in printed, "住址" in printed) == (inside, contact is not None)
    where_to_look = "登录核查任务页面，输入任务编号查看"
    assert (where_to_look in str(page["A2"].value)) == (contact is None)


@pytest.mark.parametrize("value", ["=1+1", "@SUM(A1)", "+1", "-1", "＝1", "\t=1", " =1", "\ufeff=1"])
def test_no_cell_of_a_task_is_a_formula(value: str) -> None:
    hostile = Task(*([value] * 11), DUE)
    data = task_workbook(sheet(hostile, street=f"{value}镇"))
    named = Task(*([value] * 11), DUE, Contact(*([value] * 6)))
    assert "<f>" not in texts(task_workbook(sheet(named, inside=True)))
    assert "<f>" not in texts(data)
    page = openpyxl.load_workbook(io.BytesIO(data)).active
    assert page is not None
    cells = [str(cell.value) for cell in page[HEADER_ROW + 1] if cell.value is not None][1:]
    assert all(cell.startswith("'") for cell in cells)


def test_files_of_two_streets_never_share_a_name_nor_leave_the_folder() -> None:
    day = date(2026, 11, 19)
    first = file_name("../甲/镇", day, [])
    assert not re.search(r"[/\\]", first)
    assert file_name("../甲/镇", day, [first]) != first
    assert file_name("", day, []) == "核查任务表_镇街不明_2026-11-19.xlsx"


def test_riders_are_not_called_at_meal_times() -> None:
    assert contact_window(["外卖骑手"]).startswith("14:00")
    assert contact_window(["未知群体"]) == contact_window([])


def test_a_receipt_puts_first_what_needs_somebody_and_runs_no_note() -> None:
    outcomes = [
        ReceiptRow("甲.xlsx", "", at, "261120-BCDFGHJKMN", "属实", what, "", "=HYPERLINK(A1)")
        for at, what in enumerate((UNANSWERED, ACCEPTED, REFUSED, CONFLICT), 5)
    ]
    data = receipt_workbook(outcomes, ["=乙.xls 读不了"], "王核", date(2026, 11, 20))
    page = openpyxl.load_workbook(io.BytesIO(data))["回执"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=3)]
    assert [row[5] for row in rows] == [CONFLICT, REFUSED, ACCEPTED, UNANSWERED, REFUSED]
    assert {row[7] for row in rows} == {"'=HYPERLINK(A1)", None}
    assert rows[-1][6] == "'=乙.xls 读不了"
