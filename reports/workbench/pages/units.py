"""单位名册: what must be asked of spellings of units and of remits of organisations, once; then the register itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fastapi import Request
from nicegui import ui

from reports.workbench.access import Action, may
from reports.workbench.desk import Desk, Row
from reports.workbench.pages.frame import act, frame, html
from schemas.words import words

_MOST = 500
_ASKED_AT_ONCE = 50
_REMITS = tuple((code, title) for code, title in words("remits").items() if code != "trade")
_STREETLESS = ("closed", "unsure")


def add(desk: Desk) -> None:
    """`/units`."""

    @ui.page("/units")
    def units(request: Request) -> None:
        with frame(desk, request, "/units", "单位") as visit:
            doubts, listed = desk.unit_doubts(visit.session), desk.units(visit.session)
            remits = desk.remit_doubts(visit.session)
            html("units.html", doubts=doubts, remits=remits, listed=listed, units=listed.rows[:_MOST])
            if may(visit.account, Action.JUDGE) and visit.account.whole_district:
                _units_asked(desk, visit.session, doubts)
                _remits_asked(desk, visit.session, remits)


def _units_asked(desk: Desk, session: str, doubts: Sequence[Row]) -> None:
    def answer(doubt: str, verdict: str) -> None:
        desk.answer_unit(session, doubt, verdict)
        ui.navigate.reload()

    with _card("回答", shown=bool(doubts)):
        for entry in doubts[:_ASKED_AT_ONCE]:
            with ui.row().classes("items-center"):
                ui.label(f"{entry['left_text']}　／　{entry['right_text']}")
                for verdict, title in words("unit_verdicts").items():
                    _button(title, partial(answer, entry["doubt_id"], verdict))


def _remits_asked(desk: Desk, session: str, remits: Sequence[Row]) -> None:
    def answer(doubt: str, remit: str, chosen: ui.select | None) -> None:
        desk.answer_remit(session, doubt, remit, str(chosen.value) if chosen else None)
        ui.navigate.reload()

    groups = list(desk.occupation_groups(session))
    with _card("这些党组织接收谁", shown=bool(remits)):
        for entry in remits[:_ASKED_AT_ONCE]:
            with ui.row().classes("items-center"):
                ui.label(f"{entry['org_name']}（{entry['street'] or '镇街不详'}）")
                for remit, title in _remits_for(entry):
                    _button(title, partial(answer, entry["doubt_id"], remit, None))
                chosen = ui.select(groups, value=groups[0]).props("dense outlined")
                _button("接收这个行业的", partial(answer, entry["doubt_id"], "trade", chosen))


def _remits_for(row: Row) -> list[tuple[str, str]]:
    """Remits an organisation may have; one without a street takes in no street's people."""
    return [(remit, title) for remit, title in _REMITS if row["street"] or remit in _STREETLESS]


def _card(title: str, *, shown: bool) -> ui.element:
    card = ui.element("div").classes("card")
    card.set_visibility(shown)
    with card:
        ui.html(f"<h2>{title}</h2>", sanitize=False)
    return card


def _button(title: str, answer: Callable[[], None]) -> None:
    ui.button(title, on_click=act(answer)).props("outline dense no-caps")
