"""待核对: the list of waiting pairs, filtered and paged on the server; `/` and `/next` lead on from here."""

from __future__ import annotations

from dataclasses import replace

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from reports.workbench.access import Action, may
from reports.workbench.desk import Desk
from reports.workbench.look import first_page
from reports.workbench.pages.frame import frame, html
from reports.workbench.queue import PAGE, STATES, Filter


def add(desk: Desk) -> None:
    """`/`, `/queue`, `/next`."""

    @ui.page("/")
    def begin(request: Request) -> Response:
        return RedirectResponse(first_page(desk.account(str(request.state.session))), 303)

    @ui.page("/queue")
    def queue(request: Request) -> None:
        with frame(desk, request, "/queue", "待核对") as visit:
            place = desk.place(visit.session)
            chosen = Filter.of(visit.query) if visit.query else place.chosen
            listed = desk.queue(visit.session, chosen, visit.page)
            if chosen != place.chosen:
                desk.remember(visit.session, replace(place, chosen=chosen))
            html(
                "queue.html", listed=listed, chosen=chosen, states=STATES, page=visit.page, size=PAGE,
                may_judge=may(visit.account, Action.JUDGE), resumes=place.pair_id is not None,
            )  # fmt: skip

    @ui.page("/next")
    def follow(request: Request) -> Response | None:
        with frame(desk, request, "/queue", "待核对") as visit:
            place = desk.place(visit.session)
            result = _where_left_off(desk, visit.session) or desk.next_pair(visit.session, place.chosen, place.pair_id)
            return RedirectResponse(f"/pair/{result}" if result else "/queue", 303)
        return None


def _where_left_off(desk: Desk, session: str) -> str | None:
    """The pair last looked at, if it still waits for a word."""
    place = desk.place(session)
    if place.pair_id is None:
        return None
    standing = desk.watch(session, place.pair_id).standing
    return place.pair_id if standing is not None and standing.state != "settled" else None
