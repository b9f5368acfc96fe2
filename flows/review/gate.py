"""The door in front of every page, file and socket: right host and origin, logged in; strict headers behind it."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "sanzhao_work"
_OPEN = ("/login", "/favicon.ico")
_ASSETS = "/_nicegui/"
_HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}
LoggedIn = Callable[[str, bool], bool]
"""Whether a session is good; the second argument says that a person did something."""


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(
        self, app: ASGIApp, known: LoggedIn, origins: frozenset[str], failed: Callable[[Exception], object]
    ) -> None:
        self._app, self._known, self._origins, self._failed = app, known, origins, failed
        self._hosts = frozenset(urlsplit(origin).netloc for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, send to the log-in, or refuse."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._through(scope, receive, _with_headers(send, scope))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403})
        else:
            await refusal(scope, receive, _with_headers(send, scope))

    async def _through(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An unforeseen error is noted by its frames only: what it says may be a person's data."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            self._failed(error)
            if scope["type"] == "http" and not begun:
                await PlainTextResponse("程序内部出错，请告诉管理员", 500)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        if headers.get("host") not in self._hosts:
            return PlainTextResponse("地址不对", 421)
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            return PlainTextResponse("来路不对", 403)
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"x-forwarded-prefix"]
        session = session_of(headers.get("cookie", ""))
        scope.setdefault("state", {})["session"] = session
        if path in _OPEN or path.startswith(_ASSETS):
            return None
        act = scope["type"] == "http" and not path.startswith("/_nicegui")
        if session and self._known(session, act):
            return None
        if scope["type"] == "http" and scope["method"] == "GET" and act:
            return RedirectResponse(f"/login?then={quote(path, safe='')}", 303)
        return PlainTextResponse("请先登录", 401)


def session_of(cookies: str) -> str:
    """The session's secret out of a cookie header; empty when there is none."""
    try:
        result = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return result.value if result else ""


def _with_headers(send: Send, scope: Scope) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            if not scope["path"].startswith(_ASSETS):
                headers["cache-control"] = "no-store"
        await send(message)

    return sending


class SocketGuard:
    """Every message of a socket is taken for its own page only, and only while its log-in holds.

    NiceGUI finds the page of a message by an id inside the message; here it must also be the id under which the socket
    was opened, by the browser to which the page was given.
    """

    def __init__(self, sio: Any, clients: Any, known: LoggedIn, leave: Callable[[Any], None]) -> None:
        self._sio, self._clients, self._known, self._leave = sio, clients, known, leave
        handlers = sio.handlers["/"]
        self._connect, self._event = handlers["connect"], handlers["event"]
        sio.on("connect", self.on_connect)
        sio.on("event", self.on_event)
        for name in ("javascript_response", "ack", "log"):
            sio.on(name, self._only_own(handlers[name]))
        sio.on("handshake", _no_handshake)

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
        """Let a socket in to the page it names, if its browser is the one the page was given to."""
        wanted = parse_qs(environ.get("QUERY_STRING", "")).get("client_id", [""])[0]
        client, mine = self._clients.get(wanted), session_of(environ.get("HTTP_COOKIE", ""))
        if client is None or not mine or getattr(client.request.state, "session", "") != mine:
            return False
        return await self._connect(sid, environ, auth)

    def on_event(self, sid: str, msg: Any) -> None:
        """Hand an act on to the page, or lead a page whose log-in has ended back to it."""
        client = self._own(sid, msg)
        if client is None:
            return
        if self._known(client.request.state.session, True):
            self._event(sid, msg)
        else:
            self._leave(client)

    def _own(self, sid: str, msg: Any) -> Any | None:
        client = self._clients.get(msg.get("client_id")) if isinstance(msg, dict) else None
        return client if client is not None and client.id in self._sio.rooms(sid) else None

    def _only_own(self, handler: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
        def on_message(sid: str, msg: Any) -> None:
            if self._own(sid, msg) is not None:
                handler(sid, msg)

        return on_message


async def _no_handshake(_sid: str, _data: Any) -> bool:
    """Pages shake hands when they connect; a second way in is not needed."""
    return False
