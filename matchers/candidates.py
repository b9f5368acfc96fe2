"""One row per worker row and registry person pair found by a blocking rule, each rule counted before it runs."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from matchers.model import LinkageModel
from schemas.errors import ContractError, InputError

_KEYS = {"id_full", "id_first15", "id_head_tail", "name_key", "name_sound", "name_fold", "name_swap"}
_PHONE_KEYS = {"phone_head_tail"}


@dataclass(frozen=True)
class PlannedRule:
    """One blocking rule and the number of pairs it would bring, duplicates between rules counted twice."""

    name: str
    key: str
    pairs: int


def plan_candidates(con: duckdb.DuckDBPyConnection, model: LinkageModel) -> list[PlannedRule]:
    """Count every rule's pairs. Raises InputError naming the rule that passes the budget, before any pair is made."""
    plan = [PlannedRule(name, key, _pairs(con, name, key)) for name, key in model.blocking.items()]
    for rule in plan:
        if rule.pairs > model.max_pairs:
            raise InputError(
                f"分组规则 {rule.name} 会产生 {rule.pairs:,} 对，超过上限 {model.max_pairs:,}",
                rule="pair_budget",
                action="检查该字段是否大量填了同一个值；或在模型文件中去掉该规则、提高 max_pairs",
            )
    return plan


def _pairs(con: duckdb.DuckDBPyConnection, name: str, key: str) -> int:
    table = _table_of(name, key)
    row = con.execute(
        f"select coalesce(sum(a.n * b.n), 0) from "
        f"(select {key} as k, count(*) as n from left_{table} where {key} is not null group by 1) a "
        f"join (select {key} as k, count(*) as n from right_{table} where {key} is not null group by 1) b using (k)"
    ).fetchone()
    return int(row[0]) if row else 0


def _table_of(name: str, key: str) -> str:
    if key in _KEYS:
        return "rows"
    if key in _PHONE_KEYS:
        return "phones"
    raise ContractError(f"分组规则 {name} 用了不存在的键 {key}", rule="blocking", action="改为模型说明中列出的键")


def find_candidates(con: duckdb.DuckDBPyConnection, model: LinkageModel) -> list[PlannedRule]:
    """Make the relation `candidates`: left_id, right_id, blocking_rules (sorted); give back the plan."""
    plan = plan_candidates(con, model)
    found = " union all ".join(
        f"select l.id as left_id, r.id as right_id, '{name}' as rule "
        f"from left_{_table_of(name, key)} l join right_{_table_of(name, key)} r on l.{key} = r.{key}"
        for name, key in model.blocking.items()
    )
    con.execute(
        "create or replace table candidates as select left_id, right_id, "
        f"list_sort(list_distinct(list(rule))) as blocking_rules from ({found}) group by left_id, right_id"
    )
    return plan
