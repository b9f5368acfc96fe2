"""账号: opened, closed and changed by the administrator; and one's own password."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from reports.workbench.access import Role, SignedInAccount
from reports.workbench.desk import Desk
from reports.workbench.pages.frame import Visit, act, frame, html

_WIDE = "width:100%"


def add(desk: Desk) -> None:
    """`/accounts`, `/password`."""

    @ui.page("/accounts")
    def accounts(request: Request) -> None:
        with frame(desk, request, "/accounts", "账号") as visit:
            known = desk.accounts(visit.session)
            streets = desk.streets(visit.session)
            ui.html("<h1>账号</h1>", sanitize=False)
            ui.label("账号只停用、不删除，审计日志里的名字因此总有出处。不选镇街为全区。").classes("sub")
            with ui.element("div").classes("card scroll"):
                html("accounts.html", accounts=known)
            with ui.element("div").classes("half"):
                _open(desk, visit, list(streets))
                _change(desk, visit, (known, list(streets)))

    @ui.page("/password")
    def password(request: Request) -> None:
        with frame(desk, request, "/password", "改口令") as visit:
            _own_password(desk, visit)


def _open(desk: Desk, visit: Visit, streets: list[str]) -> None:
    def add_account() -> None:
        account = SignedInAccount((name.value or "").strip(), Role(role.value), frozenset(chosen.value or ()))
        desk.open_account(visit.session, account, password.value or "")
        ui.navigate.reload()

    with ui.element("div").classes("card"):
        ui.html("<h2>新增账号</h2>", sanitize=False)
        name = ui.input("账号名").props("outlined dense autocomplete=off").style(_WIDE)
        role = ui.select([entry.value for entry in Role], value=Role.REVIEWER.value, label="角色").props(
            "outlined dense"
        )
        chosen = ui.select(streets, multiple=True, label="镇街（不选为全区）").props("outlined dense use-chips")
        for part in (role, chosen):
            part.style(_WIDE)
        password = _secret("口令（至少10位）")
        ui.button("新增", on_click=act(add_account)).props("unelevated no-caps").style("margin-top:8px")


def _change(desk: Desk, visit: Visit, about: tuple[object, list[str]]) -> None:
    known, streets = desk.accounts(visit.session), about[1]

    def change(**values: object) -> None:
        desk.change_account(visit.session, str(who.value), **values)  # type: ignore[arg-type]
        ui.navigate.reload()

    with ui.element("div").classes("card"):
        ui.html("<h2>更改账号</h2>", sanitize=False)
        names = [entry.name for entry in known]
        who = ui.select(names, value=names[0], label="账号").props("outlined dense").style(_WIDE)
        chosen = (
            ui.select(streets, multiple=True, label="镇街（不选为全区）").props("outlined dense use-chips").style(_WIDE)
        )
        password = _secret("新口令")
        with ui.row().style("margin-top:8px;gap:8px"):
            for title, acting in (
                ("改镇街", lambda: change(streets=list(chosen.value or ()))),
                ("重设口令", lambda: change(password=password.value or "")),
                ("停用", lambda: change(active=False)),
                ("启用", lambda: change(active=True)),
            ):
                ui.button(title, on_click=act(acting)).props("outline no-caps")


def _own_password(desk: Desk, visit: Visit) -> None:
    def change() -> None:
        desk.change_password(visit.session, old.value or "", new.value or "")
        ui.navigate.to("/login")

    with ui.element("div").classes("card").style("max-width:460px"):
        ui.html("<h1>改口令</h1><p class='sub'>改完之后，本账号在各处都要重新登录。</p>", sanitize=False)
        old, new = _secret("原口令"), _secret("新口令（至少10位，字母、数字、符号至少两种）")
        ui.button("更改", on_click=act(change)).props("unelevated no-caps").style("margin-top:8px")


def _secret(title: str) -> ui.input:
    return ui.input(title, password=True).props("outlined dense autocomplete=new-password").style(_WIDE)
