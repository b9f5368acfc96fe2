"""One look for every page: templates that escape whatever they are given, one style sheet, one head."""

from __future__ import annotations

from datetime import date, datetime
from importlib import resources
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from reports import words
from reports.causes import ending_word
from reports.plain import plain_line
from reports.summary import absence
from reports.workbench.access import Action, Role, SignedInAccount, may
from reports.workbench.differences import compare, marked

_BEIJING = ZoneInfo("Asia/Shanghai")
_PAGES = (
    ("/waiting", "待处理", Action.JUDGE),
    ("/tasks", "核查任务", Action.SEE_TASKS),
    ("/queue", "待核对", Action.SEE_PAIRS),
    ("/conflicts", "情况不符", Action.JUDGE),
    ("/ledger", "一本账", Action.SEE_PEOPLE),
    ("/coverage", "覆盖", Action.SEE_COVERAGE),
    ("/units", "单位", Action.SEE_COVERAGE),
    ("/agreement", "复核一致性", Action.SEE_TRUST),
    ("/objections", "异议", Action.OBJECT),
    ("/runs", "运行记录", Action.SEE_RUNS),
    ("/audit", "审计", Action.SEE_AUDIT),
    ("/accounts", "账号", Action.MANAGE_ACCOUNTS),
)


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("reports.workbench"), autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(beijing=_beijing, day=_day, number=_number, percent=percent, plain=plain_line)
    made.globals.update(absence=absence, ending=ending_word, words=words, style=style(), query=_query, both=_both)
    return made


def rendered(template: str, **values: Any) -> str:
    """A template filled in; every value is text unless it says that it is markup."""
    return ENVIRONMENT.get_template(template).render(**values)


def style() -> Markup:
    """The style sheet, for pages that stand alone and those that do not."""
    return Markup((resources.files("reports.workbench") / "templates" / "look.css").read_text("utf-8"))  # noqa: S704


def pages_of(account: SignedInAccount) -> list[tuple[str, str]]:
    """The pages an account may open."""
    return [(path, title) for path, title, action in _PAGES if may(account, action)]


def head_values(account: SignedInAccount, here: str, token: str) -> dict[str, object]:
    """What the head of every page is filled with; `finds`: whether the box of the counter is there."""
    finds = may(account, Action.SEE_PEOPLE)
    return {"pages": pages_of(account), "here": here, "account": account, "token": token, "finds": finds}


def first_page(account: SignedInAccount) -> str:
    """Where an account begins."""
    begins = {Role.AUDITOR: "/audit", Role.ADMIN: "/accounts", Role.OFFICER: "/tasks"}
    return begins.get(account.role, "/queue")


def _both(left: str | None, right: str | None) -> tuple[Markup, Markup]:
    """Two texts with their differences marked."""
    pieces = compare(left or "", right or "")
    return marked(pieces[0]), marked(pieces[1])


def _day(value: date | datetime | str | None) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else value.strftime("%Y-%m-%d")


def _beijing(value: datetime | str) -> str:
    """A moment as the office's clock shows it."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}"


def _number(value: float | None, digits: int = 0) -> str:
    return "—" if value is None else f"{value:,.{digits}f}"


def percent(value: float | None) -> str:
    """A probability that is never rounded up to certainty."""
    if value is None:
        return "—"
    if value > 0.9999:
        return "99.99% 以上"
    return f"{value * 100:.2f}%"


def _query(**values: object) -> str:
    return urlencode({name: value for name, value in values.items() if value not in ("", None)})


ENVIRONMENT = _environment()
