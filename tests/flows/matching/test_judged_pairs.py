"""Pairs persons judged are all scored, at the sizes at which the library hides rows, beside scores of none."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from sqlalchemy import insert

from flows.home.store import opened_store
from flows.ledger.review import pair_token, record_token
from flows.matching.steps import encode_sides, scored
from flows.run.context import RunContext
from matchers.relations import make
from schemas.contracts import stage_table
from schemas.store import JudgementRow
from tests.flows.ledger.district import AS_OF, context

SIDES = {130_321: 361, 140_625: 375}
"""So many workers and as many persons of one name are so many judged pairs, each somebody's word."""
_WORKERS = """
select x::bigint as row_key, 'platform' as source, 'worker' as role, 'R' || x as record_id, null::varchar as member_no,
    '李娜' as name, null::varchar as sex, null::varchar as birth_date, null::varchar as id_number,
    null::varchar as id_kind, []::varchar[] as phones, '骑手.csv' as file, null::varchar as sheet, x::int as row
from range(1, {many} + 1) t(x)
"""
_PERSONS = """
select (1000000 + x)::bigint as registry_id, 'M' || x as member_no, '李娜' as name, null::varchar as sex,
    null::varchar as birth_date, null::varchar as id_number, null::varchar as id_kind, []::varchar[] as phones
from range(1, {many} + 1) t(x)
"""


def judge_all(run: RunContext, many: int) -> None:
    """Everybody on the one side is judged to be everybody on the other."""
    empty = {"name": "李娜", "id_number": None, "id_kind": None, "phones": []}
    workers, persons = (
        [record_token(run.key, {**empty, "source": source, **numbered(f"{letter}{n}")}) for n in range(1, many + 1)]
        for source, letter, numbered in (
            ("platform", "R", lambda number: {"member_no": None, "record_id": number}),
            ("registry", "M", lambda number: {"member_no": number, "record_id": None}),
        )
    )
    word = {"left_token": "", "right_token": "", "judgement": "link", "judged_by": "甲", "judged_on": date(2026, 11, 1)}
    rows = [{**word, "pair_id": pair_token(run.key, one, other)} for one in workers for other in persons]
    with opened_store(run.home, run.settings.store_url) as store, store.engine.begin() as con:
        con.execute(insert(JudgementRow), rows)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    run = context(tmp_path_factory.mktemp("judged"), AS_OF)
    judge_all(run, max(SIDES.values()))
    return run


@pytest.mark.parametrize("pairs", SIDES)
def test_every_judged_pair_is_scored_where_the_rules_found_none(judged: RunContext, pairs: int) -> None:
    con = duckdb.connect(config={"threads": "2"})
    con.begin()
    make(con, "person_rows", _WORKERS.format(many=SIDES[pairs]))
    make(con, "registry_persons", _PERSONS.format(many=SIDES[pairs]))
    make(con, "other_names", "select 1::bigint as row_key, '李娜' as name where false")
    encode_sides(con, judged)
    make(con, "candidates", stage_table("candidates").schema.empty_table())
    assert scored(con, judged) == {"pairs": 0, "judged": pairs}
    distinct = "select count(*), count(distinct (left_id, right_id)), count(match_weight) from scored"
    assert con.execute(distinct).fetchone() == (pairs, pairs, pairs)
