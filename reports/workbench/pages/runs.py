"""运行记录: every run with its result and the quality of what came."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from reports.workbench.desk import Desk
from reports.workbench.pages.frame import frame, html


def add(desk: Desk) -> None:
    """`/runs`, `/run/…`."""

    @ui.page("/runs")
    def runs(request: Request) -> None:
        with frame(desk, request, "/runs", "运行记录") as visit:
            html("runs.html", runs=desk.runs(visit.session))

    @ui.page("/run/{run_id}")
    def run(request: Request, run_id: str) -> None:
        with frame(desk, request, "/runs", "运行记录") as visit:
            html("run.html", run=desk.run(visit.session, run_id))
