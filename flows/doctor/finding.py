"""One finding of the doctor: what was looked at, how it stands, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.text import Text

from reports.terminal_tables import whole_table

Health = Literal["good", "warning", "bad"]
_WORDS = {"good": "正常", "warning": "注意", "bad": "有问题"}
_COLOURS = {"good": "green", "warning": "yellow", "bad": "red"}


class Finding(BaseModel):
    """One thing looked at; `action` is empty where nothing is to be done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    health: Health
    found: str
    action: str = ""


def good(name: str, result: str) -> Finding:
    """Nothing to do."""
    return Finding(name=name, health="good", found=result)


def warning(name: str, result: str, action: str) -> Finding:
    """Nights go on, but someone should see to it."""
    return Finding(name=name, health="warning", found=result, action=action)


def bad(name: str, result: str, action: str) -> Finding:
    """The next night will fail, or already has."""
    return Finding(name=name, health="bad", found=result, action=action)


def worst(findings: Sequence[Finding]) -> Health:
    """The worst health among them."""
    order: tuple[Health, ...] = ("bad", "warning", "good")
    return next((health for health in order if any(finding.health == health for finding in findings)), "good")


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """One screen: a line per finding, and what to do."""
    table = whole_table("项目", "情况", "查到", "怎么办", title="三找 体检", title_justify="left")
    for finding in findings:
        colour = _COLOURS[finding.health]
        state = Text(_WORDS[finding.health], style=colour)
        table.add_row(Text(finding.name), state, Text(finding.found), Text(finding.action or "—"))
    console.print(table)
