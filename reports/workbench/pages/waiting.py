"""待处理: every queue of the analyst on one page, with what waits in each."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from reports.workbench.desk import Desk
from reports.workbench.pages.frame import frame, html


def add(desk: Desk) -> None:
    """`/waiting`."""

    @ui.page("/waiting")
    def waiting(request: Request) -> None:
        with frame(desk, request, "/waiting", "待处理") as visit:
            html("waiting.html", waiting=desk.waiting(visit.session))
