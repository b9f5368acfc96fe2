"""A column that a source fills is filled in the ledger; one that lost its values stops publication, by name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.ledger import publish
from flows.ledger.publish.columns import filled
from flows.run.context import RunContext
from matchers.relations import query_text
from schemas.errors import InputError
from schemas.policy import load_policy
from tests.flows.ledger.district import AS_OF, District, build, context, night, number_of

NAMES = "赵钱孙李周吴郑王冯陈"


def district(people: list[dict[str, Any]]) -> District:
    """A member and a worker row per person; cells from `roll` and from the rest."""
    made = District()
    made.org("云溪街道第一党支部", "O1", street="云溪街道")
    for turn, cells in enumerate(people):
        name, number = f"{NAMES[turn]}明", number_of(turn)
        rest = {name: value for name, value in cells.items() if name != "roll"}
        made.worker(name, number, made.member(name, number, **cells.get("roll", {})), **rest)
    return made


FULL: list[dict[str, Any]] = [
    {"record_id": f"W{turn}", "platform": "闪达", "unit_name": f"某{turn}配送站", "station": "云溪一站"}
    for turn in range(6)
]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, RunContext]]:
    """A night that is ready to be published, its ledger aside as `whole_ledger`."""
    run = context(tmp_path_factory.mktemp("full"))
    with build(district(FULL), run) as con:
        con.execute("create table whole_ledger as from ledger")
        yield con, run


@pytest.mark.parametrize(
    ("emptied", "said"),
    [
        ("member_no = null", "（member_no）：来源里6人有值，一本账里0人有值"),
        ("platforms = []", "（platforms）：来源里6人有值，一本账里0人有值"),
        ("units = []", "（units）：来源里6人有值，一本账里0人有值"),
        ("work_street = null", "（work_street）：来源里6人有值，一本账里0人有值"),
        ("evidence = list_transform(evidence, e -> struct_update(e, record_id := null::varchar))", "（record_id）"),
        ("member_no = case when member_no = (select max(member_no) from ledger) then member_no end", "一本账里1人有值"),
    ],
)
def test_a_column_its_sources_fill_and_the_ledger_does_not_stops_publication(
    emptied: str, said: str, full: tuple[duckdb.DuckDBPyConnection, RunContext]
) -> None:
    con, run = full
    con.execute("create or replace table ledger as from whole_ledger")
    con.execute(f"update ledger set {emptied}")
    with pytest.raises(InputError, match="一本账有的列空了，本次未发布") as caught:
        publish(con, run)
    assert said in str(caught.value) and caught.value.rule == "ledger_column_lost"
    assert not (run.home.ledger / "index.json").exists()


def test_a_column_that_lost_most_of_the_last_version_s_values_stops_publication(tmp_path: Path) -> None:
    policy = load_policy()
    small = policy.model_copy(update={"limits": policy.limits.model_copy(update={"compare_from_rows": 5})})
    night(district(FULL), context(tmp_path, policy=small))
    few = [
        {name: cell for name, cell in row.items() if name != "platform" or turn < 2} for turn, row in enumerate(FULL)
    ]
    later = context(tmp_path, AS_OF + timedelta(days=1), run_id="run-2", policy=small)
    with pytest.raises(InputError, match="（platforms）：上一版6人有值，本次2人有值"):
        night(district(few), later)
    allowed = small.model_copy(update={"limits": small.limits.model_copy(update={"column_loss_share": 0.7})})
    night(district(few), context(tmp_path, AS_OF + timedelta(days=1), run_id="run-3", policy=allowed))


def records(one: dict[str, Any]) -> list[str]:
    """The numbers of somebody's rows: a roll row always has one."""
    return [one["roll"].get("member_no", "M1"), *([one["record_id"]] if "record_id" in one else [])]


def is_short(number: str) -> bool:
    """Whether a number is too short to hold an ID or a phone, and so is surely published."""
    return sum(map(str.isdigit, number)) < 11


_CELLS = st.fixed_dictionaries(
    {"roll": st.fixed_dictionaries(
        {},
        optional={
            "member_no": st.sampled_from(["500113000001", "D7", "0012", "党－9", "50011319850312001X"]),
            "ethnicity": st.just("土家族"),
            "joined_on": st.just(AS_OF - timedelta(days=4000)),
            "member_type": st.sampled_from(["正式党员", "预备党员", None]),
            "branch_name": st.sampled_from(["云溪街道第一党支部", "外地党支部", None]),
        },
    )},
    optional={
        "record_id": st.sampled_from(["W1", "13812345678", "9-1-2", "A0001"]),
        "platform": st.sampled_from(["闪达", "美团"]),
        "unit_name": st.sampled_from(["云溪配送", "赵明便利店"]),
        "station": st.sampled_from(["云溪一站", "无名站"]),
        "street": st.sampled_from(["云溪街道", "别处"]),
        "file": st.sampled_from(["美团骑手.xlsx", "名单.xlsx"]),
    },
)  # fmt: skip


@settings(max_examples=4, deadline=None)
@given(people=st.lists(_CELLS, min_size=3, max_size=8))
@example(people=[{"roll": {"member_no": "500113000001"}}, {"roll": {}}, {"roll": {"member_no": "500113000001"}}])
def test_no_column_is_emptier_than_its_sources_allow(people: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = context(Path(folder))
        con = build(district(people), run)
        con.execute("create view ledger_new as select * from ledger")
        rows = con.execute(query_text("flows.ledger.publish", "columns.sql"), {"as_of": run.as_of}).fetchall()
        expected = dict(rows)
        found = filled(con, "ledger_new", list(expected))
        assert {name: many for name, many in expected.items() if found[name] < many} == {}
        # By hand, what the query says of the plainest columns.
        assert expected["ethnicity"] == sum("ethnicity" in one["roll"] for one in people)
        assert expected["platforms"] == sum("platform" in one or one.get("file") == "美团骑手.xlsx" for one in people)
        assert expected["record_id"] == sum(any(map(is_short, records(one))) for one in people)
        con.close()
