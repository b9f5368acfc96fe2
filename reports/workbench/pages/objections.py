"""异议: open and answered objections of the account's streets."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from reports.workbench.desk import Desk
from reports.workbench.pages.frame import act, frame, html


def add(desk: Desk) -> None:
    """`/objections`."""

    @ui.page("/objections")
    def objections(request: Request) -> None:
        with frame(desk, request, "/objections", "异议") as visit:
            rows = desk.objections(visit.session)
            html("objections.html", rows=rows)
            waiting = {
                row["person_key"]: f"{row['name_masked']}　{row['person_key']}"
                for row in rows
                if not row["answered_on"]
            }
            if not waiting:
                return

            def answer() -> None:
                desk.answer_objection(visit.session, str(who.value), text.value or "")
                ui.navigate.reload()

            with ui.element("div").classes("card"):
                ui.html("<h2>答复</h2>", sanitize=False)
                who = ui.select(waiting, value=next(iter(waiting)), label="谁的异议").props("outlined dense")
                who.style("min-width:320px")
                text = ui.textarea("答复（不写姓名和号码）").props("outlined dense autogrow").style("width:100%")
                ui.button("答复", on_click=act(answer)).props("outline no-caps").style("margin-top:8px")
