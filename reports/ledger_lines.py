"""A published row, a version and a difference as a clerk reads them on a terminal: one title and one text a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from reports.causes import cause_word, ending_word
from reports.words import CHANGES, CLASSES, COLUMNS, FIELDS, FLAGS, ROLES, SEXES
from schemas.policy import Policy

_INDEX = {
    "as_of": "数据日期", "previous": "上一版", "restores": "恢复自", "policy_version": "规则版本",
    "model_version": "模型版本",
}  # fmt: skip
_NONE = "（无）"


def person_lines(row: Mapping[str, Any], aliases: Sequence[Mapping[str, Any]], policy: Policy) -> list[tuple[str, str]]:
    """Every column of a ledger row, titled; the keys it had before last."""
    lines = [(title, _cell(name, row[name], policy)) for name, title in COLUMNS.items() if name in row]
    for alias in aliases:
        word = "合并" if alias["event"] == "merged" else "拆分"
        lines.append(("曾用编号", f"{alias['old_key']} → {alias['new_key']}，{alias['on']} {word}"))
    return lines


def _cell(name: str, value: Any, policy: Policy) -> str:
    if name == "statuses":
        return _listed([_status(code, policy) for code in value])
    if name == "leads":
        return _listed([_lead(entry, policy) for entry in value], "\n")
    if name == "evidence":
        return _listed([evidence_line(entry) for entry in value], "\n")
    if name == "flags":
        return _listed([FLAGS.get(flag, flag) for flag in value])
    if isinstance(value, list):
        return _listed([str(entry) for entry in value])
    if value is None:
        return _NONE
    return _plain(name, value, policy)


def _plain(name: str, value: Any, policy: Policy) -> str:
    if name == "primary_status":
        return _status(value, policy)
    if name == "match_class":
        return CLASSES.get(value, str(value))
    if name == "sex":
        return SEXES.get(value, str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:.4g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _listed(parts: list[str], by: str = "、") -> str:
    return by.join(parts) or _NONE


def _status(code: str, policy: Policy) -> str:
    return f"{code} {policy.statuses.codes[code].name}" if code in policy.statuses.codes else code


def _lead(lead: Mapping[str, Any], policy: Policy) -> str:
    checked = f"（{lead['checked_by']}，{lead['checked_on']}）" if lead["checked_by"] else ""
    why = f"，{ending_word(lead['cause'])}" if lead["cause"] else ""
    closed = f"，{lead['closed_on']} 了结" if lead["closed_on"] else ""
    return f"{_status(lead['code'], policy)}：{lead['state']}{checked}{why}{closed}"


def evidence_line(entry: Mapping[str, Any]) -> str:
    """从业数据 platform/蓝骑.xlsx/骑手 第5行，证件相符，用到 姓名、证件号."""
    sheet = f"/{entry['sheet']}" if entry["sheet"] else ""
    lines = [f"{ROLES.get(entry['role'], entry['role'])} {entry['source']}/{entry['file']}{sheet} 第{entry['row']}行"]
    if entry["match_class"]:
        lines.append(CLASSES.get(entry["match_class"], entry["match_class"]))
    if entry["fields"]:
        lines.append("用到 " + "、".join(FIELDS.get(name, name) for name in entry["fields"]))
    return "，".join(lines)


def version_lines(index: Mapping[str, Any], policy: Policy) -> list[tuple[str, str]]:
    """What a version holds, by its index."""
    counts = index["counts"]
    lines = [(title, str(index[name])) for name, title in _INDEX.items() if index.get(name)]
    lines.append(("人数", str(counts["persons"])))
    lines += [(_status(code, policy), f"{number} 人") for code, number in sorted(counts["statuses"].items())]
    lines += [(CLASSES.get(name, name), f"{number} 人") for name, number in sorted(counts["match_classes"].items())]
    lines.append(("待人工核对", f"{counts['review']} 对"))
    lines += [(file, f"{told['rows']} 行，{told['bytes']:,} 字节") for file, told in sorted(index["files"].items())]
    lines += [(file, f"{told['bytes']:,} 字节") for file, told in sorted(index.get("documents", {}).items())]
    return [*lines, ("保留的版本", f"{len(index['kept'])} 个")] if "kept" in index else lines


def difference_lines(rows: Sequence[Mapping[str, Any]], *, moves: bool) -> list[tuple[str, str, str, str]]:
    """人员编号, 变动, 列, 原因; who merely moved is counted in one line unless `moves`."""
    shown = [row for row in rows if moves or row["change"] != "moved"]
    lines = [
        (
            str(row["person_key"]),
            CHANGES[row["change"]],
            "、".join(COLUMNS.get(name, name) for name in row["columns"]),
            "；".join(cause_word(code) for code in row["causes"]),
        )
        for row in shown
    ]
    if len(shown) < len(rows):
        lines.append(
            ("另有", f"{len(rows) - len(shown)} 人", "只是来源文件、行号或分值变动，内容未变；--moved 逐人列出", "")
        )
    return lines
