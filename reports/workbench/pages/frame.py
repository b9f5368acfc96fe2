"""What all pages share: who is looking, the head above, the refusal, and acts that end in a sentence."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

from fastapi import Request
from nicegui import Client, ui

from reports.workbench.access import SignedInAccount
from reports.workbench.desk import Desk, LoggedOut, Refused
from reports.workbench.look import head_values, rendered, style
from schemas.errors import SanzhaoError

P = ParamSpec("P")
NOT_YOURS = "没有这条记录，或者您没有这项权限"


@dataclass(frozen=True)
class Visit:
    """One opening of a page: the log-in it came with, and what its address said."""

    session: str
    account: SignedInAccount
    query: dict[str, str]

    @property
    def page(self) -> int:
        number = self.query.get("page", "1")
        return min(int(number), 100_000) if number.isdecimal() and len(number) < 7 and int(number) else 1


@contextmanager
def frame(desk: Desk, request: Request, here: str, title: str) -> Iterator[Visit]:
    """The head of a page, its body, and in the body's stead the refusal when something in it is refused."""
    session = str(request.state.session)
    account = desk.account(session, act=False)
    ui.page_title(f"{title} · 三找核对台")
    ui.add_head_html(f"<style>{style()}</style>")
    ui.colors(primary="#1f4e79")
    visit = Visit(session, account, dict(request.query_params))
    html("head.html", **head_values(account, here, desk.form_token(session)))
    with ui.element("main").classes("main") as body:
        try:
            yield visit
        except Refused:
            refuse(body)
        except SanzhaoError as error:
            body.clear()
            with body:
                html("failed.html", message=error.message, action=error.action or "")
    html("foot.html", account=account, at=desk.now())


def refuse(body: ui.element) -> None:
    """Show the refusal instead of a page."""
    ui.context.client.status_code = 403
    body.clear()
    with body:
        html("refused.html")


def html(template: str, **values: Any) -> ui.html:
    """A filled template; it escapes what it is given, so nothing need be taken out afterwards."""
    return ui.html(rendered(template, **values), sanitize=False)


def act(handler: Callable[P, object]) -> Callable[P, Awaitable[None]]:
    """A person's act: a refusal or a mistake is told in one sentence, a lost log-in leads back to the log-in."""

    @wraps(handler)
    async def acting(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            result = handler(*args, **kwargs)
            if inspect.isawaitable(result):
                await result
        except LoggedOut:
            ui.navigate.to("/login")
        except Refused:
            ui.notify(NOT_YOURS, type="negative", position="top")
        except SanzhaoError as error:
            ui.notify("。".join(part for part in (error.message, error.action) if part), type="warning", position="top")

    return acting


def client() -> Client:
    """The browser tab that the page was built for."""
    return ui.context.client
