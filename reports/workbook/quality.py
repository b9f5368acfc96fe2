"""One row per source for the sheet 数据质量: what came tonight, what came last time, what is wrong most often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.damage import OTHER, RULE_TITLES, complaints
from reports.summary import RunSummary
from schemas.drift import SourceQuality

_MOST_EXAMPLES = 3


def quality_rows(
    summary: RunSummary, qualities: Mapping[str, SourceQuality], before: Mapping[str, SourceQuality]
) -> list[tuple[Any, ...]]:
    """Source, files, unused files, rows, accepted, sent back, share, last date, last rows, change, problems."""
    rows: list[tuple[Any, ...]] = []
    for line in summary.sources:
        old = before.get(line.source)
        share = line.quarantined / line.rows_in if line.rows_in else 0.0
        told = line.note or main_problems(qualities.get(line.source))
        rows.append(
            (
                line.title, line.files, line.refused_files, line.rows_in, line.accepted, line.quarantined, share,
                old.as_of if old else None, old.rows_in if old else None, line.rows_in - old.rows_in if old else None,
                told,
            )
        )  # fmt: skip
    return rows


def main_problems(quality: SourceQuality | None) -> str:
    """The most frequent kinds of trouble in words, with how often."""
    if quality is None:
        return ""
    result: dict[str, int] = {}
    for rule, count in quality.sent_back.items():
        title = f"退回：{RULE_TITLES.get(rule, '不合约定')}"
        result[title] = result.get(title, 0) + count
    result |= {title: count for title, count in complaints(quality.damage).items() if title != OTHER}
    most = sorted(result.items(), key=lambda entry: (-entry[1], entry[0]))[:_MOST_EXAMPLES]
    return "；".join(f"{title} {count:,} 处" for title, count in most)
