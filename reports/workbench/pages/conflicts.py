"""情况不符: leads that a street disputes, decided by an analyst with the keyboard; the next one comes after each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import monotonic

from fastapi import Request
from nicegui import events, ui

from reports.workbench.access import Action, may
from reports.workbench.desk import ConflictView, Desk
from reports.workbench.look import rendered
from reports.workbench.pages.frame import Visit, act, frame, html
from reports.workbench.pages.pair import TOO_SOON


def add(desk: Desk) -> None:
    """`/conflicts` and `/conflict/…`."""

    @ui.page("/conflicts")
    def conflicts(request: Request) -> None:
        with frame(desk, request, "/conflicts", "情况不符") as visit:
            html("conflicts.html", found=desk.conflicts(visit.session), names=desk.status_names(visit.session))

    @ui.page("/conflict/{key}/{code}")
    def conflict(request: Request, key: str, code: str) -> None:
        with frame(desk, request, "/conflicts", "情况不符") as visit:
            ConflictTab(desk, visit, desk.conflict(visit.session, key, code)).build()


@dataclass
class ConflictTab:
    """One browser tab on a disputed lead."""

    desk: Desk
    visit: Visit
    view: ConflictView
    shown_at: float = 0.0

    def build(self) -> None:
        """Put the parts of the page in place."""
        html("conflict.html", view=self.view, answers=list(enumerate(self.view.answers, 1)))
        with ui.element("div").classes("acts"), ui.row():
            for at, answer in enumerate(self.view.answers, 1):
                button = ui.button(f"{answer}（{at}）", on_click=act(partial(self._answer, answer)))
                button.props("outline no-caps color=primary").mark(f"answer-{at}")
            ui.button("下一条（→）", on_click=act(self._skip)).props("flat no-caps")
            self.why = ui.input("说明（不写姓名和号码）").props("dense outlined").style("min-width:260px")
        if may(self.visit.account, Action.UNMASK) and self.view.conflict.row["evidence"]:
            self._build_dialog()
        ui.keyboard(on_key=self._key, ignore=["input", "select", "textarea"], repeating=False)
        self.shown_at = monotonic()

    def _build_dialog(self) -> None:
        pieces = self.view.conflict.row["evidence"]
        names = {at: f"第{at + 1}条 {piece['file']} 第{piece['row']}行" for at, piece in enumerate(pieces)}
        with ui.dialog() as self.dialog, ui.card().classes("dialog"):
            ui.label("查看一条依据的原件").style("font-weight:600;font-size:16px")
            ui.label("写明理由；谁、何时、为什么，都记入审计日志。").classes("key")
            self.which = ui.select(names, value=0).props("outlined dense options-dense").style("width:100%")
            self.reason = ui.input("理由").props("outlined dense autofocus").style("width:100%")
            self.reason.on("keydown.enter", act(self._unmask))
            with ui.row():
                ui.button("查看", on_click=act(self._unmask)).props("unelevated no-caps")
                ui.button("关闭", on_click=self.dialog.close).props("flat no-caps")
            self.original = ui.html("", sanitize=False)
        ui.button("查看原件（M）", on_click=self.dialog.open).props("flat no-caps")

    def _unmask(self) -> None:
        key = self.view.conflict.place[0]
        result = self.desk.unmask_evidence(self.visit.session, key, int(self.which.value or 0), self.reason.value or "")
        self.original.set_content(rendered("original.html", original=result))

    def _answer(self, answer: str) -> None:
        if monotonic() - self.shown_at < TOO_SOON:
            return
        self.desk.answer_conflict(self.visit.session, *self.view.conflict.place, answer, self.why.value or "")
        self._skip()

    def _skip(self) -> None:
        result = self.desk.next_conflict(self.visit.session, self.view.conflict.place)
        ui.navigate.to(f"/conflict/{result[0]}/{result[1]}" if result else "/conflicts")

    async def _key(self, event: events.KeyEventArguments) -> None:
        busy = event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta
        dialog = getattr(self, "dialog", None)
        if not event.action.keydown or busy or (dialog is not None and dialog.value):
            return
        name = str(event.key.name).lower()
        if name.isdecimal() and 1 <= int(name) <= len(self.view.answers):
            await act(self._answer)(self.view.answers[int(name) - 1])
        elif name in ("arrowright", "j"):
            await act(self._skip)()
        elif name == "m" and dialog is not None:
            dialog.open()
