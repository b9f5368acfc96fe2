"""One ledger, held against the last one's size: a run that moves it further than the policy allows is not published."""

from __future__ import annotations

import duckdb

from flows.home.store import Store
from flows.run.context import RunContext
from schemas.errors import InputError
from schemas.rules import Rule

_BROUGHT_BY_NEW_SOURCES = """
with worked as (
    select n.person_key, list_contains($known::varchar[], e.source) as known
    from (select person_key, unnest(evidence) as e from ledger_new) n
    where e.role in ('worker', 'self_report')
)
select count(*) from (select person_key from worked group by all having not bool_or(known)) w
where not exists (select 1 from previous_ledger p where p.person_key = w.person_key)
"""


def check_size(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store) -> None:
    """Raise InputError when `ledger_new` is smaller or larger than `previous_ledger` beyond the policy's shares.

    People whom only a source brought that had never come before do not count as growth: on a district's first days
    one source after the other arrives, as on the first night of all.
    """
    before, now = (_count(con, name) for name in ("previous_ledger", "ledger_new"))
    limits = run.policy.limits
    if before < limits.compare_from_rows or now == before:
        return
    if now < before:
        if now < before * (1 - limits.shrink_share):
            raise _moved(before, now, "减少", Rule.LEDGER_SHRINK)
        return
    if now > before * (1 + limits.grow_share):
        known = sorted(store.sources_seen(besides=run.run_id))
        result = con.execute(_BROUGHT_BY_NEW_SOURCES, {"known": known}).fetchone()
        if now - int(result[0] if result else 0) > before * (1 + limits.grow_share):
            raise _moved(before, now, "增加", Rule.LEDGER_GROW)


def _count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    result = con.table(name).count("*").fetchone()
    return int(result[0]) if result else 0


def _moved(before: int, now: int, word: str, rule: Rule) -> InputError:
    return InputError(
        f"一本账由{before}人{word}到{now}人，超出规则允许的幅度，本次未发布",
        where="ledger",
        rule=rule,
        count=abs(now - before),
        action=(
            "核对各来源文件是否完整、是否放对了文件夹；确属实情，在本区政策文件 [limits] 放宽幅度"
            "（没有就复制 schemas/policy.toml，写进 config.toml 的 policy），再运行一次"
        ),
    )
