"""One row per person of the registry: the roll, the transfer and the floating register, resolved to persons.

Rows of one full ID with compatible names are one person. A transfer or floating row without a full ID joins the roll
person it links to by the same evidence tiers that workers are held to. One that might be somebody on the roll, but is
not proven so, is left out and listed as a doubt: two entries for one person would make every match of theirs doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from matchers.engine import Options
from matchers.engines.district import EncodedSides, decided_pairs, encode_rows, matching
from matchers.model.link_model import LinkModel
from matchers.relations import append, make, run_script, script
from matchers.sides.encoded import Both
from matchers.sides.headers import fitted
from matchers.weighing.levels import pairs_at

_OTHER_NAME = {"name": ("different",)}
_OTHER_BIRTH = {"birth_date": ("swapped", "conflict")}

_ALL_ROWS = """
    select e.*, i.role, case i.role when 'roll' then 0 when 'transfer' then 1 else 2 end as role_rank
    from encoded e join registry_input i on i.row_id = e.id
"""

_SAME_ID = """
    with firsts as (
        select id_number_head, id_number_tail, min_by(id, (role_rank, id)) as lead_id
        from all_rows where has_id group by all
    )
    select r.id as row_id, f.lead_id, r.role, l.role as lead_role, l.seq as lead_seq, r.seq as row_seq
    from firsts f join all_rows l on l.id = f.lead_id
    join all_rows r on r.has_id and r.id_number_head = f.id_number_head and r.id_number_tail = f.id_number_tail
    order by 1
"""


@dataclass(frozen=True)
class Registry:
    """`registry_persons` and `registry_doubts` by the contracts of those names."""

    persons: pa.Table
    doubts: pa.Table


def resolve_registry(rows: pa.Table, model: LinkModel, *, options: Options | None = None) -> Registry:
    """Resolve registry rows (`person_rows` of roles roll, transfer, floating, with row_id) to persons."""
    chosen = options or Options()
    named, _, smaller = fitted(rows, None, model)
    sides = encode_rows(named, None, smaller, threads=chosen.threads)
    with matching(chosen) as con:
        con.register("registry_input", rows)
        con.register("encoded", _compared(sides))
        make(con, "all_rows", _ALL_ROWS)
        make(con, "same_id", _same_id(con, sides))
        _tie_loose_rows(con, sides, options)
        run_script(con, script("matchers.persons", "registry.sql"))
        persons = con.execute("select * from registry_persons order by registry_id").to_arrow_table()
        doubts = con.execute("select * from doubts order by left_row_key, right_row_key").to_arrow_table()
    return Registry(persons, doubts)


def _compared(sides: EncodedSides) -> pa.Table:
    """One row per registry row: its number, its full ID in two halves, and how its name sounds."""
    columns = sides.both.left.columns
    return pa.table({
        "seq": np.arange(len(sides.left)), "id": sides.left, "has_id": pa.array(columns["id_number_kind"] == 1),
        "id_number_head": columns["id_number_head"], "id_number_tail": columns["id_number_tail"],
        "name_kind": columns["name_kind"], "name_fold": columns["name_fold"],
    })  # fmt: skip


def _same_id(con: duckdb.DuckDBPyConnection, sides: EncodedSides) -> pa.Table:
    """One row per registry row with a full ID: the first row of that ID, and whether both names can be one person's."""
    pairs = con.execute(_SAME_ID).to_arrow_table()
    seqs = (np.asarray(pairs["lead_seq"], np.int64), np.asarray(pairs["row_seq"], np.int64))
    other = pairs_at(con, sides.model, sides.both, seqs, _OTHER_NAME)
    return pairs.drop_columns(["lead_seq", "row_seq"]).append_column("compatible", pa.array(~other))


def _tie_loose_rows(con: duckdb.DuckDBPyConnection, sides: EncodedSides, options: Options | None) -> None:
    """Make `tied` and `doubts`: rows of one ID first, then loose transfer and floating rows against the roll."""
    make(con, "tied", "select row_id, lead_id from same_id where compatible")
    append(
        con,
        "tied",
        "select id as row_id, id as lead_id from all_rows where role = 'roll' and id not in (select row_id from tied)",
    )
    make(con, "doubts", _ID_DOUBTS)
    con.register("decided_loose", decided_pairs(_loose_and_roll(con, sides), options=options))
    run_script(con, _TIE_BY_LINK)
    append(con, "doubts", _DOUBTS_BY_REVIEW)
    con.register("of_one_sound", _rows_of_same_sound(con, sides))
    append(con, "doubts", _UNPROVEN)
    append(
        con,
        "tied",
        "select id as row_id, id as lead_id from all_rows where id not in (select row_id from tied) "
        "and (has_id or id not in (select left_row_key from doubts))",
    )


_ID_DOUBTS = """
    select row_id as left_row_key, lead_id as right_row_key,
        case when role = 'roll' then 'duplicate_roll_entry' else 'conflict' end as doubt,
        case when role = 'roll' and compatible then '党员名册中两行身份证号相同，已并为一人，请核对是否重复登记'
             when role = 'roll' then '党员名册中两行身份证号相同但姓名不符，请核对'
             else '身份证号与名册一致但姓名不符，请核对' end as reason,
        false as name_alone
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
    insert into tied by name select row_id, lead_id from merged;
"""

_DOUBTS_BY_REVIEW = """
    select left_id as left_row_key, right_id as right_row_key, doubt, reason, false as name_alone from decided_loose
    where decision = 'review' and left_id not in (select left_row_key from doubts)
      and left_id not in (select row_id from merged)
"""

# Loose rows without a full ID whose name sounds like somebody's on the roll, nothing speaking against it.
_SAME_SOUND = """
    select l.id as left_row_key, r.id as right_row_key, l.seq as left_seq, r.seq as right_seq
    from all_rows l
    join all_rows r on r.role = 'roll' and r.name_fold = nullif(l.name_fold, 0)
    where l.role <> 'roll' and not l.has_id and l.id not in (select row_id from tied)
      and l.id not in (select left_row_key from doubts)
    order by all
"""
_UNPROVEN = """
    select left_row_key, min(right_row_key) as right_row_key, 'weak_evidence' as doubt,
        '转接或流动登记中的这一行只有姓名与名册相近，不能确定是否同一人' as reason, true as name_alone
    from of_one_sound group by left_row_key
"""


def _rows_of_same_sound(con: duckdb.DuckDBPyConnection, sides: EncodedSides) -> pa.Table:
    """One row per loose row and roll row whose names sound alike and whose birth dates can be one person's."""
    pairs = con.execute(_SAME_SOUND).to_arrow_table()
    seqs = (np.asarray(pairs["left_seq"], np.int64), np.asarray(pairs["right_seq"], np.int64))
    other = pairs_at(con, sides.model, sides.both, seqs, _OTHER_BIRTH)
    return pairs.select(["left_row_key", "right_row_key"]).filter(pa.array(~other))


def _loose_and_roll(con: duckdb.DuckDBPyConnection, sides: EncodedSides) -> EncodedSides:
    """Transfer and floating rows not tied to a roll entry yet, and roll rows that lead a person."""
    loose = con.execute(
        "select seq from all_rows where role <> 'roll' and id not in (select left_row_key from doubts) and id not in "
        "(select t.row_id from tied t join all_rows a on a.id = t.lead_id where a.role = 'roll') order by seq"
    ).fetchnumpy()["seq"]
    roll = con.execute(
        "select seq from all_rows where role = 'roll' and id in (select lead_id from tied) order by seq"
    ).fetchnumpy()["seq"]
    side, loose, roll = sides.both.left, np.asarray(loose, np.int64), np.asarray(roll, np.int64)
    return EncodedSides(
        Both(side.rows_at(loose), side.rows_at(roll), False), sides.left[loose], sides.left[roll], sides.model
    )
