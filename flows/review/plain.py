"""Pages that are plain forms: a form of this log-in goes in, a whole page or a way on comes back."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
from fastapi import Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from flows.review.login import form_fields
from flows.review.office import Office
from reports.workbench.desk import LoggedOut, Refused
from reports.workbench.look import head_values, rendered
from schemas.errors import SanzhaoError


@dataclass(frozen=True)
class PageView:
    """One page to show: its template, what fills it, which entry of the head it belongs to."""

    body: str
    title: str
    values: dict[str, Any]
    here: str = ""
    status: int = 200


Reply = PageView | str
"""A page, or the path that leads on."""


@dataclass(frozen=True)
class PlainPages:
    """The plain pages of one office."""

    office: Office

    async def reply(self, request: Request, make: Callable[[str], Reply]) -> Response:
        """What a session is shown; a refusal and a mistake are pages too."""
        session = str(request.state.session)
        try:
            result = await anyio.to_thread.run_sync(make, session)
        except LoggedOut:
            return RedirectResponse("/login", 303)
        except Refused:
            result = PageView("refused.html", "看不了这一页", {}, status=403)
        except SanzhaoError as error:
            values = {"message": error.message, "action": error.action or ""}
            result = PageView("failed.html", "现在看不了", values, status=400)
        return RedirectResponse(result, 303) if isinstance(result, str) else self._page(session, result)

    async def posted(self, request: Request, make: Callable[[str, dict[str, str]], Reply]) -> Response:
        """The same for a form that was sent; one that is not of this log-in is turned away."""
        session, form = str(request.state.session), await form_fields(request)
        if not hmac.compare_digest(form.get("token", ""), self.office.sessions.form_token(session)):
            return PlainTextResponse("这一页已过期，请退回上一页再试一次", 403)
        return await self.reply(request, lambda name: make(name, form))

    def _page(self, session: str, screen: PageView) -> Response:
        account = self.office.account(session, act=False)
        head = head_values(account, screen.here, self.office.sessions.form_token(session))
        values = {**head, **screen.values, "at": self.office.now(), "title": screen.title, "body": screen.body}
        return HTMLResponse(rendered("plain.html", **values), screen.status)
