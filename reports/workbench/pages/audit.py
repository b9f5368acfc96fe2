"""审计: the hash-chained log, for the auditor."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from reports.workbench.desk import Desk
from reports.workbench.pages.frame import frame, html


def add(desk: Desk) -> None:
    """`/audit`."""

    @ui.page("/audit")
    def audit(request: Request) -> None:
        with frame(desk, request, "/audit", "审计") as visit:
            chosen = {name: visit.query.get(name, "")[:60] for name in ("who", "what", "person")}
            listed = desk.audit(visit.session, chosen, visit.page)
            problems = desk.audit_problems(visit.session)
            html("audit.html", listed=listed, chosen=chosen, page=visit.page, problems=problems)
