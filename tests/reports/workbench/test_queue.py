"""The queue of waiting pairs, for one account and its streets."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from reports.workbench.access import Role, SignedInAccount
from reports.workbench.queue import BITS, Filter, JudgedState, PairIndex
from reports.workbench.waterfall import waterfall
from schemas.contracts import ledger_table

DISTRICT = SignedInAccount("李审核", Role.REVIEWER)
STREET = SignedInAccount("石栈陈", Role.REVIEWER, frozenset({"石栈街道"}))


def pair(name: str, left: str | None, right: str | None, **values: Any) -> dict[str, Any]:
    side = {"name": "张*", "id_number": None, "phone": None, "unit": None}
    row = {
        "pair_id": name, "source": "platform", "file": "甲.csv", "sheet": None, "row": 2, "record_id": None,
        "member_no": f"M{name}", "doubt": "weak_evidence", "match_weight": 12.0, "match_probability": 0.9,
        "blocking_rules": ["same_name_sound"], "levels": {"name": "exact"}, "reason": "请核对",
        "left_masked": {**side, "street": left}, "right_masked": {**side, "street": right},
        "since": date(2026, 11, 19),
    }  # fmt: skip
    return {**row, **values}


def index_of(*rows: dict[str, Any], bits: pa.Table | None = None) -> PairIndex:
    schema = pa.schema([column.with_nullable(True) for column in ledger_table("review").schema])
    ledger = pa.schema([column.with_nullable(True) for column in ledger_table("ledger").schema]).empty_table()
    return PairIndex("v1", pa.Table.from_pylist(list(rows), schema=schema), ledger, bits or BITS.empty_table())


@pytest.fixture
def index() -> PairIndex:
    return index_of(
        pair("a", "云溪街道", "云溪街道", match_probability=0.5, row=3),
        pair("b", "云溪街道", "石栈街道", match_probability=0.7, row=4),
        pair("c", None, None, match_probability=0.999999, row=5),
        pair("d", "石栈街道", None, match_probability=0.8, doubt="conflict", source="transport", row=6),
    )


def names(index: PairIndex, account: SignedInAccount, chosen: Filter | None = None) -> list[str]:
    return [one.pair_id for one in index.page(account, chosen or Filter(), 1)]


def test_the_most_doubtful_comes_first_and_each_sees_its_streets(index: PairIndex) -> None:
    assert names(index, DISTRICT) == ["a", "b", "d", "c"]
    assert names(index, STREET) == ["b", "d"]
    assert index.count(STREET, Filter()) == 2


def test_rows_that_hang_on_a_pair_bring_it_forward() -> None:
    rows = [pair(name, None, None, member_no="M1", row=at) for at, name in enumerate("xyz", 2)]
    held = index_of(pair("alone", None, None, match_probability=0.8, row=9), *(rows))
    assert names(held, DISTRICT)[-1] == "alone"
    assert {one.pair_id for one in held.tied(DISTRICT, held.page(DISTRICT, Filter(), 1)[0])} < {"x", "y", "z"}


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (Filter(street="云溪街道"), ["a", "b"]),
        (Filter(source="transport"), ["d"]),
        (Filter(doubt="conflict"), ["d"]),
        (Filter(state="settled"), []),
        (Filter(street="没有这条街"), []),
    ],
)
def test_filters(index: PairIndex, chosen: Filter, found: list[str]) -> None:
    assert names(index, DISTRICT, chosen) == found


def test_a_filter_cannot_widen_what_an_account_sees(index: PairIndex) -> None:
    assert names(index, STREET, Filter(street="云溪街道")) == ["b"]
    assert [value for value, _ in index.choices(STREET)["street"]] == ["石栈街道"]


def test_the_next_pair_goes_round_and_leaves_out_what_is_settled(index: PairIndex) -> None:
    order = [one.place for one in index.page(DISTRICT, Filter(), 1)]
    index.stand({"b": JudgedState("settled", (("李审核", "link"),))})
    assert [found.pair_id for at in order if (found := index.after(DISTRICT, Filter(), at))] == ["d", "d", "c", "a"]
    index.stand({name: JudgedState("settled") for name in "acd"})
    assert index.after(DISTRICT, Filter(), 0) is None


def test_who_is_unsure_is_not_asked_again_but_others_are(index: PairIndex) -> None:
    index.stand({"a": JudgedState("unsure", (("李审核", "unsure"),))})
    assert "a" not in names(index, DISTRICT)
    assert "a" in names(index, SignedInAccount("周审核", Role.REVIEWER))
    assert names(index, DISTRICT, Filter(state="unsure")) == ["a"]


def test_what_two_disagree_on_waits_for_both(index: PairIndex) -> None:
    index.stand({"a": JudgedState("disputed", (("李审核", "link"), ("周审核", "not_link")))})
    assert names(index, DISTRICT)[0] == "a" and names(index, DISTRICT, Filter(state="disputed")) == ["a"]


def test_an_address_may_say_anything() -> None:
    chosen = Filter.of({"state": "'; drop table pairs; --", "street": "x" * 500, "who": "root"})
    assert chosen.state == "waiting" and len(chosen.street) == 60


def test_the_waterfall_starts_where_the_total_says_and_ends_at_it() -> None:
    bars, zero = waterfall({"name": 14.2, "id_number": 18.5, "phone": -1.5, "birth_date": 0.0}, 17.0)
    assert [(bar.title, bar.text) for bar in bars] == [
        ("起始", "-14.2"), ("姓名", "+14.2"), ("证件号", "+18.5"), ("手机", "-1.5"), ("合计", "+17.0"),
    ]  # fmt: skip
    assert bars[-1].x == zero and all(bar.width >= 2 and bar.x >= 84 for bar in bars)
    assert waterfall({}, 17.0)[0] == [] and waterfall({"name": 1.0}, None)[0] == []
