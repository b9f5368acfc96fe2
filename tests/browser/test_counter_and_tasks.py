"""The box at the head of every page, a street officer's tasks on a phone, then what streets dispute, in a real browser.

The disputes come last: what an analyst decides would be missing among the tasks that the officers look at.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from flows.home.folders import Home
from flows.home.store import opened_store
from flows.ledger.checks import LeadAnswer, record_answer
from flows.tasks.export import TaskOrder, export_tasks
from schemas.policy import load_policy
from tests.browser.conftest import Served
from tests.browser.district import DAY, MASKED, STREETS, members
from tests.browser.test_workbench import published, rows_of

pytestmark = pytest.mark.slow
LogIn = Callable[[str], Page]
ROLL = members()
NEVER = ("党", "支部", "组织关系", "失联", "流动")
WIDTHS = (420, 1366)
LARGER_TEXT = "html { font-size: 150% !important; }"


def fits(page: Page) -> bool:
    """Whether nothing lies beyond the right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"))


def ask(page: Page, name: str, number: str) -> None:
    """Fill the box in by keyboard alone."""
    page.focus("form.find input[name=name]")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def test_the_box_finds_by_keyboard_and_no_number_is_in_an_address(served: Served, log_in: LogIn) -> None:
    page = log_in("钱审核")
    found, masked, waiting = ROLL[-6], ROLL[MASKED], ROLL[5]
    with page.expect_navigation(url="**/person/*"):
        ask(page, found["姓名"], found["身份证号"])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 860})
        page.goto(f"{served.base}/queue")
        with page.expect_navigation(url="**/find"):
            ask(page, masked["姓名"], masked["身份证号"])
        expect(page.locator("#answer")).to_have_attribute("data-where", "ROLL")
        expect(page.locator("#answer")).to_contain_text("打码")
        page.add_style_tag(content=LARGER_TEXT)
        assert fits(page)
    with page.expect_navigation(url="**/pair/*"):
        ask(page, waiting["姓名"], waiting["身份证号"])
    page.goto(f"{served.base}/find?number=1")
    expect(page.locator("#answer")).to_have_count(0)
    forged = page.evaluate(
        "fetch('/find', {method: 'POST', headers: {'content-type': 'application/x-www-form-urlencoded'},"
        " body: 'token=x&number=1'}).then(answer => answer.status)"
    )
    assert forged == 403
    numbers = {row[column] for row in ROLL for column in ("身份证号", "手机号码", "姓名")}
    assert not [url for url in served.asked if any(number in url for number in numbers)]
    noted = rows_of(served.home, "select why from audit where what = 'find'")
    assert len(noted) == 4
    assert not [why for (why,) in noted if any(number in str(why) for number in numbers)]


def test_an_officer_answers_in_three_taps_on_a_phone_and_is_never_told_why(served: Served, log_in: LogIn) -> None:
    page = log_in("云溪吴")
    assert page.url.endswith("/tasks")
    page.set_viewport_size({"width": 420, "height": 860})
    total = int(page.inner_text("#total"))
    assert total > 0
    number = str(page.get_attribute("ul.tasks a", "href")).rpartition("/")[2]
    for path in ("/tasks", f"/task/{number}"):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            page.goto(f"{served.base}{path}")
            page.add_style_tag(content=LARGER_TEXT)
            assert fits(page)
            assert not [word for word in NEVER if word in page.inner_text("body")]
    page.goto(f"{served.base}/tasks")
    page.focus("ul.tasks a")
    page.keyboard.press("Enter")
    page.wait_for_selector("form.answers")
    masked = page.inner_text("main h1")
    assert "*" in masked
    page.get_by_role("button", name="看姓名和电话").press("Enter")
    page.wait_for_selector("dd.clear")
    names = {row["姓名"] for row in ROLL}
    assert page.inner_text("main h1").split()[0] in names
    assert page.locator("a[href^='tel:']").count() >= 1
    assert rows_of(served.home, "select who from audit where what = 'open_task'") == [("云溪吴",)]
    page.goto(f"{served.base}/tasks")
    page.click("ul.tasks a")
    page.locator("form.answers label", has_text="联系不上").click()
    page.get_by_role("button", name="登记").click()
    expect(page.locator(".note")).to_contain_text("这一项留在列表里")
    assert int(page.inner_text("#total")) == total, "who was not reached is asked again"
    expect(page.locator("ul.tasks")).to_contain_text("联系不上")
    page.get_by_role("textbox", name="任务编号").fill("261120-某")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("这不是任务编号")
    page.goto(f"{served.base}/tasks")
    page.get_by_role("textbox", name="任务编号").fill(f" {number.lower().replace('-', '－')} ")
    with page.expect_navigation(url=f"**/task/{number}"):
        page.keyboard.press("Enter")
    page.locator("input[value=属实]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks?done=1")
    expect(page.locator(".note")).to_contain_text("不会再问")
    assert int(page.inner_text("#total")) == total - 1
    page.goto(f"{served.base}/task/{number}")
    expect(page.locator("main")).to_contain_text("已有答复")
    assert rows_of(served.home, "select code, note, checked_by from lead_events order by id") == [
        ("PC", "联系不上", "云溪吴"),
        ("PC", "属实", "云溪吴"),
    ]
    assert page.goto(f"{served.base}/ledger").status == 403  # type: ignore[union-attr]


def test_another_street_s_task_is_refused_and_the_whole_district_sees_it_masked(served: Served, log_in: LogIn) -> None:
    whole = log_in("李审核")
    whole.goto(f"{served.base}/tasks")
    here = [
        row
        for row in published(served.home, "ledger")
        if row["work_street"] == STREETS[1] or row["home_street"] == STREETS[1]
    ]
    assert here
    numbers = [str(one.get_attribute("href")).rpartition("/")[2] for one in whole.locator("ul.tasks a").all()]
    whole.locator("select[name=street]").select_option(STREETS[1])
    whole.get_by_role("button", name="筛选").click()
    assert {one.inner_text().count(STREETS[1]) for one in whole.locator("ul.tasks a").all()} == {1}
    assert whole.locator("ul.tasks a").count() < len(numbers)
    officer = log_in("云溪吴")
    seen = {number: officer.goto(f"{served.base}/task/{number}").status for number in numbers}  # type: ignore[union-attr]
    assert 403 in seen.values()
    others = next(number for number, status in seen.items() if status == 403)
    whole.goto(f"{served.base}/task/{others}")
    expect(whole.locator("form.answers")).to_be_visible()
    expect(whole.get_by_role("button", name="看姓名和电话")).to_have_count(0)
    street = log_in("石栈陈")
    street.goto(f"{served.base}/task/{others}")
    street.get_by_role("button", name="看姓名和电话").click()
    street.wait_for_selector("dd.clear")


REMARK = "<img src=x onerror=window.hacked=1>本人说名册早就改了"


def place(page: Page) -> str:
    page.wait_for_selector("#conflict")
    return page.get_attribute("#conflict", "data-place") or ""


def press(page: Page, key: str) -> None:
    """Press a key once the lead has been on the screen for a moment."""
    page.wait_for_timeout(330)
    page.keyboard.press(key)


def test_an_analyst_decides_disputes_by_keyboard_and_the_next_sheets_obey(
    served: Served, log_in: LogIn, tmp_path: Path
) -> None:
    rows = [row for row in pq.read_table(served.home / "ledger/ledger.parquet").to_pylist() if "L1" in row["statuses"]]
    assert len(rows) == 2, "a lost member in each street"
    with opened_store(Home(served.home)) as store:
        for row in rows:
            said = LeadAnswer("情况不符", "街道核查员", DAY, remark=REMARK)
            record_answer(store, load_policy().leads, row, "L1", said)

    street = log_in("石栈陈")
    street.goto(f"{served.base}/conflicts")
    expect(street.locator("tbody tr")).to_have_count(1)
    other = next(str(row["person_key"]) for row in rows if row["home_street"] == STREETS[0])
    answer = street.goto(f"{served.base}/conflict/{other}/L1")
    assert answer is not None and answer.status == 403
    reader = log_in("赵读").goto(f"{served.base}/conflicts")
    assert reader is not None and reader.status == 403

    page = log_in("李审核")
    page.goto(f"{served.base}/conflicts")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody a").first.click()
    first = place(page)
    expect(page.locator("#street")).to_contain_text("街道核查员")
    expect(page.locator("#street")).to_contain_text("本人说名册早就改了")
    assert page.evaluate("window.hacked") is None
    ids = [row["身份证号"] for row in members()]
    assert not any(number in page.content() for number in ids), "masked until asked for"

    press(page, "m")
    page.get_by_label("理由").fill("核对名册")
    page.keyboard.press("Enter")
    expect(page.locator(".q-dialog dl")).to_be_visible()
    assert any(number in page.content() for number in ids)
    page.get_by_role("button", name="关闭").click()
    assert rows_of(served.home, "select why from audit where what = 'unmask' order by seq desc limit 1") == [
        ("依据1：核对名册",)
    ]

    press(page, "3")
    page.wait_for_function("before => document.querySelector('#conflict')?.dataset.place !== before", arg=first)
    second = place(page)
    page.get_by_label("说明").fill("请再上门一次")
    page.locator("h1").first.click()
    press(page, "1")
    page.wait_for_url("**/conflicts")
    expect(page.get_by_text("没有。").first).to_be_visible()
    assert rows_of(
        served.home, "select person_key, note, state, checked_by from lead_events order by id desc limit 2"
    ) == [
        (second.split("/")[0], "发回镇街", "待核查", "李审核"),
        (first.split("/")[0], "线索不成立", "排除", "李审核"),
    ]
    assert rows_of(served.home, "select why from audit where what = 'analyse' order by seq") == [
        ("L1 线索不成立",), ("L1 发回镇街：请再上门一次",),
    ]  # fmt: skip
    done = export_tasks(Home(served.home), TaskOrder(tmp_path, "制表人甲", inside=True))
    assert sum(done.leads.values()) == 1, "only what went back to the street"
    auditor = log_in("孙审计")
    auditor.goto(f"{served.base}/audit")
    expect(auditor.locator("tbody").get_by_text("答复情况不符").first).to_be_visible()
