"""One line per district of a city: what `sanzhao status --homes` prints."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from flows.city.districts import districts_of
from flows.city.rollup import roll_up
from reports.city_page import DistrictFigures


def print_districts(root: Path, keys: Path | None, *, as_json: bool) -> bool:
    """Print the districts; whether one of them needs somebody."""
    found = roll_up(districts_of(root, keys))
    if as_json:
        print(json.dumps([asdict(one) | {"persons": one.persons} for one in found], ensure_ascii=False, indent=2))
    else:
        for one in found:
            print(_line(one))
        published = [one for one in found if one.plain]
        total = sum(one.persons for one in published)
        print(f"合计 {len(found)} 个区，{len(published)} 个已发布，在账 {total:,} 人")
    return any(one.trouble for one in found)


def _line(one: DistrictFigures) -> str:
    ledger = f"数据日期 {one.as_of}，在账 {one.persons:,} 人" if one.plain else "没有可读的一本账"
    trouble = f"；问题：{one.trouble}" if one.trouble else ""
    return f"{one.name}：{ledger}；服务{one.service}；最近一次运行 {one.last_run or '—'}{trouble}"
