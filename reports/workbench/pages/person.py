"""党员: one person of the ledger with statuses, evidence, history, checks and objections."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from reports.workbench.access import Action, may
from reports.workbench.desk import Desk, PersonView
from reports.workbench.look import rendered
from reports.workbench.pages.frame import Visit, act, frame, html


def add(desk: Desk) -> None:
    """`/person/…`."""

    @ui.page("/person/{key}")
    def person(request: Request, key: str) -> None:
        with frame(desk, request, "/ledger", "党员") as visit:
            view = desk.person(visit.session, key)
            html("person.html", view=view)
            with ui.element("div").classes("half"):
                if may(visit.account, Action.UNMASK):
                    _unmask(desk, visit, view)
                if may(visit.account, Action.CHECK) and _open(view) and not view.row["objection"]:
                    _check(desk, visit, view)
                if may(visit.account, Action.OBJECT):
                    _object(desk, visit, view)


def _open(view: PersonView) -> bool:
    return any(lead["closed_on"] is None for lead in view.row["leads"])


def _unmask(desk: Desk, visit: Visit, view: PersonView) -> None:
    def show() -> None:
        result = desk.unmask_evidence(visit.session, view.row["person_key"], int(which.value or 0), reason.value or "")
        shown.set_content(rendered("original.html", original=result))

    names = {at: f"第{at + 1}条 {piece['file']} 第{piece['row']}行" for at, piece in enumerate(view.row["evidence"])}
    with ui.element("div").classes("card"):
        ui.html("<h2>查看一条依据的原件</h2>", sanitize=False)
        which = ui.select(names, value=0).props("outlined dense options-dense").style("width:100%")
        reason = ui.input("理由").props("outlined dense").style("width:100%")
        ui.button("查看", on_click=act(show)).props("outline no-caps").style("margin-top:8px")
        shown = ui.html("", sanitize=False)


def _check(desk: Desk, visit: Visit, view: PersonView) -> None:
    def note() -> None:
        desk.check(visit.session, view.row["person_key"], str(code.value), str(answer.value), host.value or "")
        ui.notify("已登记，下次运行后写入一本账", type="positive", position="top")
        ui.navigate.reload()

    with ui.element("div").classes("card"):
        ui.html("<h2>登记核查结果</h2>", sanitize=False)
        codes = [lead["code"] for lead in view.row["leads"] if lead["closed_on"] is None]
        code = ui.select(codes, value=codes[0], label="线索").props("outlined dense").style("width:100%")
        answer = ui.select(list(view.answers), label="结果").props("outlined dense").style("width:100%")
        names = list(desk.organisation_names(visit.session))
        host = (
            ui.input("接收组织（已纳管时填全称或代码）", autocomplete=names).props("outlined dense").style("width:100%")
        )
        ui.button("登记", on_click=act(note)).props("outline no-caps").style("margin-top:8px")


def _object(desk: Desk, visit: Visit, view: PersonView) -> None:
    key = view.row["person_key"]
    waiting = any(objection["answered_on"] is None for objection in view.objections)

    def note() -> None:
        if waiting:
            desk.answer_objection(visit.session, key, text.value or "")
        else:
            desk.raise_objection(visit.session, key, text.value or "")
        ui.navigate.reload()

    with ui.element("div").classes("card"):
        ui.html(f"<h2>{'答复异议' if waiting else '登记异议'}</h2>", sanitize=False)
        text = ui.textarea("答复" if waiting else "本人的异议内容（不写姓名和号码）").props("outlined dense autogrow")
        text.style("width:100%")
        ui.button("答复" if waiting else "登记异议", on_click=act(note)).props("outline no-caps").style(
            "margin-top:8px"
        )
