"""The impact assessment's draft and the record of processing, made from the configuration (PIPL 55, 56)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from flows.home.folders import Home, private_folder, write_private
from flows.home.keys import load_key
from flows.home.settings import Settings, load_settings
from flows.home.store import opened_store
from flows.privacy.access import provenances
from reports.assessment_pages import Processing, assessment_page, record_page
from schemas.contracts import SourceContract, load_sources
from schemas.policy import load_policy

_SHARING = ("export", "export_identified", "exchange_export", "return_sheets", "export_tasks")


def write_assessment(home: Home, out: Path, *, by: str) -> tuple[Path, Path]:
    """Write both pages into `out`; noted."""
    settings, key = load_settings(home), load_key(home)
    now = datetime.now(UTC).replace(microsecond=0)
    with opened_store(home, settings.store_url) as store:
        store.audit(key, now, by, "assessment")
        shared = sorted((act for what in _SHARING for act in store.acts(what=what)), key=lambda act: act["seq"])
    contracts = load_sources(settings.sources)
    processing = Processing(
        district=settings.district,
        at=now.isoformat(),
        sources=contracts,
        provenances=provenances(home, key, settings),
        ways=_ways(settings, contracts),
        targets={name: target.type for name, target in settings.targets.items()},
        retention=_retention(settings),
        shared=[(act["at"], act["who"], str(act["what"]), act["why"] or "") for act in shared],
    )
    private_folder(out)
    paths = (out / "个人信息保护影响评估（草稿）.html", out / "个人信息处理活动记录.html")
    for path, body in zip(paths, (assessment_page(processing), record_page(processing)), strict=True):
        write_private(path, body)
    return paths


def _ways(settings: Settings, contracts: Mapping[str, SourceContract]) -> dict[str, str]:
    """How each source comes in: by hand, or fetched by a connector of a kind."""
    return {name: settings.connectors[name].type if name in settings.connectors else "drop" for name in contracts}


def _retention(settings: Settings) -> list[tuple[str, str, str]]:
    """(what, how long, how it goes) of every kind of data the home keeps."""
    policy = load_policy(settings.policy)
    kept = policy.retention
    return [
        ("运行工作区（加密）", "到该次运行收尾", "覆盖密钥与文件后删除，留销毁记录"),
        (
            "原件密封副本、退回记录",
            f"{settings.retention_days} 天，或来源出处里更短的天数",
            "收尾时与 sanzhao purge 销毁，留记录",
        ),
        (
            "一本账各版与其报表",
            f"最近 {kept.versions} 版，及每月末一版共 {kept.monthly} 个月",
            "发布与收尾时销毁过期的，记入审计",
        ),
        ("撤下从业记录的人", f"最后出现后 {policy.leaving.keep_days} 天", "从新版移出，写变动说明"),
        ("人工判断、核查、异议", "长期（只有带密钥的记号，不含姓名号码）", "删除一个人时清除其文字说明"),
        ("审计日志", "不少于六个月；本软件不自动删除", "—"),
        ("运行日志", f"{settings.night.log_days} 天", "夜间服务销毁"),
        ("影响评估、处理记录", "不少于三年，由单位归档", "—"),
    ]
