"""`python -m flows.city.page_server CITY PORT [KEYS]`: the city's page on loopback, behind a log-in of its own."""

from __future__ import annotations

import secrets
import sys
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flows.city.districts import districts_of
from flows.city.rollup import roll_up
from flows.home.folders import write_private
from flows.serve.children import LOOPBACK
from reports.city_page import city_page
from schemas.errors import SanzhaoError
from schemas.nights import ZONE

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}


def auth_path(root: Path) -> Path:
    """The file with `city:password` of the page."""
    return root / "keys" / "city.auth"


def auth_string(root: Path) -> str:
    """`city:…`, minted at the first start; whoever may read the folder may see the page."""
    path = auth_path(root)
    if not path.exists():
        write_private(path, f"city:{secrets.token_urlsafe(24)}\n".encode())
    return path.read_text("utf-8").strip()


def application(root: Path, port: int, keys: Path | None) -> Starlette:
    """One page, drawn anew at each look: a ledger of 60,000 people is counted in a tenth of a second."""
    wanted = auth_string(root)
    hosts = {f"{name}:{port}" for name in (LOOPBACK, "localhost")}

    def show(request: Request) -> Response:
        if request.headers.get("host") not in hosts:  # a page elsewhere that had its name point here
            return PlainTextResponse("", 421, headers=_HEADERS)
        if not secrets.compare_digest(_given(request).encode(), wanted.encode()):
            ask = {"WWW-Authenticate": 'Basic realm="sanzhao city", charset="UTF-8"'}
            return PlainTextResponse("要登录：用户名 city，口令在 keys/city.auth", 401, headers={**_HEADERS, **ask})
        try:
            figures = roll_up(districts_of(root, keys, taken=(port,)))
        except SanzhaoError as error:
            return PlainTextResponse(error.message, 503, headers=_HEADERS)
        now = datetime.now(ZoneInfo(ZONE))
        return Response(city_page(figures, f"{now:%Y-%m-%d %H:%M}"), media_type="text/html", headers=_HEADERS)

    return Starlette(routes=[Route("/", show)])


def _given(request: Request) -> str:
    kind, _, word = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return b64decode(word, validate=True).decode("utf-8")
    except (Base64Error, UnicodeDecodeError):
        return ""


def main(words: list[str]) -> None:
    """Serve the page until told to stop."""
    import uvicorn

    root, port, keys = Path(words[0]), int(words[1]), Path(words[2]) if len(words) > 2 else None
    app = application(root, port, keys)
    uvicorn.run(app, host=LOOPBACK, port=port, log_level="warning", access_log=False, server_header=False)


if __name__ == "__main__":
    main(sys.argv[1:])
