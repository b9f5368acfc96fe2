"""A run's date goes neither back behind the published night nor beyond tomorrow, unless somebody says why."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.ledger.publish.read import current_version
from flows.run.runs import RunRecord
from schemas.errors import InputError
from schemas.rules import Rule

_FORCE = "核对日期；确要如此，加 --force --reason 理由（理由随版本保存；表单里填“日期理由”）"


def today() -> date:
    """The day in Beijing."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def checked_date(home: Home, record: RunRecord, reason: str) -> RunRecord:
    """The record, with the reason where its date needs one. Raises InputError where it needs one and has none."""
    refusal = _out_of_order(home, record.as_of)
    if refusal is None:
        return record.model_copy(update={"forced": ""})
    forced = reason.strip() or record.forced
    if not forced:
        raise refusal
    return record.model_copy(update={"forced": forced})


def _out_of_order(home: Home, as_of: date) -> InputError | None:
    current, tomorrow = current_version(home, load_key(home)), today() + timedelta(days=1)
    where = as_of.isoformat()
    if current is not None and as_of < current.as_of:
        text = f"数据日期早于已发布的 {current.as_of.isoformat()}（版本 {current.version}），本次不运行"
        return InputError(text, where=where, rule=Rule.DATE_GOES_BACK, action=_FORCE)
    if as_of > tomorrow:
        text = f"数据日期晚于明天（{tomorrow.isoformat()}），本次不运行"
        return InputError(text, where=where, rule=Rule.DATE_AHEAD, action=_FORCE)
    return None
