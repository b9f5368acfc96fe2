"""The names under which people read what steps count."""

from __future__ import annotations

from typing import Any

from flows.run.stepbook import StepCounts
from schemas.words import words

COUNT_TITLES: dict[str, str] = {
    "sources": "来源",
    "files": "文件",
    "bytes": "字节",
    "unreadable": "读不了的文件",
    "rows_in": "行数",
    "accepted": "接收",
    "quarantined": "退回",
    "repairs": "修复的单元格",
    "refused": "未用的文件",
    "roll": "名册行",
    "transfer": "转接行",
    "floating": "流动登记行",
    "worker": "从业人员行",
    "self_report": "报到行",
    "pairs": "候选对",
    "link": "关联",
    "review": "待人工核对",
    "reject": "不是同一人",
    "persons": "人数",
    "version": "版本",
    "warnings": "提醒",
    "returned_rows": "退回标记的行",
    "destroyed": "到期销毁",
    "relations": "销毁的工作表",
    "sheets_read": "读入的表",
    "passed_over": "空行、合计行等",
    "doubts": "名册存疑",
    "exact": "证件相符",
    "strong": "强证据",
    "confirmed": "人工确认",
    "linked": "已关联",
    "declared": "自报党员",
    "own_job": "本人岗位",
    "platform_by_file_name": "按文件名推断平台的行",
    "street_by_station_name": "按站点名推断镇街的行",
    "statuses": "状态种类",
    "match_classes": "等级种类",
    "changes": "变动种类",
    "causes": "变动原因种类",
    "coverage": "覆盖情况行",
    **words("rules"),
}


def titled_counts(counts: StepCounts) -> list[tuple[str, str]]:
    """Title and value of every count; lists and tables by their length."""
    return [(COUNT_TITLES.get(name, name), _count_text(value)) for name, value in counts.flat().items()]


def _count_text(value: Any) -> str:
    if isinstance(value, list | tuple | dict):
        return str(len(value))
    return f"{value:,}" if isinstance(value, int) else str(value)
