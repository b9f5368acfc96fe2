"""One row per kind of code and code that a version's tables may hold, with its Chinese word and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from matchers.model.link_model import LinkModel
from schemas.contracts import ledger_table
from schemas.policy import Leads, Policy
from schemas.words import words

_BLANK = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class CodeKind:
    """One kind of code: its Chinese name, where it stands in the tables (`table.column`), its codes in their order."""

    title: str
    used_in: tuple[str, ...]
    words: Mapping[str, str]
    bases: Mapping[str, str]


def code_kinds(policy: Policy, model: LinkModel) -> dict[str, CodeKind]:
    """Every kind of code by name. Statuses, lead states and host rules are the policy's, matching rules the model's."""
    codes = policy.statuses
    leads_cause = {**words("endings"), **words("taken_in"), **words("answers")}
    rules = {**{rule: rule for rule in model.blocking}, **words("rules")}
    tiers = {tier.name: _BLANK.sub("…", tier.sentence) for tier in model.evidence_tiers}
    statuses = {code: codes.codes[code].name for code in codes.order}
    return {
        "status": CodeKind(
            "状态", ("ledger.primary_status", "ledger.statuses", "ledger.leads.code"), statuses,
            {code: policy.basis(code) for code in codes.order},
        ),
        "lead_state": CodeKind(
            "线索状态", ("ledger.lead_state", "ledger.leads.state"),
            {state: state for state in policy.leads.transitions}, _moves(policy.leads),
        ),
        "lead_cause": CodeKind("线索原因", ("ledger.leads.cause",), leads_cause, {}),
        "change": CodeKind("变动", ("changes.change",), words("changes"), {}),
        "change_cause": CodeKind("变动原因", ("changes.cause",), words("causes"), {}),
        "match_class": CodeKind(
            "关联等级", ("ledger.match_class", "ledger.evidence.match_class"), words("classes"), words("class_basis")
        ),
        "role": CodeKind("来源行的作用", ("ledger.evidence.role",), words("roles"), {}),
        "field": CodeKind("用到的字段", ("ledger.evidence.fields",), words("fields"), {}),
        "flag": CodeKind("提示", ("ledger.flags",), words("flags"), words("flag_basis")),
        "sex": CodeKind("性别", ("ledger.sex",), words("sexes"), {}),
        "host_rule": CodeKind("接收依据", ("ledger.host_rule",), policy.hosts.rules, {}),
        "doubt": CodeKind("疑点", ("review.doubt",), words("doubts"), {}),
        "blocking_rule": CodeKind("找候选的规则", ("review.blocking_rules",), rules, {}),
        "level": CodeKind("比对级别", ("review.levels",), words("levels"), {}),
        "evidence_tier": CodeKind(
            "判定门槛", ("ledger.match_reason", "review.reason"), {**tiers, **words("tiers")}, {}
        ),
        "scope": CodeKind("覆盖范围", ("coverage.scope",), words("scopes"), {}),
        "key_event": CodeKind("旧键对照", ("aliases.event",), words("key_events"), {}),
    }  # fmt: skip


def code_table(policy: Policy, model: LinkModel) -> pa.Table:
    """The published table `codes`: one row per kind and code, sorted by kind and place."""
    kinds = sorted(code_kinds(policy, model).items())
    schema = pa.schema([column.remove_metadata().with_nullable(True) for column in ledger_table("codes").schema])
    return pa.Table.from_pylist([row for name, kind in kinds for row in _rows(name, kind)], schema=schema)


def _rows(name: str, kind: CodeKind) -> Iterable[dict[str, str | int | None]]:
    used_in = " ".join(kind.used_in)
    for place, (code, word) in enumerate(kind.words.items(), start=1):
        basis = kind.bases.get(code)
        yield {"kind": name, "code": code, "place": place, "word": word, "basis": basis, "used_in": used_in}


def _moves(leads: Leads) -> dict[str, str]:
    """What each state may become by somebody's answer."""
    return {state: f"可改为 {'、'.join(to)}" if to else "不再改动" for state, to in leads.transitions.items()}
