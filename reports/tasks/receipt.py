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
    ranked = sorted(outcomes, key=lambda entry: (ORDER.index(entry.what), entry.file, entry.sheet, entry.row))
    rows = [
        (entry.file, entry.sheet, f"第{entry.row}行", entry.number, entry.result, entry.what, entry.reason, entry.note)
        for entry in ranked
    ]
    rows += [("", "", "", "", "", REFUSED, problem, "") for problem in problems]
    counts = [(what, sum(outcome.what == what for outcome in outcomes)) for what in ORDER]
    headers = ("文件", "工作表", "行", "任务编号", "核查结果", "处理", "说明", "备注")
    return written(
        [
            plain_sheet("回执", "核查任务表回执", headers, rows),
            plain_sheet("合计", "核查任务表回执：合计", ("处理", "条数"), [*counts, ("读不了的文件", len(problems))]),
        ],
        heading,
        on,
    )
