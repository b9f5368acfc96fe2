"""The box at the head of every page: one person by name and number, asked for by POST and noted before it is read."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from flows.counter.enquiry import Enquiry, enquiry_of
from flows.review.office import Office
from flows.review.plain import PageView, PlainPages, Reply
from flows.review.search import Search
from reports.workbench.access import Action, SignedInAccount
from reports.workbench.counter import CounterAnswer

_TOKEN_LENGTH = 12
"""Places of the keyed token by which an auditor sees that one number was asked for again."""


def add_counter(app: FastAPI, office: Office) -> None:
    """Add `/find`, which takes a POST only; an address of that name leads to the first page."""
    pages = PlainPages(office)

    async def find(request: Request) -> Response:
        return await pages.posted(request, lambda session, form: _answer_page(office, session, form))

    async def nothing(_request: Request) -> Response:
        return RedirectResponse("/", 303)

    app.add_api_route("/find", find, methods=["POST"], include_in_schema=False)
    app.add_api_route("/find", nothing, methods=["GET"], include_in_schema=False)


def _answer_page(office: Office, session: str, form: dict[str, str]) -> Reply:
    account = office.with_right(session, Action.SEE_PEOPLE)
    answer = answer_enquiry(office, account, enquiry_of(form.get("name", ""), form.get("number", "")))
    return answer.path or PageView("counter.html", "查找结果", {"answer": answer})


def answer_enquiry(office: Office, account: SignedInAccount, enquiry: Enquiry) -> CounterAnswer:
    """Where the person stands; that somebody asked is noted before, the number under a keyed token."""
    token = office.key.token("enquiry", enquiry.number)[:_TOKEN_LENGTH]
    office.audit(account.name, "find", f"{enquiry.kind.value} {token}")
    return Search(office, account, enquiry).answer()
