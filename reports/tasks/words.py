"""What a task says to a street, in the Party channel and outside it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from reports.words import STATUS_TITLES

RESULT, CHECKER, DAY, NOTE = "核查结果", "核查人", "核查日期", "备注"
HOST = "接收组织"
DUE = "办理期限"
STATION, ADDRESS, COMMUNITY = "站点", "住址", "社区"
NUMBER, CODE, NAME = "任务编号", "校验码", "姓名"
PHONE, UNIT, STREET, KIND = "手机", "单位", "镇街", "核查事项"
LEFT_OUT = "（略）"


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((resources.files("reports.tasks") / "words.toml").read_text("utf-8"))


def lead_words(code: str, *, inside: bool) -> tuple[str, str]:
    """The kind of a lead and what to ask; neutral outside the Party channel."""
    lead = _words()["leads"].get(code, {})
    if inside:
        return STATUS_TITLES.get(code, code), lead.get("asked", "是否本人")
    return lead.get("neutral", "信息核实"), _words()["neutral"]["asked"]


def contact_window(groups: list[str]) -> str:
    """When to reach somebody of the first known group."""
    windows: dict[str, str] = _words()["windows"]
    return next((windows[group] for group in groups if group in windows), windows["其他新就业"])


def neutral(text: str | None) -> str:
    """A text that may leave the Party channel; one that says too much is left out whole."""
    if text is None:
        return ""
    return LEFT_OUT if any(word in text for word in _words()["neutral"]["never"]) else text
