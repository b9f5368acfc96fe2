"""The workbench as a web server on one address of this machine."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from flows.home.folders import Home
from flows.home.runlog import log_crash
from flows.review.desk import OfficeDesk
from flows.review.gate import Gate, LoggedIn, SocketGuard
from flows.review.office import Office
from flows.review.sessions import SessionLimits
from reports.workbench.desk import LoggedOut
from reports.workbench.look import rendered

_LOOK_EVERY = 2.0


@dataclass(frozen=True)
class Address:
    """Where the workbench listens, and the address people type when a proxy with TLS stands before it."""

    port: int
    host: str = "127.0.0.1"
    public: str = ""

    @property
    def origins(self) -> frozenset[str]:
        own = {f"http://{name}:{self.port}" for name in (self.host, "localhost")}
        return frozenset(own | ({self.public.rstrip("/")} if self.public else set()))


def serve(home: Home, address: Address, limits: SessionLimits, say: Callable[[str], None]) -> None:
    """Serve the workbench of a home until stopped."""
    os.environ["NICEGUI_STORAGE_PATH"] = str(home.state / "workbench")  # read when NiceGUI is imported
    import uvicorn

    office = Office.open(home, limits=limits, place=f"{address.host}:{address.port}")
    try:
        office.version_in_force()
        app = _application(office, address)
        config = uvicorn.Config(
            app, host=address.host, port=address.port, log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=3, ws_max_size=1 << 20,
        )  # fmt: skip
        server = uvicorn.Server(config)
        if not office.accounts.all():
            say(
                f"还没有账号，现在谁也登录不了。另开一个窗口运行：sanzhao review --home {office.home.root} "
                "--add-account 姓名 --role 审核员；开好后这里不用重启"
            )
        say(f"核对台：{address.public or f'http://{address.host}:{address.port}'}（Ctrl+C 停止）")
        with suppress(KeyboardInterrupt):
            server.run()
    finally:
        office.close()


def _application(office: Office, address: Address) -> Gate:
    """The pages behind the gate."""
    from fastapi import FastAPI
    from nicegui import app as pages
    from nicegui import ui

    from flows.review.counter import add_counter
    from flows.review.login import add_login
    from flows.review.tasks import add_tasks
    from reports.workbench.pages import register

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_login(app, office, secure=address.public.startswith("https://"))
    add_counter(app, office)
    add_tasks(app, office)
    register(OfficeDesk(office))
    ui.run_with(
        app, title="三找核对台", language="zh-CN", tailwind=False, show_welcome_message=False, reconnect_timeout=20.0,
        favicon=_ICON,
    )  # fmt: skip
    pages.add_exception_handler(404, _nothing_here)
    for name in ("nicegui", "uvicorn.error"):  # they would print what an error says; the home's log has its frames
        logging.getLogger(name).setLevel(logging.CRITICAL)

    def failed(error: Exception) -> None:
        log_crash(office.home, error, command="review")

    pages.on_exception(failed)
    pages.on_startup(lambda: _keep_fresh(office))
    return Gate(app, _guarded(office), address.origins, failed)


async def _nothing_here(request: Request, _error: Exception) -> Response:
    """NiceGUI would build a page, with a client of its own in memory, for every address that does not exist."""
    if request.url.path.startswith("/_nicegui"):
        return PlainTextResponse("没有这一页", 404)
    return HTMLResponse(rendered("missing.html"), 404)


def _guarded(office: Office) -> LoggedIn:
    """Whether a session is good, asked at the gate and of every message of a socket."""
    from nicegui import Client, core

    def known(session: str, act: bool) -> bool:
        try:
            office.account(session, act=act)
        except LoggedOut:
            return False
        return True

    SocketGuard(core.sio, Client.instances, known, lambda client: client.open("/login"))
    return known


async def _keep_fresh(office: Office) -> None:
    """Load a newly published version aside, so that nobody waits for it."""

    async def looking() -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            with suppress(Exception):
                await asyncio.to_thread(office.shelf.refresh)

    office_task = asyncio.create_task(looking())
    _TASKS.add(office_task)


_TASKS: set[asyncio.Task[None]] = set()
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#1f4e79"/>'
    '<path d="M8 9h16M8 16h16M8 23h16" stroke="#fff" stroke-width="3"/></svg>'
)
