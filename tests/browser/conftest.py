"""A home after one good run with pairs waiting, the real server on it, and a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from flows.home.folders import Home
from flows.review.office import Office
from reports.workbench.access import Role, SignedInAccount
from tests.browser.district import DAY, STREETS, write_drop
from tests.flows.command import SANZHAO, clean_environment, sanzhao, without_reports

PASSWORD = "Kezhang-2026"  # noqa: S105
ACCOUNTS = {
    "王管理": ("系统管理员",),
    "李审核": ("审核员",),
    "周审核": ("审核员",),
    "钱审核": ("审核员",),
    "石栈陈": ("审核员", STREETS[1]),
    "赵读": ("只读",),
    "孙审计": ("审计员",),
    "云溪吴": ("核查员", STREETS[0]),
}


@dataclass
class Served:
    """A running workbench: where it is, its home and drop, and every address a browser asked for."""

    base: str
    home: Path
    drop: Path
    asked: set[str] = field(default_factory=set)

    def outside(self) -> set[str]:
        """Addresses that are not the workbench's own."""
        own = urlsplit(self.base).netloc
        return {
            url for url in self.asked if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != own
        }


def open_accounts(home: Path) -> None:
    office = Office.open(Home(home))
    for name, (role, *streets) in ACCOUNTS.items():
        office.accounts.add(SignedInAccount(name, Role(role), frozenset(streets)), PASSWORD, at=office.now(), by="test")
    office.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, port: int, *words: str) -> subprocess.Popen[bytes]:
    """The real command, until it answers."""
    command = [str(SANZHAO), "review", "--home", str(home), "--port", str(port), *words]
    server = subprocess.Popen(command, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for _ in range(1200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/login", timeout=5)
            return server
        except httpx.TransportError:
            assert server.poll() is None, server.stderr and server.stderr.read().decode()
            time.sleep(0.05)
    raise AssertionError("the workbench does not answer")


def stop(server: subprocess.Popen[bytes]) -> str:
    """Stop it as Ctrl+C does; gives what it said on standard error."""
    server.terminate()
    _, said = server.communicate(timeout=30)
    return said.decode()


@pytest.fixture(scope="session")
def waiting_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home with accounts and waiting pairs, and its drop; copy it before changing it."""
    folder = tmp_path_factory.mktemp("workbench")
    drop, home = write_drop(folder / "drop"), without_reports(folder / "home")
    answer = sanzhao("run", "--home", home, "--drop", drop, "--as-of", DAY)
    assert answer.code in (0, 3), answer.err
    open_accounts(home)
    return home, drop


@pytest.fixture(scope="session")
def served(waiting_home: tuple[Path, Path]) -> Iterator[Served]:
    port = free_port()
    server = start(waiting_home[0], port)
    yield Served(f"http://127.0.0.1:{port}", *waiting_home)
    assert "Traceback" not in stop(server)


@pytest.fixture(scope="module")  # its event loop lives in this thread and would disturb other modules' tests
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def profiles(served: Served, chromium: Browser) -> Iterator[dict[str, BrowserContext]]:
    """By account: a browser profile of its own, kept with its log-in and its cached files for the whole module."""
    contexts: dict[str, BrowserContext] = {}
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture
def log_in(served: Served, chromium: Browser, profiles: dict[str, BrowserContext]) -> Iterator[Callable[[str], Page]]:
    """A window of an account's own profile; it is logged in through the form the first time."""
    pages: list[Page] = []

    def logging_in(name: str) -> Page:
        known = name in profiles
        if not known:
            context = chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
            context.on("request", lambda request: served.asked.add(request.url))
            profiles[name] = context
        page = profiles[name].new_page()
        pages.append(page)
        page.on("websocket", lambda socket: served.asked.add(socket.url.replace("ws://", "http://")))
        if known:
            page.goto(served.base)
        if not known or page.url.endswith("/login"):
            enter(page, served.base, name)
        page.wait_for_selector("main h1")
        return page

    yield logging_in
    for page in pages:
        page.close()


def enter(page: Page, base: str, name: str) -> None:
    page.goto(f"{base}/login")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("main h1")
