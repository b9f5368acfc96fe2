"""An analyst decides what streets dispute (情况不符), by keyboard, in a real browser against the real server."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from flows.home.folders import Home
from flows.home.store import opened_store
from flows.ledger.checks import Said, record_answer
from flows.tasks.export import TaskOrder, export_tasks
from schemas.policy import load_policy
from tests.browser.conftest import Served, free_port, start, stop
from tests.browser.district import DAY, STREETS, members

pytestmark = pytest.mark.slow
LogIn = Callable[[str], Page]
REMARK = "<img src=x onerror=window.hacked=1>本人说名册早就改了"


@pytest.fixture(scope="module")
def served(waiting_home: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home of its own: what is decided here would be missing among the tasks that others look at."""
    home = Path(shutil.copytree(waiting_home[0], tmp_path_factory.mktemp("conflicts") / "home"))
    port = free_port()
    server = start(home, port)
    yield Served(f"http://127.0.0.1:{port}", home, waiting_home[1])
    assert "Traceback" not in stop(server)


def noted(home: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(home / "state/sanzhao.db") as store:
        return store.execute(query).fetchall()


def place(page: Page) -> str:
    page.wait_for_selector("#conflict")
    return page.get_attribute("#conflict", "data-place") or ""


def press(page: Page, key: str) -> None:
    """Press a key once the lead has been on the screen for a moment."""
    page.wait_for_timeout(900)
    page.keyboard.press(key)


def test_an_analyst_decides_disputes_by_keyboard_and_the_next_sheets_obey(
    served: Served, log_in: LogIn, tmp_path: Path
) -> None:
    rows = [row for row in pq.read_table(served.home / "ledger/ledger.parquet").to_pylist() if "L1" in row["statuses"]]
    assert len(rows) == 2, "a lost member in each street"
    with opened_store(Home(served.home)) as store:
        for row in rows:
            said = Said("情况不符", "街道核查员", DAY, remark=REMARK)
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
    assert noted(served.home, "select why from audit where what = 'unmask' order by seq desc limit 1") == [
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
    assert noted(
        served.home, "select person_key, note, state, checked_by from lead_events order by id desc limit 2"
    ) == [
        (second.split("/")[0], "发回镇街", "待核查", "李审核"),
        (first.split("/")[0], "线索不成立", "排除", "李审核"),
    ]
    assert noted(served.home, "select why from audit where what = 'analyse' order by seq") == [
        ("L1 线索不成立",), ("L1 发回镇街：请再上门一次",),
    ]  # fmt: skip
    done = export_tasks(Home(served.home), TaskOrder(tmp_path, "制表人甲", inside=True))
    assert sum(done.leads.values()) == 1, "only what went back to the street"
    auditor = log_in("孙审计")
    auditor.goto(f"{served.base}/audit")
    expect(auditor.locator("tbody").get_by_text("答复情况不符").first).to_be_visible()
