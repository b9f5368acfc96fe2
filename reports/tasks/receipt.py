"""回执: one row per answer that came back in a task sheet, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reports.workbook.book import written
from reports.workbook.sheets import plain_sheet

ACCEPTED, KNOWN, UNANSWERED, REFUSED, CONFLICT = "收下", "已收过", "未填", "退回", "冲突"
ORDER = (CONFLICT, REFUSED, ACCEPTED, KNOWN, UNANSWERED)


@dataclass(frozen=True)
class ReceiptRow:
    """One row of a returned sheet and what became of it."""

    file: str
    sheet: str
    row: int
    number: str
    result: str
    what: str
    reason: str
    note: str


def receipt_workbook(outcomes: Sequence[ReceiptRow], problems: Sequence[str], heading: str, on: date) -> bytes:
    """The receipt as a workbook: what needs somebody's attention first."""
    ranked = sorted(outcomes, key=lambda one: (ORDER.index(one.what), one.file, one.sheet, one.row))
    rows = [
        (one.file, one.sheet, f"第{one.row}行", one.number, one.result, one.what, one.reason, one.note)
        for one in ranked
    ]
    rows += [("", "", "", "", "", REFUSED, problem, "") for problem in problems]
    counts = [(what, sum(one.what == what for one in outcomes)) for what in ORDER]
    headers = ("文件", "工作表", "行", "任务编号", "核查结果", "处理", "说明", "备注")
    return written(
        [
            plain_sheet("回执", "核查任务表回执", headers, rows),
            plain_sheet("合计", "核查任务表回执：合计", ("处理", "条数"), [*counts, ("读不了的文件", len(problems))]),
        ],
        heading,
        on,
    )
