"""`sanzhao review`: the review workbench, and its accounts."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ending import say
from flows.cli.options import HomeOption
from schemas.rules import Rule

if TYPE_CHECKING:
    from flows.home.folders import Home

PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="端口；只在本机开")]
PublicOption = Annotated[
    str, typer.Option("--public-url", help="前面有带 TLS 的反向代理时，大家用的网址，如 https://三找.example.cn")
]
AddOption = Annotated[str | None, typer.Option("--add-account", metavar="账号名", help="开一个账号，不启动核对台")]
ResetOption = Annotated[str | None, typer.Option("--reset-account", metavar="账号名", help="给账号重设口令并启用")]
RoleOption = Annotated[str, typer.Option("--role", help="系统管理员、审核员、只读、审计员 或 核查员（要写 --street）")]
StreetOption = Annotated[list[str] | None, typer.Option("--street", help="只看这个镇街，可写几次；不写为全区")]
PasswordOption = Annotated[
    Path | None,
    typer.Option("--password-file", help="口令放在这个文件里；不写则从环境变量 SANZHAO_REVIEW_PASSWORD 或键盘读"),
]
IdleOption = Annotated[int, typer.Option("--idle-minutes", min=1, max=480, help="多少分钟不动就要重新登录")]


def review(
    home: HomeOption,
    port: PortOption = 8080,
    public_url: PublicOption = "",
    idle_minutes: IdleOption = 30,
    add_account: AddOption = None,
    reset_account: ResetOption = None,
    role: RoleOption = "审核员",
    street: StreetOption = None,
    password_file: PasswordOption = None,
) -> None:
    """核对台：待核对、一本账、覆盖、异议、运行记录、审计、账号。先用 --add-account 开账号，再不带它启动。"""
    from datetime import timedelta

    from flows.home.folders import Home
    from flows.review.sessions import SessionLimits

    place = Home(home.resolve())
    if add_account or reset_account:
        _account(place, add_account, reset_account, (role, street or [], password_file))
        return
    from flows.review.server import Address, serve

    serve(place, Address(port=port, public=public_url), SessionLimits(idle=timedelta(minutes=idle_minutes)), say)


def _account(home: Home, name: str | None, reset: str | None, about: tuple[str, list[str], Path | None]) -> None:
    from flows.review.office import Office
    from flows.review.streets import check_streets
    from reports.workbench.access import Role, SignedInAccount
    from schemas.errors import HomeError

    role, streets, password_file = about
    roles = [entry.value for entry in Role]
    if role not in roles:
        raise typer.BadParameter(f"没有 {role} 这种角色；可用：{'、'.join(roles)}", param_hint="--role")
    if not home.config.exists():
        raise HomeError(
            "这里还没有三找的数据文件夹", where=str(home.root), rule=Rule.NO_HOME, action="先运行 sanzhao init"
        )
    office, by = Office.open(home), getpass.getuser()
    try:
        if name:
            office.accounts.check_new(SignedInAccount(name, Role(role), frozenset(streets)))
            if not check_streets(office.version_in_force(), streets) and streets:
                say("还没有一本账，镇街名称没有核对；请与数据里的写法一致")
        password = _password(password_file)
        if name:
            office.accounts.add(SignedInAccount(name, Role(role), frozenset(streets)), password, at=office.now(), by=by)
            office.audit(by, "account", f"新增 {name} {role} {'、'.join(streets) or '全区'}")
            say(f"已开账号 {name}：{role}，{'、'.join(streets) or '全区'}")
        elif reset:
            office.accounts.change(reset, password=password, active=True)
            office.audit(by, "account", f"{reset} 重设口令、启用")
            say(f"已给 {reset} 重设口令")
    finally:
        office.close()


def _password(file: Path | None) -> str:
    """From a file, the environment or the keyboard; never from the command's own words, which others can read."""
    if file is not None:
        try:
            return file.read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise typer.BadParameter("口令文件读不了", param_hint="--password-file") from None
    if os.environ.get("SANZHAO_REVIEW_PASSWORD"):
        return os.environ["SANZHAO_REVIEW_PASSWORD"]
    if not sys.stdin.isatty():
        raise typer.BadParameter("没有口令：用 --password-file 或环境变量 SANZHAO_REVIEW_PASSWORD", param_hint="口令")
    from flows.review.accounts import PASSWORD_RULE

    first = getpass.getpass(f"口令（{PASSWORD_RULE}）：")
    if getpass.getpass("再输一次：") != first:
        raise typer.BadParameter("两次输入不同", param_hint="口令")
    return first
