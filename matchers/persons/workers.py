"""One row per worker row that follows another row of the same person to that row's sure link, across platforms."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matchers.deciding.settling import decision_rules_of
from matchers.encoding.several import Numbers
from matchers.engine import Options, embedded
from matchers.engines.district import EncodedSides, matching
from matchers.engines.pair_columns import JUDGED
from matchers.relations import make, query_text
from matchers.sides.encoded import Both
from matchers.weighing.levels import pairs_at

RULE = "row_of_a_linked_worker"
SENTENCE = "与已凭身份证号连上的另一行是同一人（姓名、手机号或身份证号完整一致），随该行连到同一党员"
_OPPOSED = {
    "name": ("different",),
    "id_number": ("conflict", "one_digit"),
    "birth_date": ("conflict",),
    "sex": ("conflict",),
}


_WHOLE_MOBILE = np.uint64(16**11 - 1)
"""Eleven places shown."""


def followers(decided: pa.Table, sides: EncodedSides, *, options: Options | None = None) -> pa.Table:
    """One row per worker row (left_id) and the registry person (right_id) it may follow a sibling to.

    Only links by full ID or by a person's word lead; a number on rows of many names ties nobody.
    """
    owners = decision_rules_of(sides.model).owners
    model, side = sides.model, sides.both.left
    compared = [column for column in ("id_number", "birth_date", "sex") if column in model.columns]
    against: dict[str, tuple[str, ...]] = {column: tuple(model.kind(column).against) for column in compared}
    with matching(options) as con:
        con.register("decided", decided)
        con.register("numbers", _numbers(sides))
        con.register("full_ids", _full_ids(sides))
        tied = query_text("matchers.persons", "workers_tied.sql")
        make(con, "tied", tied, {"shared_names": owners.shared_from_names if owners else 2})
        pairs = con.execute("select anchor, row_id, right_id from tied order by all").to_arrow_table()
        seqs = [np.searchsorted(sides.left, np.asarray(pairs[name], np.int64)) for name in ("anchor", "row_id")]
        opposed = pairs_at(con, model, Both(side, side, True), (seqs[0], seqs[1]), against)
        con.register("agreeing", pairs.filter(pa.array(~opposed)))
        return con.execute(query_text("matchers.persons", "workers.sql")).to_arrow_table()


def _numbers(sides: EncodedSides) -> pa.Table:
    """One row per whole mobile number of a worker row with a full name."""
    columns = sides.both.left.columns
    phones: Numbers = columns["phone_all"]
    rows = phones.rows()
    kept = (phones.mask == _WHOLE_MOBILE) & (phones.digits & np.uint64(15) == 1) & (columns["name_kind"][rows] == 1)
    return pa.table({
        "row_id": sides.left[rows[kept]], "phone": phones.same[kept], "name_key": columns["name_key"][rows[kept]],
    })  # fmt: skip


def _full_ids(sides: EncodedSides) -> pa.Table:
    """One row per worker row with a full name and a full ID."""
    columns = sides.both.left.columns
    kept = (columns["name_kind"] == 1) & (columns["id_number_kind"] == 1)
    full_ids = {name: columns[name][kept] for name in ("name_key", "id_number_head", "id_number_tail")}
    return pa.table({"row_id": sides.left[kept], **full_ids})


def follow(decided: pa.Table, own: pa.Table, *, options: Options | None = None) -> pa.Table:
    """The decisions with the followers' pairs as strong links, where nothing their own levels show opposes.

    `own`: the followers' pairs decided by themselves (relation `decided`), from which levels, fields and flags are
    kept; a person's word on one of them stands.
    """
    levels = own["levels"]
    opposed = pc.equal(own["rule"], JUDGED)
    for name, against in _OPPOSED.items():
        opposed = pc.or_(opposed, pc.is_in(pc.struct_field(levels, name), pa.array(against)))
    with embedded(options, decided=decided, joined=own.filter(pc.invert(opposed))) as con:
        return con.execute(_FOLLOW, {"rule": RULE, "sentence": SENTENCE}).to_arrow_table()


_FOLLOW = """
select * from decided anti join joined using (left_id, right_id)
union all by name
select * replace (
    'link' as decision, 'strong' as match_class, null::varchar as doubt, $rule as rule, $sentence as reason
)
from joined
order by left_id, right_id
"""
