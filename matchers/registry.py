"""One row per person of the registry: the roll, the transfer and the floating register, resolved to persons.

Rows of one full ID with compatible names are one person. A transfer or floating row without a full ID joins the roll
person it links to by the same evidence tiers that workers are held to. One that might be somebody on the roll, but is
not proven so, is left out and listed as a doubt: two entries for one person would make every match of theirs doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from matchers.comparable import comparable, load_sides
from matchers.deciding import decide_pairs
from matchers.engine import embedded, sql
from matchers.model import LinkageModel
from matchers.names import NAME_COLUMNS
from matchers.scoring import score_pairs

_COMPATIBLE = """
    (a.name_key is null or b.name_key is null or a.name_fold = b.name_fold or a.name_swap = b.name_swap
     or coalesce(b.name_key like a.name_like, a.name_key like b.name_like, false)
     or (length(a.name_key) = length(b.name_key) and length(a.name_key) >= 3
         and list_sum(list_transform(range(1, length(a.name_key) + 1),
             lambda i: (substr(a.name_key, i, 1) <> substr(b.name_key, i, 1))::integer)) = 1))
"""

_SAME_ID = f"""
    create or replace table same_id as
    with firsts as (
        select id_full, min_by(id, (role_rank, id)) as lead_id
        from all_rows where id_full is not null group by id_full
    )
    select b.id as row_id, f.lead_id, {_COMPATIBLE} as compatible, b.role, a.role as lead_role
    from firsts f join all_rows a on a.id = f.lead_id join all_rows b on b.id_full = f.id_full
    order by 1
"""


@dataclass(frozen=True)
class Registry:
    """`registry_persons` and `registry_doubts` by the contracts of those names."""

    persons: pa.Table
    doubts: pa.Table


def resolve_registry(rows: pa.Table, model: LinkageModel) -> Registry:
    """Resolve registry rows (comparable `person_rows` of roles roll, transfer, floating, with row_id) to persons."""
    with embedded(registry_input=rows) as con:
        load_sides(con, rows, rows.slice(0, 0))
        con.execute(
            "create table all_rows as select l.*, "
            "case l.role when 'roll' then 0 when 'transfer' then 1 else 2 end as role_rank "
            "from left_rows l"
        )
        con.execute(_SAME_ID)
        _tie_loose_rows(con, rows, model)
        con.execute(sql("registry"))
        names = con.execute(f"select distinct {', '.join(NAME_COLUMNS)} from all_rows where name is not null")
        known = names.to_arrow_table()
        resolved = con.execute("select * from registry_persons order by registry_id").to_arrow_table()
        persons = comparable(resolved, names=known)
        doubts = con.execute("select * from doubts order by left_row_key, right_row_key").to_arrow_table()
    return Registry(persons, doubts)


def _tie_loose_rows(con: duckdb.DuckDBPyConnection, rows: pa.Table, model: LinkageModel) -> None:
    """Make `tied` and `doubts`: rows of one ID first, then loose transfer and floating rows against the roll."""
    con.execute("create table tied as select row_id, lead_id from same_id where compatible")
    con.execute(
        "insert into tied select id, id from all_rows where role = 'roll' and id not in (select row_id from tied)"
    )
    con.execute(_ID_DOUBTS)
    loose, roll = _loose_and_roll(con, rows)
    decided = decide_pairs(score_pairs(loose, roll, model), loose, roll, model)
    con.register("decided_loose", decided)
    con.execute(_TIE_BY_LINK)
    con.execute(_DOUBTS_BY_REVIEW)
    con.execute(_UNPROVEN)
    con.execute(
        "insert into tied select id, id from all_rows where id not in (select row_id from tied) "
        "and (id_full is not null or id not in (select left_row_key from doubts))"
    )


_ID_DOUBTS = """
    create table doubts as
    select row_id as left_row_key, lead_id as right_row_key,
        case when role = 'roll' then 'duplicate_roll_entry' else 'conflict' end as doubt,
        case when role = 'roll' and compatible then '党员名册中两行身份证号相同，已并为一人，请核对是否重复登记'
             when role = 'roll' then '党员名册中两行身份证号相同但姓名不符，请核对'
             else '身份证号与名册一致但姓名不符，请核对' end as reason
    from same_id
    where not compatible or (role = 'roll' and row_id <> lead_id)
"""

_TIE_BY_LINK = """
    create table grouped as
    select row_id, lead_id from tied union select id, id from all_rows where role <> 'roll';
    create table merged as
    select t.row_id, any_value(r.lead_id) as lead_id
    from decided_loose d
    join tied r on r.row_id = d.right_id
    join grouped l on l.row_id = d.left_id
    join grouped t on t.lead_id = l.lead_id
    where d.decision = 'link'
    group by t.row_id having count(distinct r.lead_id) = 1;
    delete from tied where row_id in (select row_id from merged);
    insert into tied select row_id, lead_id from merged;
"""

_DOUBTS_BY_REVIEW = """
    insert into doubts
    select left_id, right_id, doubt, reason from decided_loose
    where decision = 'review' and left_id not in (select left_row_key from doubts)
      and left_id not in (select row_id from merged)
"""

# Loose rows without a full ID whose name sounds like somebody's on the roll, nothing speaking against it.
_UNPROVEN = """
    insert into doubts
    select a.id, min(b.id), 'weak_evidence', '转接或流动登记中的这一行只有姓名与名册相近，不能确定是否同一人，请核对'
    from all_rows a
    join all_rows b on b.role = 'roll' and b.name_fold = a.name_fold
    where a.role <> 'roll' and a.id_full is null and a.id not in (select row_id from tied)
      and a.id not in (select left_row_key from doubts)
      and (a.birth is null or b.birth is null or starts_with(a.birth, b.birth) or starts_with(b.birth, a.birth))
    group by a.id
"""


def _loose_and_roll(con: duckdb.DuckDBPyConnection, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Transfer and floating rows not tied to a roll entry yet, and roll rows that lead a person."""
    con.register("rows", rows)
    loose = con.execute(
        "select * from rows where role <> 'roll' and row_id not in (select left_row_key from doubts) and row_id not in "
        "(select t.row_id from tied t join all_rows a on a.id = t.lead_id where a.role = 'roll') order by row_id"
    ).to_arrow_table()
    roll = con.execute(
        "select * from rows where role = 'roll' and row_id in (select lead_id from tied) order by row_id"
    ).to_arrow_table()
    return loose, roll
