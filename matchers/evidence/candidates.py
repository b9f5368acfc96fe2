"""One row per pair found by a blocking rule, with the rules that found it; each rule is counted before it runs."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from matchers.linkage.budget import refuse_candidates
from matchers.linkage.copies import MOST_ROWS
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import RulePlan
from matchers.linkage.tables import Sides
from matchers.relations import make
from schemas.errors import InputError


def make_keys(con: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """Make `lk` and `rk`: rule, key, seq; a row that shows several values of a key stands there with each."""
    for side in ("l", "r"):
        rules = " union all ".join(_keys_of(side, rule, keys, model) for rule, keys in model.blocking.items())
        make(con, f"{side}k", f"select distinct rule, key, seq from ({rules})")


def _keys_of(side: str, rule: str, keys: tuple[str, ...], model: LinkModel) -> str:
    """SQL: the rows of a side that show every part of a rule's key."""
    parts = [_part(key, model) for key in keys]
    columns = ", ".join(f"{part} as k{number}" for number, part in enumerate(parts))
    names = [f"k{number}" for number in range(len(parts))]
    shown = " and ".join(f"{name} is not null" for name in names)
    joined = f"hash({', '.join(names)})" if len(names) > 1 else f"{names[0]}::ubigint"
    return f"select '{rule}' as rule, {joined} as key, seq from (select seq, {columns} from {side}) where {shown}"


def _part(key: str, model: LinkModel) -> str:
    column, _, form = key.partition(".")
    kind = model.kind(column)
    text = f"unnest({kind.lists[form]})" if form in kind.lists else kind.keys[form]
    return text.replace("{c}", column)


def plan(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> list[RulePlan]:
    """Every rule's pairs. Raises InputError naming a rule over the budget of pairs or bytes, before a pair is made."""
    pairs = "sum(a.n * (a.n - 1) // 2)" if sides.same else "sum(a.n * b.n)"
    counted = dict(
        con.execute(
            f"select rule, {pairs} from (select rule, key, count(*) as n from lk group by all) a "
            "join (select rule, key, count(*) as n from rk group by all) b using (rule, key) group by rule"
        ).fetchall()
    )
    plans = [RulePlan(rule, int(counted.get(rule, 0))) for rule in model.blocking]
    for one in plans:
        if one.pairs > model.max_pairs:
            raise InputError(
                f"分组规则 {one.rule} 会产生 {one.pairs:,} 对，超过上限 {model.max_pairs:,}",
                rule="pair_budget",
                action="检查该字段是否大量填了同一个值；或在模型文件中去掉该规则、给它再加一个键、提高 max_pairs",
            )
        refuse_candidates(model, one)
    return plans


def make_candidates(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> list[RulePlan]:
    """Make `candidates`: la, ra, blocking_rules (sorted); give back the plan."""
    make_keys(con, model)
    if sides.same:
        _leave_copies_out(con)
    plans = plan(con, model, sides)
    once = " and a.seq < b.seq" if sides.same else ""
    pairs = (
        "select a.seq as la, b.seq as ra, list_sort(list(rule)) as blocking_rules "
        f"from lk a join rk b using (rule, key) where true{once} group by la, ra"
    )
    make(con, "candidates", f"{pairs} union all {_PAIRS_OF_COPIES}" if sides.same else pairs)
    return plans


_PAIRS_OF_COPIES = (
    "select thing as la, c.seq as ra, list_sort(list(rule)) as blocking_rules "
    "from copies c join lk on lk.seq = c.thing group by la, ra"
)


def _leave_copies_out(con: duckdb.DuckDBPyConnection) -> None:
    """Take rows that are copies of one row many times over out of the keys: each is held against the first only."""
    make(
        con,
        "copies",
        "select seq, thing from things where seq <> thing "
        f"and thing in (select thing from things group by thing having count(*) > {MOST_ROWS})",
    )
    for keys in ("lk", "rk"):
        con.execute(f"delete from {keys} where seq in (select seq from copies)")


def with_ids(con: duckdb.DuckDBPyConnection, relation: str) -> pa.Table:
    """A relation of pairs under the tables' own ids, left_id and right_id first, sorted by both."""
    return con.execute(
        f"select l.id as left_id, r.id as right_id, x.* exclude (la, ra) from {relation} x "
        "join l on l.seq = x.la join r on r.seq = x.ra order by left_id, right_id"
    ).to_arrow_table()


def take_pairs(con: duckdb.DuckDBPyConnection, relation: str, pairs: pa.Table) -> None:
    """Make a relation of pairs from a table under the tables' own ids."""
    con.register("incoming", pairs)
    make(
        con,
        relation,
        "select l.seq as la, r.seq as ra, x.* exclude (left_id, right_id) "
        "from incoming x join l on l.id = x.left_id join r on r.id = x.right_id",
    )
    con.unregister("incoming")
