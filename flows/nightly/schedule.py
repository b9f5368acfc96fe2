"""When nights are due, by the five words of cron in the district's time."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from schemas.errors import ContractError
from schemas.nights import ZONE
from schemas.rules import Rule

_ZONE = ZoneInfo(ZONE)


def last_due(cron: str, now: datetime) -> datetime:
    """The newest due time up to now, this second included. Raises ContractError when the words say nothing."""
    after = now.astimezone(_ZONE).replace(microsecond=0) + timedelta(seconds=1)
    return next(_times(cron, after, reverse=True))


def next_due(cron: str, now: datetime) -> datetime:
    """The first due time after now."""
    return next(_times(cron, now.astimezone(_ZONE), reverse=False))


def count_due(cron: str, after: datetime, until: datetime, *, most: int = 1000) -> int:
    """How many nights were due after one moment and up to another."""
    times, count = _times(cron, after.astimezone(_ZONE), reverse=False), 0
    while count < most and next(times) <= until:
        count += 1
    return count


def _times(cron: str, start: datetime, *, reverse: bool) -> CronSim:
    try:
        return CronSim(cron, start, reverse=reverse)
    except CronSimError:
        raise ContractError(
            f"配置项 night.cron：{cron} 不是时间表",
            where="config.toml",
            rule=Rule.CRON,
            action="写成五段：分 时 日 月 周，例如每晚一点半 30 1 * * *",
        ) from None
