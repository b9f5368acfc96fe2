"""Log-in and log-out: plain forms, a token in each, a new session every time."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import parse_qs

import anyio
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from flows.review.clock import BEIJING
from flows.review.gate import COOKIE
from flows.review.office import Office
from reports.workbench.look import rendered

_PRE = "sanzhao_login"
_LONGEST_FORM = 4_096
MOST_NOTED = 10
"""Failed log-ins of one account that the audit log takes in an hour, one by one."""
_AN_HOUR = timedelta(hours=1)


def add_login(app: FastAPI, office: Office, *, secure: bool) -> None:
    """Add `/login` and `/logout`."""
    door = _Door(office, secure)
    app.add_api_route("/login", door.form, methods=["GET"], include_in_schema=False)
    app.add_api_route("/login", door.log_in, methods=["POST"], include_in_schema=False)
    app.add_api_route("/logout", door.log_out, methods=["POST"], include_in_schema=False)


class FailureNotes:
    """Failed log-ins in the audit log, which nothing can be taken out of: at most so many rows an hour and name.

    The last one of an hour says that the others are counted only; the first one of a later hour says how many.
    """

    def __init__(self, office: Office) -> None:
        self._office, self._lock = office, Lock()
        self._hours: dict[str, _Hour] = {}

    def note(self, who: str, what: str) -> None:
        """Note one failure of an account, or of all names that are none."""
        with self._lock:
            now = self._office.now()
            hour = self._hours.get(who)
            left_out = 0
            if hour is None or now - hour.began >= _AN_HOUR:
                left_out = hour.left_out if hour else 0
                hour = self._hours[who] = _Hour(now)
            if hour.noted >= MOST_NOTED:
                hour.left_out += 1
                return
            hour.noted += 1
            why = f"此前另有 {left_out} 次未逐次记" if left_out else None
            if hour.noted == MOST_NOTED:
                why = "一小时内次数已多，其后只计数"
            self._office.audit(who, what, why)


@dataclass
class _Hour:
    began: datetime
    noted: int = 0
    left_out: int = 0


class _Door:
    def __init__(self, office: Office, secure: bool) -> None:
        self._office, self._secure = office, secure
        self._failures = FailureNotes(office)

    async def form(self, request: Request, then: str = "/") -> Response:
        """The log-in page, with a token of its own."""
        said = "会话已过期，请重新登录。" if request.cookies.get(COOKIE) else ""
        return self._page(then, said)

    async def log_in(self, request: Request) -> Response:
        """Try a name and a password; the session that the browser brought along is never the one it gets."""
        form = await form_fields(request)
        nonce = request.cookies.get(_PRE, "")
        if not nonce or not hmac.compare_digest(form.get("token", ""), self._token(nonce)):
            return self._page(form.get("then", "/"), "这一页已过期，请再试一次。", 403)
        name, now = form.get("name", "").strip()[:40], self._office.now()
        attempt = await anyio.to_thread.run_sync(self._office.accounts.attempt, name, form.get("password", ""), now)
        if attempt.account is None:
            return self._failed(name, attempt.closed_until, form.get("then", "/"))
        old = request.cookies.get(COOKIE, "")
        if old:
            self._office.sessions.close(old)
        secret = self._office.sessions.open(attempt.account, now)
        self._office.audit(attempt.account.name, "login")
        answer = RedirectResponse(_inside(form.get("then", "/")), 303)
        self._set(answer, COOKIE, secret)
        answer.delete_cookie(_PRE, path="/login")
        return answer

    async def log_out(self, request: Request) -> Response:
        session = str(request.state.session)
        form = await form_fields(request)
        if not hmac.compare_digest(form.get("token", ""), self._office.sessions.form_token(session)):
            return PlainTextResponse("来路不对", 403)
        self._office.audit(self._office.account(session).name, "logout")
        self._office.sessions.close(session)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    def _failed(self, name: str, closed_until: object, then: str) -> Response:
        known = self._office.accounts.get(name) is not None
        self._failures.note(name if known else "未知账号", "login_closed" if closed_until else "login_failed")
        if closed_until is None:
            return self._page(then, "账号或口令不对。", 401)
        until = closed_until.astimezone(BEIJING) + timedelta(seconds=59)  # type: ignore[attr-defined]
        return self._page(then, f"试错次数太多，请在 {until:%H:%M} 之后再试。", 429)

    def _page(self, then: str, said: str, status: int = 200) -> Response:
        nonce = secrets.token_urlsafe(16)
        page = rendered("login.html", then=_inside(then), said=said, token=self._token(nonce))
        answer = HTMLResponse(page, status)
        self._set(answer, _PRE, nonce, path="/login")
        return answer

    def _token(self, nonce: str) -> str:
        return self._office.key.token("log-in form", nonce)

    def _set(self, answer: Response, name: str, value: str, path: str = "/") -> None:
        answer.set_cookie(name, value, path=path, httponly=True, samesite="strict", secure=self._secure)


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a small form; nothing of a larger one."""
    if int(request.headers.get("content-length") or _LONGEST_FORM + 1) > _LONGEST_FORM:
        return {}
    body = (await request.body())[:_LONGEST_FORM].decode("utf-8", "replace")
    return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}


def _inside(path: str) -> str:
    """A path of this site; anything else becomes the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/login", "/_nicegui"))
    return path if plain and path.isprintable() and len(path) < 200 else "/"
