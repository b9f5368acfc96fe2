"""Rows of one worker on several platforms: the thin row follows the sure one, and only then."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from matchers.engines.district import decide_pairs, score_candidates
from matchers.model.district import district_model
from matchers.persons.workers import RULE, follow, followers
from tests.matchers.conftest import decided, encoded, full_id, person_rows
from tests.matchers.deciding.test_deciding import ZHANG

MODEL = district_model()
SURE = {"name": "孟繁星", "id_number": full_id(), "id_kind": "full", "phones": ["15900009999"]}
THIN = {"name": "孟繁星", "phones": ["15900009999"]}
OTHER_ID = full_id(sequence="777", birth="19850101")


def joined(townspeople: pa.Table, *workers: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Links by worker row (ids from 1), siblings joined."""
    left = person_rows(*({"role": "worker", **row} for row in workers))
    right = pa.concat_tables([person_rows(ZHANG), townspeople])
    sides = encoded(left, right, MODEL)
    alone = decided(left, right, MODEL)
    pairs = followers(alone, sides)
    rules = pa.array([[RULE]] * pairs.num_rows, pa.list_(pa.string()))
    scored = score_candidates(pairs.append_column("blocking_rules", rules), sides, keep_all=True)
    table = follow(alone, decide_pairs(scored, sides))
    return {row["left_id"]: row for row in table.to_pylist() if row["decision"] == "link"}


def test_a_row_with_a_new_number_only_follows_the_row_that_shows_the_id(townspeople: pa.Table) -> None:
    links = joined(townspeople, SURE, THIN)
    assert (links[1]["match_class"], links[2]["match_class"]) == ("exact", "strong")
    assert links[2]["right_id"] == 1
    assert links[2]["rule"] == RULE


OPPOSED: dict[str, dict[str, Any]] = {
    "another name": {**THIN, "name": "孟建国"},
    "another number": {**THIN, "phones": ["15900008888"]},
    "visible digits of another ID": {**THIN, "id_number": OTHER_ID[:6] + "*" * 8 + OTHER_ID[-4:], "id_kind": "masked"},
    "another birth date": {**THIN, "birth_date": "1985-01-01"},
    "the other sex": {**THIN, "sex": "female"},
    "a masked name": {**THIN, "name": "孟*星"},
}


@pytest.mark.parametrize("case", OPPOSED)
def test_a_row_that_shows_anything_else_does_not_follow(case: str, townspeople: pa.Table) -> None:
    assert set(joined(townspeople, SURE, OPPOSED[case])) == {1}


def test_a_number_shared_by_an_office_ties_nobody(townspeople: pa.Table) -> None:
    colleagues = [{"name": name, "phones": ["15900009999"]} for name in ("赵一鸣", "钱二虎", "孙三省", "李四光")]
    assert set(joined(townspeople, SURE, THIN, *colleagues)) == {1}


def test_a_row_linked_by_less_than_a_full_id_leads_nobody(townspeople: pa.Table) -> None:
    by_phone = {"name": "孟繁星", "phones": ["13800001234", "15900009999"]}
    assert set(joined(townspeople, by_phone, THIN)) == {1}
