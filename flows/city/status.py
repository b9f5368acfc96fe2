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
    result = roll_up(districts_of(root, keys))
    if as_json:
        print(json.dumps([asdict(item) | {"persons": item.persons} for item in result], ensure_ascii=False, indent=2))
    else:
        for entry in result:
            print(_line(entry))
        published = [item for item in result if item.plain]
        total = sum(item.persons for item in published)
        print(f"合计 {len(result)} 个区，{len(published)} 个已发布，在账 {total:,} 人")
    return any(item.trouble for item in result)


def _line(figure: DistrictFigures) -> str:
    ledger = f"数据日期 {figure.as_of}，在账 {figure.persons:,} 人" if figure.plain else "没有可读的一本账"
    trouble = f"；问题：{figure.trouble}" if figure.trouble else ""
    return f"{figure.name}：{ledger}；服务{figure.service}；最近一次运行 {figure.last_run or '—'}{trouble}"
