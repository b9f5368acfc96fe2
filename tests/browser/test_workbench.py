"""What reviewers do, in a real browser against the real server."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.district import NEXT_DAY, STREETS
from tests.flows.command import sanzhao

pytestmark = pytest.mark.slow
LogIn = Callable[[str], Page]
_GUARD = 330
"""Milliseconds after which a pair on the screen takes keys: the first 300 are for a key pressed twice by mistake."""


def published(home: Path, name: str) -> list[dict[str, object]]:
    version = json.loads((home / "ledger/index.json").read_text("utf-8"))["version"]
    rows: list[dict[str, object]] = pq.read_table(home / "ledger/versions" / version / f"{name}.parquet").to_pylist()
    return rows


def rows_of(home: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(home / "state/sanzhao.db") as store:
        return store.execute(query, values).fetchall()


def shown(page: Page) -> str:
    pair = page.get_attribute("#pair", "data-pair")
    assert pair
    return pair


def press(page: Page, key: str) -> str:
    """Press a key once the pair has been on the screen for a moment; gives the pair that comes then."""
    before = shown(page)
    page.wait_for_timeout(_GUARD)
    page.keyboard.press(key)
    page.wait_for_function("before => document.querySelector('#pair')?.dataset.pair !== before", arg=before)
    return shown(page)


def open_pair(page: Page, served: Served, pair: str) -> None:
    page.goto(f"{served.base}/pair/{pair}")
    page.wait_for_selector("#pair")
    page.wait_for_timeout(_GUARD)


def unmask(page: Page, reason: str) -> None:
    """Ask for both records' originals, by keyboard."""
    page.keyboard.press("m")
    page.wait_for_selector(".q-dialog input:focus")
    page.keyboard.type(reason)
    page.keyboard.press("Enter")


def test_two_reviewers_see_each_other_and_a_disagreement_reopens_the_pair(served: Served, log_in: LogIn) -> None:
    pair = str(published(served.home, "review")[0]["pair_id"])
    first, second = log_in("李审核"), log_in("周审核")
    for page in (first, second):
        open_pair(page, served, pair)
    expect(first.get_by_text("周审核 也在看这一对")).to_be_visible(timeout=15_000)
    expect(second.get_by_text("李审核 也在看这一对")).to_be_visible(timeout=15_000)
    press(first, "y")
    expect(second.locator("#said")).to_contain_text("李审核 判为 是同一人", timeout=15_000)
    press(second, "n")
    expect(second.get_by_text("上一对与别人的判断不一致")).to_be_visible()
    for page in (first, second):
        open_pair(page, served, pair)
        expect(page.locator("#said")).to_contain_text("意见不一")
    newest = rows_of(served.home, "select judgement from judgements where pair_id = ? order by id desc limit 1", pair)
    assert newest == [("unsure",)], "what two do not agree on, no run honours"
    first.goto(f"{served.base}/queue?state=disputed")
    expect(first.locator(f"a[href='/pair/{pair}']")).to_be_visible()


def test_another_streets_pair_is_refused_by_address_and_by_a_forged_message(served: Served, log_in: LogIn) -> None:
    review = published(served.home, "review")
    other = next(str(row["pair_id"]) for row in review[1:] if row["right_masked"]["street"] == STREETS[0])  # type: ignore[index]
    mine = next(str(row["pair_id"]) for row in review[1:] if row["right_masked"]["street"] == STREETS[1])  # type: ignore[index]
    district, street = log_in("李审核"), log_in("石栈陈")
    said_before = rows_of(served.home, "select count(*) from judgements")

    answer = street.goto(f"{served.base}/pair/{other}")
    assert answer is not None and answer.status == 403
    expect(street.get_by_text("没有这条记录，或者您没有这项权限")).to_be_visible()
    assert street.goto(f"{served.base}/pair/{'0' * 64}").status == 403  # type: ignore[union-attr]
    street.goto(f"{served.base}/queue")
    assert street.locator("tbody tr").count() == sum(row["right_masked"]["street"] == STREETS[1] for row in review)  # type: ignore[index]

    open_pair(district, served, other)
    forged = district.evaluate(_PRESS_YES)
    open_pair(street, served, mine)
    street.evaluate("message => window.socket.emit('event', message)", forged)
    street.wait_for_timeout(400)
    assert rows_of(served.home, "select count(*) from judgements") == said_before

    district.evaluate("message => window.socket.emit('event', message)", forged)
    district.wait_for_function("pair => document.querySelector('#pair').dataset.pair !== pair", arg=other)
    assert rows_of(served.home, "select judgement, judged_by from judgements order by id desc limit 1") == [
        ("link", "李审核")
    ], "the same message from its own page counts, so that its refusal above means something"
    district.wait_for_timeout(_GUARD)
    district.keyboard.press("z")
    district.wait_for_function("pair => document.querySelector('#pair').dataset.pair === pair", arg=other)


_PRESS_YES = """() => new Promise(caught => {
    const emit = window.socket.emit;
    window.socket.emit = (name, ...rest) => {
        if (name !== 'event') return emit.call(window.socket, name, ...rest);
        window.socket.emit = emit;
        caught(rest[0]);
    };
    [...document.querySelectorAll('button')].find(button => button.innerText.startsWith('是')).click();
})"""
"""The message that a click on 是 would have sent, caught before it left."""


def test_markup_in_a_units_and_a_files_name_stays_text(served: Served, log_in: LogIn) -> None:
    pair = next(row for row in published(served.home, "review") if "<img" in str(row["left_masked"]))
    page = log_in("李审核")
    open_pair(page, served, str(pair["pair_id"]))
    assert "<img src=x" in page.inner_text("#pair")
    unmask(page, "核对单位名称")
    page.wait_for_selector(".clear")
    for path in (f"/pair/{pair['pair_id']}", "/queue", "/ledger?text=<img+src=x+onerror=window.hacked=1>", "/runs"):
        page.goto(served.base + path)
        page.wait_for_selector("main h1")
        page.wait_for_timeout(50)
        assert page.evaluate("window.hacked") is None
        assert page.locator("img[src=x]").count() == 0


def test_ten_pairs_are_judged_by_keyboard_and_the_next_run_honours_them(served: Served, log_in: LogIn) -> None:
    page = log_in("李审核")
    page.goto(f"{served.base}/queue?state=waiting")
    page.click("#go")
    page.wait_for_selector("#pair")
    said: dict[str, str] = {}
    for at in range(10):
        pair = shown(page)
        assert pair not in said, "a judged pair is not asked again"
        said[pair] = "unsure" if at == 9 else "not_link" if at % 3 == 1 else "link"
        press(page, {"link": "y", "not_link": "2", "unsure": "u"}[said[pair]])
    last = list(said)[-1]
    assert press(page, "z") == last, "undo leads back to the pair"
    assert rows_of(
        served.home,
        "select judgement from judgements where pair_id = ? and judged_by = '李审核' order by id desc limit 1",
        last,
    ) == [("withdrawn",)], "on a disputed pair a row of nobody's, which reopens the dispute, comes after it"
    said[last] = "not_link"
    press(page, "n")

    kept = shown(page)
    left = page.locator("[data-field=left-name]").inner_text()
    assert left.endswith("*")
    unmask(page, "核对")
    expect(page.get_by_text("请写明理由")).to_be_visible()
    page.keyboard.type("两人是否同一人")
    page.keyboard.press("Enter")
    page.wait_for_selector(".clear")
    name = page.locator("[data-field=left-name]").inner_text()
    assert "*" not in name and name[0] == left[0] and len(name) > 2
    right = page.locator("[data-field=right-name]").inner_text()
    assert "*" not in right and len(right) > 2, "one reason opens both originals"
    audit = rows_of(served.home, "select who, what, why from audit order by seq desc limit 2")
    assert audit == [("李审核", "unmask", f"{kept[:16]} {side}：核对两人是否同一人") for side in ("右", "左")], (
        "each of the two is noted"
    )
    assert name not in json.dumps(rows_of(served.home, "select * from audit"), ensure_ascii=False)

    version = json.loads((served.home / "ledger/index.json").read_text("utf-8"))["version"]
    answer = sanzhao("run", "--home", served.home, "--drop", served.drop, "--as-of", NEXT_DAY)
    assert answer.code in (0, 3), answer.err
    waiting = {str(row["pair_id"]) for row in published(served.home, "review")}
    assert not waiting & set(said)
    confirmed = [row for row in published(served.home, "ledger") if row["match_class"] == "confirmed"]
    assert len(confirmed) == list(said.values()).count("link")
    expect(page.get_by_text("夜间运行发布了新版本")).to_be_visible(timeout=20_000)
    page.goto(f"{served.base}/queue")
    expect(page.locator(".sub").first).not_to_contain_text(version)
    assert page.locator("tbody tr").count() == len(waiting)

    page.goto(f"{served.base}/ledger?text={confirmed[0]['member_no']}")
    page.click("tbody tr a")
    expect(page.get_by_text("人工确认").first).to_be_visible()
    verdict = sanzhao("ledger", "verify", "--home", served.home)
    assert verdict.code == 0, verdict.out


def test_no_request_left_the_machine(served: Served, log_in: LogIn) -> None:
    page = log_in("李审核")
    page.goto(f"{served.base}/next")
    page.wait_for_load_state("networkidle")
    assert any("socket.io" in url for url in served.asked), "the sockets are among what was watched"
    assert served.outside() == set()


def test_the_score_is_told_after_the_judgement(served: Served, log_in: LogIn) -> None:
    page = log_in("周审核")
    page.goto(f"{served.base}/queue?state=waiting")
    page.locator("tbody tr:not(:has(.tag)) a").first.click()
    page.wait_for_selector("#pair")
    expect(page.get_by_text("判断之后才显示分值，免得照着分值判断")).to_be_visible()
    assert "比特" not in page.inner_text("#pair")
    judged = shown(page)
    press(page, "u")
    expect(page.locator("[role=status]")).to_contain_text("比特，概率")
    open_pair(page, served, judged)
    expect(page.locator("#pair")).to_contain_text("合计")
    page.keyboard.press("z")
    expect(page.get_by_text("已撤销对这一对的判断")).to_be_visible()
    assert "比特" not in page.inner_text("#pair"), "hidden again, for it is to be judged again"
    reader = log_in("赵读")
    open_pair(reader, served, judged)
    expect(reader.locator("#pair")).to_contain_text("合计")


WINDOWS = ((420, 100), (1366, 100), (1366, 150))
"""Width and size of text, of windows in which no page may have to be pushed sideways."""


def test_every_page_fits_a_narrow_window_and_large_text(served: Served, log_in: LogIn) -> None:
    page = log_in("李审核")
    pair = published(served.home, "review")[0]["pair_id"]
    person = published(served.home, "ledger")[0]["person_key"]
    for path in ("/waiting", "/queue", f"/pair/{pair}", "/conflicts", "/ledger", f"/person/{person}", "/coverage",
                 "/units", "/objections", "/agreement", "/runs", "/password"):  # fmt: skip
        page.goto(served.base + path)
        page.wait_for_selector("main h1")
        for width, text in WINDOWS:
            page.set_viewport_size({"width": width, "height": 768})
            page.evaluate("size => { document.documentElement.style.fontSize = size + '%' }", text)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} wide in a window of {width} with text of {text} %"
            if path.startswith("/pair"):
                assert page.locator("[data-field=right-id_number]").is_visible()
    assert served.outside() == set(), "no request left the machine"


def test_an_address_that_does_not_exist_is_told_in_chinese(served: Served, log_in: LogIn) -> None:
    page = log_in("李审核")
    answer = page.goto(f"{served.base}/nothing-here")
    assert answer is not None and answer.status == 404
    expect(page.get_by_text("没有这一页").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("main h1")


def test_every_queue_is_reached_from_one_page_by_keyboard(served: Served, log_in: LogIn) -> None:
    page = log_in("李审核")
    page.goto(f"{served.base}/waiting")
    rows = page.locator("#queues tbody tr")
    assert [rows.nth(at).locator("a").inner_text() for at in range(rows.count())] == [
        "待核对", "意见不一", "情况不符", "名册说法不一", "单位存疑", "党组织接收范围", "存疑的文件",
    ]  # fmt: skip
    page.goto(f"{served.base}/queue?state=waiting")
    total = page.locator(".pages").inner_text()
    page.goto(f"{served.base}/waiting")
    assert f"{rows.nth(0).locator('.n').inner_text()} 条" in total, "the same count on both pages"
    page.locator("#queues a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    street = log_in("石栈陈")
    street.goto(f"{served.base}/waiting")
    assert street.locator("#queues").get_by_text("单位存疑").count() == 0
