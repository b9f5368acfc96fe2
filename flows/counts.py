"""The names under which people read what steps count."""

from __future__ import annotations

from typing import Any

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
    "relations": "销毁的工作表",
}


def counted(counts: dict[str, Any]) -> list[tuple[str, str]]:
    """Title and value of every count; lists and tables by their length."""
    return [(COUNT_TITLES.get(name, name), _shown(value)) for name, value in counts.items()]


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple | dict):
        return str(len(value))
    return f"{value:,}" if isinstance(value, int) else str(value)
