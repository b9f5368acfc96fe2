"""The reports a run leaves, as their readers open them: in an office program, in a browser, on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import sync_playwright

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.ledger.publish.read import Published, current_version
from flows.pipeline import reporting
from flows.pipeline.closing import read_summary
from flows.pipeline.reporting import (
    CIRCULATED,
    LINK_FIGURES,
    LINKS,
    SITUATION,
    WORKBOOK,
    Quality,
    drop_old_workbooks,
    write_reports,
)
from flows.pipeline.steps import STEP_NAMES
from flows.run.context import RunContext
from flows.run.runs import context_of, list_runs
from flows.run.workspace import open_workspace
from matchers.engine import Options
from reports.summary import RunSummary
from reports.words import CLASSES, DOUBTS
from schemas.contracts import load_sources

pytestmark = pytest.mark.slow

PAGES = (SITUATION, LINKS, CIRCULATED)


@pytest.fixture(scope="module")
def current(finished_home: Path) -> Published:
    home = Home(finished_home)
    found = current_version(home, load_key(home))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def folder(finished_home: Path, current: Published) -> Path:
    return Home(finished_home).reports / current.version


def test_every_report_is_there_for_its_owner_only(folder: Path) -> None:
    wanted = {WORKBOOK, LINK_FIGURES, *PAGES}
    assert {
        path.name: path.stat().st_mode & 0o777 for path in folder.iterdir() if path.name in wanted
    } == dict.fromkeys(wanted, 0o600)


def _texts(path: Path) -> str:
    """What a reader of a report sees, line by line; addresses of files and the marks of a page are left out."""
    if path.suffix == ".xlsx":
        cells = (
            cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True) for cell in row
        )
        return "\n".join(cell for cell in cells if isinstance(cell, str))
    text = path.read_text("utf-8-sig")
    if path.suffix == ".html":
        text = unescape(re.sub(r"<[^>]*>", "\n", re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)))
    return re.sub(r"^- (?:一本账|情况报告|小结与退回清单|数据表（供其他系统）|版本)：.*$", "", text, flags=re.MULTILINE)


def test_no_report_shows_an_identifier_of_ours(folder: Path) -> None:
    """Neither a name with an underscore nor a code word of sources, steps, roles, classes and decisions."""
    codes = {*load_sources(), *STEP_NAMES, *CLASSES, *DOUBTS, "link", "review", "reject", "roll", "worker", "added"}
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".md", ".csv", ".xlsx"):
            words = set(re.findall(r"[A-Za-z][A-Za-z0-9_]*", _texts(path)))
            ours = {word for word in words if re.fullmatch("[a-z]+(_[a-z0-9]+)+", word) or word in codes}
            found[path.name] = ours - {"person_cn"}  # the model's own name, with its version
    assert len(found) >= 8
    assert {name: ours for name, ours in found.items() if ours} == {}


def test_the_workbook_has_every_sheet_and_everybody_of_the_ledger(folder: Path, current: Published) -> None:
    book = openpyxl.load_workbook(folder / WORKBOOK)
    wanted = (
        "待办",
        "待核查线索",
        "一本账",
        "三本台账",
        "三找",
        "口袋、隐形、失联线索",
        "流入流出与协查",
        "应建尽建建议",
        "变动说明",
        "数据质量",
        "口径",
    )
    assert [name for name in wanted if not any(sheet.startswith(name) for sheet in book.sheetnames)] == []
    ledger = current.table("ledger").to_pylist()
    page = book["一本账"]
    header = [cell.value for cell in page[2]]
    rows = [dict(zip(header, [cell.value for cell in line], strict=True)) for line in page.iter_rows(min_row=3)]
    assert [row["序号"] for row in rows] == list(range(1, len(ledger) + 1))
    assert {row["人员编号"]: row["党员编号"] for row in rows} == {row["person_key"]: row["member_no"] for row in ledger}
    for name in ("三本台账（人员群体）", "三本台账（党组织）"):
        assert _rows(book[name])[-1]["人数"] == len(ledger)
    files = _rows(book["数据质量（按文件）"])
    assert sum(int(str(row["行数"])) for row in files) == sum(int(str(row["行数"])) for row in _rows(book["数据质量"]))
    leads = sum(lead["code"] in ("P1", "Y1", "L1") for row in ledger for lead in row["leads"])
    assert len(_rows(book["口袋、隐形、失联线索"])) == leads
    assert all(cell.data_type != "f" for sheet in book.worksheets for line in sheet.iter_rows() for cell in line)


def _rows(page: object) -> list[dict[str, object]]:
    lines = [[cell.value for cell in line] for line in page.iter_rows(min_row=2)]  # type: ignore[attr-defined]
    return [dict(zip(map(str, lines[0]), line, strict=True)) for line in lines[1:]]


def test_the_workbook_opens_in_an_office_program_and_prints_with_its_identifiers_whole(
    folder: Path, current: Published, tmp_path: Path
) -> None:
    shutil.copy(folder / WORKBOOK, tmp_path / "book.xlsx")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        tmp_path / "book.xlsx",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    done = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "book.pdf", "-"], check=True, capture_output=True, text=True
    )
    numbers = [number for number in current.table("ledger")["member_no"].to_pylist() if number]
    assert len(numbers) > 20
    assert [number for number in numbers if number not in done.stdout] == []
    assert ("制表人" in done.stdout, "内部资料" in done.stdout) == (True, True)


def test_pages_open_offline_and_every_figure_leads_to_its_breakdown(folder: Path, tmp_path: Path) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True)
        asked: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        for name in PAGES:
            page.goto((folder / name).as_uri())
            anchors = page.eval_on_selector_all("a.card", "all => all.map(one => one.getAttribute('href'))")
            assert all(page.locator(anchor).count() == 1 for anchor in anchors)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 1280, name
        page.goto((folder / SITUATION).as_uri())
        assert page.locator("svg").count() >= 3
        page.locator("summary").first.click()
        assert page.locator("details[open] table").first.is_visible()
        assert page.locator("svg path title").count() >= 6, "a bar says its number when pointed at"
        page.locator("summary").first.click()
        (tmp_path / "page.pdf").write_bytes(page.pdf(prefer_css_page_size=True))
        browser.close()
    assert ([url for url in asked if not url.startswith("file://")], errors) == ([], [])
    told = subprocess.run(["pdfinfo", tmp_path / "page.pdf"], check=True, capture_output=True, text=True).stdout
    assert re.search(r"Pages:\s+1$", told, re.MULTILINE), "the situation report is one page of A4"


def test_a_report_that_cannot_be_made_is_told_and_the_others_are_written(home: Path, tmp_path: Path) -> None:
    place = Home(home)
    run, summary = _last_run(place)
    version = place.ledger / "versions" / summary.version
    (version / "coverage.parquet").write_bytes(b"spoiled")
    shutil.rmtree(place.reports / summary.version)
    with open_workspace(tmp_path / "w.duckdb", "0" * 32, Options(threads=1, memory="1GB")) as con:
        told = write_reports(con, run, summary, Quality({}, {}))
    assert [line.split(" ")[0] for line in told] == [WORKBOOK, SITUATION, CIRCULATED, LINK_FIGURES, LINKS]
    assert all("一本账不受影响" in line for line in told)


def test_only_the_reports_asked_for_are_written(home: Path, tmp_path: Path) -> None:
    place = Home(home)
    run, summary = _last_run(place)
    asked = replace(run, settings=run.settings.model_copy(update={"reports": ("situation",)}))
    shutil.rmtree(place.reports / summary.version)
    with open_workspace(tmp_path / "w.duckdb", "0" * 32, Options(threads=1, memory="1GB")) as con:
        assert write_reports(con, asked, summary, Quality({}, {})) == []
    assert [path.name for path in (place.reports / summary.version).iterdir()] == [SITUATION]


def _last_run(place: Home) -> tuple[RunContext, RunSummary]:
    record = list_runs(place)[-1]
    return context_of(place, record), read_summary(place, record.run_id)


def test_workbooks_of_versions_no_longer_kept_go(home: Path) -> None:
    place = Home(home)
    _, summary = _last_run(place)
    older = place.reports / "20200101T000000Z-0000"
    older.mkdir()
    (older / WORKBOOK).write_bytes(b"old")
    assert drop_old_workbooks(place) == 1
    assert [path.parent.name for path in place.reports.glob(f"*/{WORKBOOK}")] == [summary.version]


def test_a_second_process_draws_the_same_pages(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Home(home)
    run, summary = _last_run(place)
    asked = replace(run, settings=run.settings.model_copy(update={"reports": ("situation", "circulation")}))
    folder = place.reports / summary.version
    drawn = []
    for least in (reporting._LARGE, 0):
        monkeypatch.setattr(reporting, "_LARGE", least)
        shutil.rmtree(folder)
        with open_workspace(tmp_path / "w.duckdb", "0" * 32, Options(threads=1, memory="1GB")) as con:
            assert write_reports(con, asked, summary, Quality({}, {})) == []
        drawn.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == {SITUATION, CIRCULATED}
