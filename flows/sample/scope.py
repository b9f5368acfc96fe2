"""Whether a worker row shows platform work, and why."""

from __future__ import annotations

from functools import cache

from flows.sample.options import data
from flows.sample.people import Numbers
from flows.sample.sheets import SampleSheet

PLATFORM_WORK = "platform_work"
_ASKED_BY_UNIT = frozenset({"human_resources"})


def scope_reasons(platform_units: frozenset[str], sheet: SampleSheet, rows: Numbers) -> list[str]:
    """Why each of these worker rows is in scope (`platform_work`) or not."""
    listed = rows.tolist()
    scope, why = sheet.facts["scope"], sheet.facts.get("scope_why", [])
    reasons = [str(why[row]) if scope[row] == "out" else PLATFORM_WORK for row in listed]
    if sheet.source in _ASKED_BY_UNIT and "job" in sheet.headers:
        jobs, names = sheet.cells["job"], sheet.cells.get("unit_name", [])
        units = sheet.facts.get("unit_name", [None] * len(sheet))
        for at, row in enumerate(listed):
            by_unit = reasons[at] == PLATFORM_WORK and jobs[row] == "单位就业"
            if by_unit and _names_no_trade(str(names[row])) and units[row] not in platform_units:
                reasons[at] = "unit_unknown"
    return reasons


@cache
def _names_no_trade(unit: str) -> bool:
    return any(entry in unit for entry in _plain())


@cache
def _plain() -> tuple[str, ...]:
    return tuple(suffix.removesuffix("有限公司") for suffix in data("places.toml")["plain_suffixes"])
