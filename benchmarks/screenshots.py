"""Draw the pictures of the documents anew from the shipped sample: `make screenshots` (needs chromium; LibreOffice and
poppler for the pages on paper). Everybody in them is invented, and names and numbers are masked.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from flows.home.folders import Home
from flows.ledger.publish.read import current_version
from flows.review.office import Office
from flows.tasks.export import TaskOrder, export_tasks
from reports.workbench.access import Role, SignedInAccount

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "img"
SANZHAO = Path(sys.executable).with_name("sanzhao")
DESK, PHONE = {"width": 1366, "height": 600}, {"width": 390, "height": 760}
STREET = "云溪街道"


def main() -> None:
    """Play the sample's nights into a home of their own, then draw."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        subprocess.run([ROOT / ".ci/nights", ROOT / "data/sample", home.root, SANZHAO], check=True, capture_output=True)
        password = f"Q{secrets.token_urlsafe(16)}7-"
        street = _accounts(home, password)
        _on_paper(home, street, Path(folder))
        with _served(home) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
            )
            _situation(browser, home)
            _desk(_logged_in(browser, base, ("审核员甲", password), DESK))
            _phone(_logged_in(browser, base, ("核查员乙", password), PHONE))
            browser.close()
    for path in sorted(PICTURES.glob("*.png")):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB")


def _accounts(home: Home, password: str) -> str:
    """A reviewer of the whole district and an officer of one street that has tasks; the street."""
    office = Office.open(home)
    try:
        streets = {row["work_street"] or row["home_street"] for row in office.version_in_force().people.with_leads()}
        street = STREET if STREET in streets else min(one for one in streets if one)
        for account in (
            SignedInAccount("审核员甲", Role.REVIEWER),
            SignedInAccount("核查员乙", Role.OFFICER, frozenset({street})),
        ):
            office.accounts.add(account, password, at=office.now(), by="screenshots")
    finally:
        office.close()
    return street


@contextmanager
def _served(home: Home) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [SANZHAO, "review", "--home", home.root, "--port", str(port)], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{base}/login", timeout=5).close()  # noqa: S310
                break
            except OSError:
                time.sleep(0.2)
        yield base
    finally:
        server.terminate()
        server.wait(30)


def _logged_in(browser: Browser, base: str, who: tuple[str, str], window: dict[str, int]) -> Page:
    page = browser.new_context(
        locale="zh-CN", viewport={"width": window["width"], "height": window["height"]}, base_url=base
    ).new_page()
    page.goto("/login")
    page.fill("input[name=name]", who[0])
    page.fill("input[name=password]", who[1])
    page.click("button[type=submit]")
    page.wait_for_selector("main h1")
    return page


def _desk(page: Page) -> None:
    """The ledger, and a pair that waits."""
    page.goto("/ledger")
    page.wait_for_selector("main h1")
    _draw(page, "ledger")
    page.goto("/queue")
    page.click("#go")
    page.wait_for_selector("#pair")
    _draw(page, "pair")


def _phone(page: Page) -> None:
    """The officer's list, then one task with its answers."""
    _draw(page, "phone-tasks")
    page.click("ul.tasks a")
    page.locator("form.answers label").first.click()
    _draw(page, "phone-task")


def _situation(browser: Browser, home: Home) -> None:
    page = browser.new_page(viewport={"width": 1180, "height": 900}, locale="zh-CN")
    page.goto((_reports(home) / "情况报告.html").as_uri())
    _draw(page, "situation")


def _reports(home: Home) -> Path:
    """The reports of the version in force."""
    version = current_version(home)
    if version is None:
        raise SystemExit("the sample's nights published nothing")
    return home.reports / version.version


def _on_paper(home: Home, street: str, folder: Path) -> None:
    """The first page of the waiting leads and of a task sheet, as they are printed, where the programs are there."""
    if not (shutil.which("soffice") and shutil.which("pdftoppm")):
        return
    sheet = export_tasks(home, TaskOrder(folder / "sheets", "制表人甲", street=street, inside=True)).files[0]
    for source, page, name in ((_reports(home) / "一本账.xlsx", 2, "workbook"), (sheet, 1, "sheet")):
        subprocess.run(
            ["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder, source],
            check=True,
            capture_output=True,
        )
        pages = ["-f", str(page), "-l", str(page), "-singlefile", "-r", "90", "-H", "400", "-gray", "-png"]
        subprocess.run(["pdftoppm", *pages, folder / f"{source.stem}.pdf", PICTURES / name], check=True)


def _draw(page: Page, name: str) -> None:
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
