"""How one row of the ledger came about, step by step, in Chinese: from the sealed decisions of its night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.ledger import show
from flows.ledger.publish.read import current_version
from flows.originals import Copies
from reports.words import ANY_COLUMN, CLASSES, FIELDS, LEVELS, ROLES, RULES
from schemas.ledger_rows import EvidenceRow, ExplainedPair, LedgerRow
from schemas.policy import Policy

_Place = tuple[str, str, str | None, int]
"""Source, file, sheet and row."""


def explain(home: Home, key: str, policy: Policy) -> list[str]:
    """Lines that tell how this person's row came about. Raises HomeError when the key is unknown."""
    found = show(home, key)
    row = found["row"]
    version = current_version(home)
    copies = Copies(home, load_key(home), version) if version else None
    days = {one["landed_on"] for one in row["evidence"]}
    details = {day: _details(copies, day) for day in days} if copies else {}
    lines = [
        f"{row['person_key']}  {row['name_masked']}  版本 {found['version']}  数据日期 {found['as_of']}",
        f"等级：{CLASSES.get(row['match_class'], row['match_class'])}。{row['match_reason']}",
        "",
        "一、依据的来源行",
    ]
    for evidence in row["evidence"]:
        lines += _evidence_lines(evidence, row["member_no"], details.get(evidence["landed_on"], {}))
    lines += ["", "二、状态与口径", *_status_lines(row, policy), "", "三、接收组织"]
    host = row["host_org_name"] or "没有合适的组织"
    lines.append(f"{host}（{row['host_rule'] or '无'}）；组织关系所在：{row['home_org_name'] or '不详'}")
    lines += [
        "",
        "四、时间",
        f"首次入账 {row['first_seen']}，最近出现 {row['last_seen']}，最近变动 {row['changed_on']}",
    ]
    lines += [
        f"旧编号 {event['old_key']} → {event['new_key']}（{event['event']}，{event['on']}）"
        for event in found["aliases"]
    ]
    return lines


def _evidence_lines(
    evidence: EvidenceRow, member_no: str | None, details: Mapping[_Place, list[ExplainedPair]]
) -> list[str]:
    place = f"{evidence['source']}/{evidence['file']}" + (f"「{evidence['sheet']}」" if evidence["sheet"] else "")
    head = f"- {ROLES.get(evidence['role'], evidence['role'])}：{place} 第{evidence['row']}行"
    if evidence["fields"]:
        head += f"；用到 {'、'.join(ANY_COLUMN.get(name, name) for name in evidence['fields'])}"
    pairs = details.get((evidence["source"], evidence["file"], evidence["sheet"], evidence["row"]), [])
    return [head, *(line for pair in pairs if pair["member_no"] == member_no for line in _pair_lines(pair))]


def _pair_lines(pair: ExplainedPair) -> list[str]:
    """One pair: what found it, each comparison with its bits, the total, and the rule that decided."""
    parts = [
        f"{FIELDS[name]}{LEVELS.get(level, level)} {pair['bits'][name]:+.1f}"
        for name, level in pair["levels"].items()
        if level != "null"
    ]
    prior = pair["match_weight"] - sum(weight for weight in pair["bits"].values() if weight is not None)
    parts.insert(0, f"起始（任意两人是同一人的可能） {prior:+.1f}")
    return [
        f"    找到它的规则：{'；'.join(RULES.get(rule, rule) for rule in pair['blocking_rules'])}",
        f"    逐项（比特）：{'；'.join(parts)}；合计 {pair['match_weight']:.1f}，概率 {pair['match_probability']:.4f}",
        f"    判定：{pair['reason']}（规则 {pair['rule']}）",
    ]


def _status_lines(row: LedgerRow, policy: Policy) -> list[str]:
    if row["objection"]:
        return ["- 本人已提出异议，答复前不给出状态"]
    states = {lead["code"]: lead["state"] for lead in row["leads"]}
    return [
        f"- {code}" + (f"（{states[code]}）" if code in states else "") + f"：{policy.basis(code)}"
        for code in row["statuses"]
    ]


def _details(copies: Copies, landed_on: date | None) -> Mapping[_Place, list[ExplainedPair]]:
    """A night's explained pairs by place of the worker row; empty once its landing copies are gone."""
    found: dict[_Place, list[ExplainedPair]] = {}
    for table in copies.relation("explained", landed_on):
        for row in table.to_pylist():
            found.setdefault((row["source"], row["file"], row["sheet"], row["row"]), []).append(row)
        break
    return found
