"""One look at a home: its last runs, the newest version, what stands unfinished."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Column, Table

from flows.home.folders import Home
from flows.home.settings import load_settings
from flows.ledger.disputes import disputes_waiting
from flows.ledger.publish.behind import behind
from flows.ledger.publish.read import current_version
from flows.nightly.schedule import next_due
from flows.run.runs import RunRecord, last_unfinished, list_runs, run_is_going
from flows.serve.running import service_is_running
from reports.words import RUN_STEPS
from schemas.errors import HomeError, SanzhaoError
from schemas.nights import ZONE
from schemas.rules import Rule

_STATES = {"running": "进行中", "failed": "失败，可接着做", "refused": "被拒绝", "discarded": "已放弃", "done": "完成"}
_MOST_RUNS = 10
_PLAIN_WIDTH = 118


class HomeState(BaseModel):
    """What `sanzhao status` says of a home."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: str
    going: bool
    version: str | None
    as_of: date | None
    resumable: str | None
    service: bool
    next_night: datetime | None
    """When the service runs next; none while it is not up."""
    runs: tuple[RunRecord, ...]
    disputes: int | None = 0
    """Leads that a street disputes and an analyst has still to decide; null where the store cannot be asked."""
    ledger_problem: str | None = None
    """Where the ledger's folder is older than what was published: what is the matter and what to do."""


def state_of(home: Home) -> HomeState:
    """The state of a home. Raises HomeError where there is none."""
    if not home.config.exists():
        raise HomeError(
            "这里还没有三找的数据文件夹",
            where=str(home.root),
            rule=Rule.NO_HOME,
            action="先运行 sanzhao init 或 sanzhao run",
        )
    published = current_version(home)
    going, unfinished = run_is_going(home), last_unfinished(home)
    service, settings = service_is_running(home), load_settings(home)
    cron = settings.night.cron if service else ""
    return HomeState(
        home=str(home.root),
        going=going,
        version=published.version if published else None,
        as_of=published.as_of if published else None,
        resumable=unfinished.run_id if unfinished and not going else None,
        service=service,
        next_night=next_due(cron, datetime.now(UTC)) if service else None,
        runs=tuple(list_runs(home)[-_MOST_RUNS:]),
        disputes=_disputes(home),
        ledger_problem=_ledger_problem(home, settings.store_url),
    )


def _ledger_problem(home: Home, store_url: str) -> str | None:
    """Nothing is said of a store that cannot be asked: `sanzhao doctor` tells of that."""
    try:
        older = behind(home, store_url)
    except SanzhaoError:
        return None
    return f"{older.message}。处理办法：{older.action}" if older else None


def _disputes(home: Home) -> int | None:
    try:
        return disputes_waiting(home)
    except SanzhaoError:
        return None


def print_state(state: HomeState) -> None:
    """The state as a clerk reads it."""
    console = Console() if sys.stdout.isatty() else Console(width=_PLAIN_WIDTH)
    console.print(f"数据文件夹：{state.home}", highlight=False, soft_wrap=True)
    console.print(f"当前版本：{state.version or '还没有发布过'}（数据日期 {state.as_of or '—'}）", highlight=False)
    if state.ledger_problem:
        console.print(f"有问题：{state.ledger_problem}", highlight=False, markup=False, soft_wrap=True, style="red")
    console.print("运行：" + ("正在进行" if state.going else "没有进行中的运行"), highlight=False)
    night = f"正在运行，下一晚 {state.next_night:%Y-%m-%d %H:%M}" if state.next_night else "没有在运行"
    console.print(f"夜间服务：{night}", highlight=False)
    if state.disputes:
        told = f"镇街答复情况不符、等分析员处理的线索：{state.disputes} 条（核对台“情况不符”一页）"
        console.print(told, highlight=False, soft_wrap=True)
    if state.resumable:
        console.print(f"中断的运行：{state.resumable}，可用 sanzhao run --resume 接着做", highlight=False)
    names = (Column(title, overflow="fold") for title in ("运行", "开始（北京）", "数据日期", "结果", "版本", "停在"))
    table = Table(*names, title="最近的运行", title_justify="left")
    for run in state.runs:
        result = _STATES[run.state] if state.going or run.state != "running" else "中断"
        started = run.started_at if run.started_at.tzinfo else run.started_at.replace(tzinfo=UTC)
        began = f"{started.astimezone(ZoneInfo(ZONE)):%m-%d %H:%M}"
        table.add_row(
            run.run_id,
            began,
            run.as_of.isoformat(),
            result,
            run.version or "—",
            RUN_STEPS.get(run.failed_step or "", "—"),
        )
    console.print(table)
    if state.runs and state.runs[-1].message:
        console.print(f"最近一次：{state.runs[-1].message}", highlight=False, markup=False, soft_wrap=True)
