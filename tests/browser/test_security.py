"""What an attacker tries, against the real server, mostly without a browser."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.browser.conftest import PASSWORD, Served
from tests.browser.test_workbench import published, rows_of

pytestmark = pytest.mark.slow
COOKIE = "sanzhao_work"


@pytest.fixture
def stranger(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.base, timeout=30) as client:
        yield client


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert found
    return found.group(1)


def entered(client: httpx.Client, name: str, password: str = PASSWORD, **form: str) -> httpx.Response:
    token = token_in(client.get("/login").text)
    fields = {"token": token, "name": name, "password": password, "then": "/", **form}
    return client.post("/login", data=fields, headers={"origin": str(client.base_url).rstrip("/")})


def test_nothing_is_to_be_had_without_a_log_in(stranger: httpx.Client, served: Served) -> None:
    pair = published(served.home, "review")[0]["pair_id"]
    for path in ("/", "/queue", "/next", f"/pair/{pair}", "/ledger", "/coverage", "/runs", "/audit", "/accounts"):
        answer = stranger.get(path)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/login"), path
        assert stranger.post(path).status_code == 401
    assert stranger.get("/_nicegui_ws/socket.io/?EIO=4&transport=polling").status_code == 401
    assert stranger.get("/docs").status_code == 303 and stranger.get("/openapi.json").status_code == 303


def test_an_address_that_does_not_exist_is_answered_without_a_page_being_built(stranger: httpx.Client) -> None:
    for path in ("/_nicegui/none", "/_nicegui/1.0/nothing.js", "/_nicegui/client/none"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.text) == (404, "没有这一页")
        assert answer.headers["content-type"].startswith("text/plain")


def test_a_session_chosen_beforehand_is_not_the_one_logged_in(stranger: httpx.Client) -> None:
    stranger.cookies.set(COOKIE, "chosen-by-an-attacker", domain="127.0.0.1")
    assert entered(stranger, "赵读").status_code == 303
    first = [cookie.value for cookie in stranger.cookies.jar if cookie.name == COOKIE]
    assert "chosen-by-an-attacker" not in first[-1:]
    with httpx.Client(base_url=stranger.base_url, cookies={COOKIE: "chosen-by-an-attacker"}) as attacker:
        assert attacker.get("/queue").status_code == 303
    stranger.cookies.clear()
    stranger.cookies.set(COOKIE, str(first[-1]))
    assert stranger.get("/queue").status_code == 200
    entered(stranger, "赵读")
    with httpx.Client(base_url=stranger.base_url, cookies={COOKIE: str(first[-1])}) as earlier:
        assert earlier.get("/queue").status_code == 303, "a new log-in ends the one that the browser had"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: httpx.Client) -> None:
    answer = entered(stranger, "赵读")
    cookie = next(text for text in answer.headers.get_list("set-cookie") if text.startswith(COOKIE)).lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
    policy = stranger.get("/queue").headers["content-security-policy"]
    assert "connect-src 'self'" in policy and "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
    assert stranger.get("/queue").headers["cache-control"] == "no-store"


def test_a_form_from_another_site_is_refused(stranger: httpx.Client, served: Served) -> None:
    good = {"name": "赵读", "password": PASSWORD, "then": "/"}
    assert stranger.post("/login", data=good).status_code == 403, "no token"
    token = token_in(stranger.get("/login").text)
    with httpx.Client(base_url=served.base) as other:
        assert other.post("/login", data={**good, "token": token}).status_code == 403, "another browser's token"
    evil = {"origin": "http://evil.example"}
    assert stranger.post("/login", data={**good, "token": token}, headers=evil).status_code == 403
    assert stranger.post("/login", data={**good, "token": token}, headers={"origin": "null"}).status_code == 403
    assert entered(stranger, "赵读").status_code == 303
    assert stranger.post("/logout", data={}).status_code == 403
    assert stranger.post("/logout", data={"token": token}).status_code == 403
    page = stranger.get("/queue").text
    assert stranger.get("/logout").status_code in (404, 405), "a link logs nobody out"
    held = re.search(r'name=\\*"token\\*" value=\\*"([0-9a-f]{64})', page.replace("&lt;", "<").replace("&gt;", ">"))
    assert held, "the form in the page has its token"
    assert stranger.post("/logout", data={"token": held.group(1)}).status_code == 303
    assert stranger.get("/queue").status_code == 303


def test_a_socket_from_another_site_or_name_is_refused(stranger: httpx.Client, served: Served) -> None:
    entered(stranger, "赵读")
    cookie = f"{COOKIE}={stranger.cookies[COOKIE]}"
    own = served.base.removeprefix("http://")
    assert _upgraded(own, own, served.base, cookie) == 101
    assert _upgraded(own, own, "http://evil.example", cookie) == 403
    assert _upgraded(own, "evil.example", served.base, cookie) == 403, "a name made to point here"
    assert _upgraded(own, own, served.base, "") == 403
    assert stranger.get("/queue", headers={"host": "evil.example"}).status_code == 421


def _upgraded(at: str, host: str, origin: str, cookie: str) -> int:
    """The status with which the server answers a socket's first request."""
    name, port = at.split(":")
    lines = [
        "GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1", f"Host: {host}", f"Origin: {origin}",
        f"Cookie: {cookie}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
    ]  # fmt: skip
    with socket.create_connection((name, int(port)), timeout=10) as wire:
        wire.sendall("\r\n".join(lines).encode())
        return int(wire.recv(200).split(b" ")[1])


def test_guessing_passwords_closes_the_account_for_a_while(stranger: httpx.Client, served: Served) -> None:
    answers = [entered(stranger, "钱审核", f"wrong-guess-{at}").status_code for at in range(6)]
    assert answers == [401] * 5 + [429]
    assert entered(stranger, "钱审核").status_code == 429, "not even with the right one"
    noted = rows_of(served.home, "select count(*) from audit where who = '钱审核' and what like 'login_%'")
    assert noted == [(7,)]
    unknown = [entered(stranger, "无此人", "wrong-guess-1").status_code for _ in range(6)]
    assert unknown == answers, "a name that does not exist answers the same"
    assert entered(stranger, "赵读").status_code == 303, "others are not shut out"


def test_objects_of_others_are_refused_by_address(stranger: httpx.Client, served: Served) -> None:
    entered(stranger, "石栈陈")
    ledger = published(served.home, "ledger")
    for row in ledger:
        mine = "石栈街道" in (row["work_street"], row["home_street"])
        answer = stranger.get(f"/person/{row['person_key']}")
        assert answer.status_code == (200 if mine else 403)
        assert mine or str(row["home_org_name"]) not in answer.text
    assert {row["home_street"] for row in ledger} == {"云溪街道", "石栈街道"}, "both answers were tried"
    for path in ("/audit", "/accounts", "/run/../../../etc/passwd", "/run/%2e%2e", "/person/'or'1'='1"):
        assert stranger.get(path).status_code in (403, 404), path
    refused = rows_of(served.home, "select count(*) from audit where who = '石栈陈' and what = 'refused'")
    assert refused[0][0], "refusals are in the audit log"


def test_each_role_sees_its_own_pages_only(served: Served) -> None:
    pages = {
        "/queue": {"李审核", "赵读"}, "/ledger": {"李审核", "赵读"}, "/coverage": {"李审核", "赵读"},
        "/objections": {"李审核"},
        "/waiting": {"李审核"}, "/agreement": {"李审核", "孙审计"},
        "/audit": {"孙审计"}, "/accounts": {"王管理"},
        "/runs": {"李审核", "赵读", "孙审计", "王管理"},
    }  # fmt: skip
    for name in ("李审核", "赵读", "孙审计", "王管理"):
        with httpx.Client(base_url=served.base, timeout=60) as client:
            entered(client, name)
            for path, allowed in pages.items():
                answer = client.get(path)
                assert (answer.status_code == 200) == (name in allowed), (name, path)
                assert (f'href=\\"{path}\\"' in answer.text) == (name in allowed), (name, path)


def test_the_log_in_leads_only_to_pages_of_its_own(stranger: httpx.Client) -> None:
    for then in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/login"):
        assert entered(stranger, "赵读", then=then).headers["location"] == "/"
    assert entered(stranger, "赵读", then="/ledger").headers["location"] == "/ledger"
    page = stranger.get("/login", params={"then": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
