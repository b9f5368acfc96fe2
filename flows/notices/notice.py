"""One notice: how a night ended, in counts. No message of an error and no file name goes in: both may name a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flows.home.folders import Home
from flows.pipeline.closing import read_summary
from flows.pipeline.steps import STEPS
from flows.run.runs import RunRecord
from reports.summary import RunSummary
from schemas.errors import HomeError
from schemas.nights import ZONE, Ending

_TITLES: dict[str, str] = {
    "published": "已发布",
    "warnings": "已发布，有提醒",
    "failed": "没有发布",
    "missed": "错过了运行",
}
_STEP_TITLES = {step.name: step.title for step in STEPS}


@dataclass(frozen=True)
class Notice:
    """What is told: `about` and `ending` together are told once per channel."""

    about: str
    ending: Ending
    district: str
    facts: tuple[tuple[str, str], ...]
    """(item, value) in Chinese, as they stand in the message."""
    data: dict[str, Any]
    """The same for a machine."""

    @property
    def subject(self) -> str:
        return f"【三找·{self.district}】{_TITLES[self.ending]}"

    @property
    def text(self) -> str:
        lines = [f"{item}：{value}" for item, value in self.facts]
        return "\n".join([self.subject, "", *lines, "", "内部资料。本通知只有数目，没有个人信息。", ""])

    def body(self) -> dict[str, Any]:
        """The JSON a webhook gets."""
        return {"about": self.about, "ending": self.ending, "district": self.district, "text": self.text, **self.data}


def notice_of(home: Home, record: RunRecord, district: str) -> Notice:
    """How a run ended: published, published with warnings, or not published and what to do."""
    if record.state == "done":
        try:
            return _published(record, read_summary(home, record.run_id), district)
        except HomeError:
            pass
    return _failed(record, district)


def missed_notice(due: datetime, nights: int, caught_up: bool, district: str) -> Notice:
    """One or more nights went by without a run."""
    when = due.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M")
    action = "已安排补做一次" if caught_up else "请运行 sanzhao run"
    facts = (("应运行时间", when), ("错过", f"{nights} 次"), ("办法", action))
    data = {"due": due.isoformat(), "nights": nights, "caught_up": caught_up}
    return Notice(f"missed {due:%Y-%m-%dT%H:%M%z}", "missed", district, facts, data)


def _published(record: RunRecord, summary: RunSummary, district: str) -> Notice:
    changes = {line.title: line.persons for line in summary.changes}
    counts = {
        "persons": summary.persons,
        "waiting": summary.waiting_pairs,
        "warnings": len(summary.warnings),
        "changes": sum(changes.values()),
        "overdue_tasks": summary.overdue_tasks,
    }
    facts = (
        ("数据日期", record.as_of.isoformat()),
        ("版本", summary.version),
        ("一本账", f"{summary.persons} 人"),
        ("与上一版相比", f"{counts['changes']} 人有变动"),
        ("待人工核对", f"{summary.waiting_pairs} 对"),
        ("超期未核的任务", f"{summary.overdue_tasks} 项"),
        ("提醒", f"{len(summary.warnings)} 条" + ("，请看运行小结" if summary.warnings else "")),
    )
    data = {"run_id": record.run_id, "as_of": record.as_of.isoformat(), "version": summary.version, "counts": counts}
    return Notice(record.run_id, "warnings" if summary.warnings else "published", district, facts, data)


def _failed(record: RunRecord, district: str) -> Notice:
    step = _STEP_TITLES.get(record.failed_step or "", "—")
    rule = record.rule or ("interrupted" if record.state == "running" else record.state)
    what = {"running": "中断", "discarded": "已放弃", "refused": "被拒绝"}.get(record.state, "失败")
    facts = (
        ("数据日期", record.as_of.isoformat()),
        ("运行", record.run_id),
        ("结果", f"{what}；上一版一本账原封不动"),
        ("停在", f"{step}（规则 {rule}）"),
        ("办法", "在本机运行 sanzhao status 查看原因与做法"),
    )
    data = {
        "run_id": record.run_id,
        "as_of": record.as_of.isoformat(),
        "state": record.state,
        "step": record.failed_step,
        "rule": rule,
    }
    return Notice(record.run_id, "failed", district, facts, data)
