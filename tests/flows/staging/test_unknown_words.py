"""Words that a coded field does not know are listed per file: of registers, and of the state in workers' files."""

from __future__ import annotations

import duckdb

from flows.staging.unknown_words import unknown_words
from matchers.relations import make
from schemas.contracts import load_sources


def test_a_state_of_a_workers_file_that_nobody_knows_is_listed_and_counts_as_at_work() -> None:
    sources = {name: one for name, one in load_sources().items() if name in ("platform", "party_members")}
    with duckdb.connect() as con:
        for name in sources:
            make(con, f"stage_{name}", "select range as row_key, '甲.csv' as file, '王小明' as name from range(6)")
        make(
            con,
            "stage_repairs",
            "select row_key, field, 'unknown_value' as repair, original from (values (0, 'work_state', '神游'), "
            "(1, 'work_state', '神游'), (2, 'work_state', '王小明'), (3, 'declared_member', '也许')) "
            "r(row_key, field, original)",
        )
        found = list(unknown_words(con, sources))
    assert found == [
        (
            "platform",
            "platform/甲.csv：“状态”里有不认识的写法：“神游”2行、（长文字或号码）1行；按“在岗”处理。"
            "处理办法：请报送部门改用约定的写法，或告知含义",
        )
    ]
