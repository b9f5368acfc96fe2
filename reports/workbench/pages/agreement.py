"""复核一致性: how far reviewers agree, how they judge known pairs, and how often streets confirm each rule."""

from __future__ import annotations

from fastapi import Request
from markupsafe import Markup
from nicegui import ui

from reports.link_quality.trust import trust_sections
from reports.workbench.desk import Desk
from reports.workbench.pages.frame import frame, html


def add(desk: Desk) -> None:
    """`/agreement`."""

    @ui.page("/agreement")
    def agreement(request: Request) -> None:
        with frame(desk, request, "/agreement", "复核一致性") as visit:
            trust, tiers = desk.trust(visit.session)
            html("agreement.html", parts=[Markup(part) for part in trust_sections(trust, tiers)])  # noqa: S704
