"""一本账: search, filters, and the way to one person."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from reports.workbench.desk import Desk
from reports.workbench.pages.frame import Visit, act, frame, html
from reports.workbench.people import PAGE, PeopleFilter


def add(desk: Desk) -> None:
    """`/ledger`."""

    @ui.page("/ledger")
    def ledger(request: Request) -> None:
        with frame(desk, request, "/ledger", "一本账") as visit:
            chosen = PeopleFilter.of(visit.query)
            listed = desk.people(visit.session, chosen, visit.page)
            names = desk.status_names(visit.session)
            html("ledger.html", listed=listed, chosen=chosen, page=visit.page, size=PAGE, names=names)
            _by_id(desk, visit)


def _by_id(desk: Desk, visit: Visit) -> None:
    """Look somebody up by their full ID; the number goes over the page's own socket, never into an address."""

    def look() -> None:
        result = desk.find_by_id(visit.session, number.value or "")
        number.value = ""
        if result:
            ui.navigate.to(f"/person/{result}")
        else:
            ui.notify("一本账里没有这个证件号的人，或不在您的镇街", position="top")

    with ui.element("div").classes("card"), ui.row().style("align-items:center;gap:12px"):
        number = ui.input("按完整身份证号查找").props("outlined dense autocomplete=off").style("min-width:260px")
        number.on("keydown.enter", act(look))
        ui.button("查找", on_click=act(look)).props("outline no-caps")
        ui.label("号码不留在网址和日志里；查过这件事会记入审计日志。").classes("key")
