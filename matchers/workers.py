"""Worker rows of one person, joined across platforms: a row of thin evidence follows its sibling's sure link."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from matchers.engine import Options, embedded
from matchers.evidence.deciding import settling_of
from matchers.evidence.tables import Tables, load
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import level_among
from matchers.relations import query_text

JUDGED = "judgement_of_a_person"
RULE = "row_of_a_linked_worker"
SENTENCE = "与已凭身份证号连上的另一行是同一人（姓名、手机号或身份证号完整一致），随该行连到同一党员"
_OPPOSED = {
    "name": ("different",),
    "id_number": ("conflict", "one_digit"),
    "birth_date": ("conflict",),
    "sex": ("conflict",),
}


def followers(decided: pa.Table, workers: pa.Table, model: LinkModel, *, options: Options | None = None) -> pa.Table:
    """One row per worker row (left_id) and the registry person (right_id) it may follow a sibling to.

    Only links by full ID or by a person's word lead; a number on rows of many names ties nobody.
    """
    owners = settling_of(model).owners
    text = query_text("matchers", "workers.sql")
    for column in ("id_number", "birth_date", "sex"):
        text = text.replace("{opposed_" + column + "}", level_among(model, column, tuple(model.kind(column).against)))
    with embedded(options, decided=decided) as con:
        load(con, Tables(workers, None), model)
        return con.execute(text, {"shared_names": owners.most_names if owners else 2}).to_arrow_table()


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
