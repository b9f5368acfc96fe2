"""单位名册: what must be asked of spellings of units, once; then the register itself."""

from __future__ import annotations

from functools import partial

from fastapi import Request
from nicegui import ui

from reports.workbench.access import Action, may
from reports.workbench.desk import Desk
from reports.workbench.pages.frame import act, frame, html

_MOST = 500
_ANSWERS = (("link", "是同一单位"), ("not_link", "不是"), ("unsure", "说不准，不再问"))


def add(desk: Desk) -> None:
    """`/units`."""

    @ui.page("/units")
    def units(request: Request) -> None:
        with frame(desk, request, "/units", "单位") as visit:
            doubts, listed = desk.unit_doubts(visit.session), desk.units(visit.session)
            html("units.html", doubts=doubts, listed=listed, units=listed.rows[:_MOST])
            if not (doubts and may(visit.account, Action.JUDGE) and visit.account.whole_district):
                return

            def answer(doubt: str, verdict: str) -> None:
                desk.answer_unit(visit.session, doubt, verdict)
                ui.navigate.reload()

            with ui.element("div").classes("card"):
                ui.html("<h2>回答</h2>", sanitize=False)
                for one in doubts[:50]:
                    with ui.row().classes("items-center"):
                        ui.label(f"{one['left_text']}　／　{one['right_text']}")
                        for verdict, title in _ANSWERS:
                            ui.button(title, on_click=act(partial(answer, one["doubt_id"], verdict))).props(
                                "outline dense no-caps"
                            )
