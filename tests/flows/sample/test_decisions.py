"""What the district's truth says of scope, units, hosts, advice and leads, by named cases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.sample import SampleOptions, generate
from flows.sample.branch_names import written_branch
from flows.sample.generate import draw_sheets, draw_world
from flows.sample.hosts import SampleRegister, right_hosts
from flows.sample.leads import SampleLeadBook
from flows.sample.organisations import draw_organisations
from flows.sample.sheets import Edit, Layout, SampleSheet, new_sheet
from flows.sample.statuses import LinkableWork, SampleDate, Workplace, statuses
from flows.sample.suggestions import SuggestionMember, Tally, advice, tally
from tests.flows.sample.test_truth import facts_of

FIRM = ("澜江区鑫驰配送服务有限公司", "91500113MA00000001", 0, 0)
OTHERS = [(f"澜江区顺{one}配送服务有限公司", f"9150011300000000{at}", 0, 1) for at, one in enumerate("达远通诚")]


@pytest.fixture(scope="module")
def register() -> SampleRegister:
    import numpy as np

    organisations = draw_organisations(np.random.default_rng(1), [FIRM, *OTHERS], 30)
    return SampleRegister(organisations, {"S00001": "U00000"})


def test_no_two_units_share_a_spelling_and_every_form_is_written(small: Path) -> None:
    rows = pq.read_table(small / "truth/units.parquet").to_pylist()
    whose: dict[str, set[str]] = {}
    for row in rows:
        if row["unit"][0] in "US":
            whose.setdefault(row["spelling"], set()).add(row["unit"])
    assert all(len(units) == 1 for units in whose.values())
    assert {"legal", "liability", "no_region", "city", "brackets", "short", "full_street"} <= {r["form"] for r in rows}


def test_teachers_nurses_and_shop_owners_are_out_of_scope_and_platform_rows_never(small: Path) -> None:
    rows = pq.read_table(small / "truth/rows.parquet").to_pylist()
    assert all(row["in_scope"] for row in rows if row["source"] in ("platform", "transport"))
    out = [row for row in rows if row["in_scope"] is False]
    assert {"other_employer", "other_job", "shop", "other_firm"} <= {row["scope_reason"] for row in out}
    assert all(row["linkable"] is False and row["trade"] is None for row in out)


def test_the_branch_of_the_station_s_firm_comes_before_the_industry_committee(register: SampleRegister) -> None:
    station = Workplace("外卖骑手", station="S00001")
    of_firm = right_hosts(register, [], [station], False, [])
    elsewhere = right_hosts(register, [], [Workplace("外卖骑手", station="S00009")], False, [])
    assert (of_firm.rule == "unit") == bool(register.of_unit("U00000"))
    assert elsewhere.rule == "trade_committee"
    assert elsewhere.hosts == ("中共澜江区市场监管行业委员会",)


def test_a_trade_without_committee_goes_to_the_street_of_work_then_of_home(register: SampleRegister) -> None:
    host = Workplace("网络主播", street="枫桥街道")
    assert right_hosts(register, [], [host], False, ["云溪街道"]).rule == "work_street"
    assert "中共澜江区枫桥街道工作委员会" in right_hosts(register, [], [host], False, ["云溪街道"]).hosts
    assert right_hosts(register, [], [Workplace("网络主播")], False, ["云溪街道"]).rule == "home_street"


def test_the_floating_register_s_host_comes_first(register: SampleRegister) -> None:
    named = "中共澜江区云溪街道流动党员支部委员会"
    rows = [facts_of("floating_members", host_org=named)]
    assert right_hosts(register, rows, [Workplace("外卖骑手")], True, []).hosts == (named,)


@pytest.mark.parametrize(
    ("count", "right"),
    [
        (Tally(full=7), ["committee"]),
        (Tally(full=3), ["branch"]),
        (Tally(full=2), ["joint", "instructor"]),
        (Tally(probationary=3), ["instructor"]),
        (Tally(), ["none"]),
    ],
)
def test_only_full_members_build_a_branch(register: SampleRegister, count: Tally, right: list[str]) -> None:
    assert advice(register, "S00009", count)[0] == right


def test_one_person_counts_in_one_unit_and_not_where_their_branch_serves_it(register: SampleRegister) -> None:
    newer, older = (
        Workplace("外卖骑手", "U00003", start=date(2026, 5, 1)),
        Workplace("外卖骑手", "U00004", start=date(2020, 1, 1)),
    )
    person = SuggestionMember((older, newer), True, False, False, False, frozenset())
    assert list(tally(register, [person])) == ["U00003"]
    own = register.of_unit("U00003")
    settled = SuggestionMember((newer,), True, False, False, False, frozenset(own))
    assert tally(register, [settled])["U00003"].full == (0 if own else 1)


def test_a_lead_closes_with_the_night_s_cause_and_lapses_without() -> None:
    book = SampleLeadBook()
    first, second = date(2026, 11, 18), date(2026, 11, 19)
    book.turn(first, {1: ["P1", "N0"], 2: ["L1"]}, {})
    leads = book.turn(second, {1: ["N0"]}, {1: "letter_received"})
    assert [(one.person, one.code, one.state, one.cause, one.closed_on) for one in leads] == [
        (1, "N0", "open", None, None),
        (1, "P1", "closed", "letter_received", second),
        (2, "L1", "lapsed", "rows_gone", second),
    ]


def test_a_file_that_does_not_come_brings_its_changes_when_it_comes_again() -> None:
    import numpy as np

    sheet: SampleSheet = new_sheet("platform", "一.csv", Layout("csv"), np.array([0, 1]))
    sheet.edits, sheet.missing = [Edit(1, 0), Edit(3, 0)], frozenset({1})
    sheet.last_night[1] = 1
    sheet.hold_back(4)
    assert [edit.night for edit in sheet.edits] == [2, 3]
    assert sheet.last_night[1] == 2


def test_rolls_that_contradict_each_other_accuse_nobody() -> None:
    said = {"branch_name": "丙", "floating": False, "joined_on": date(2015, 7, 1), "own_job": False}
    entries = [
        facts_of("party_members", **said, stopped=stopped, lost=True) for stopped in (False, True)
    ]  # fmt: skip
    work = LinkableWork(linked=1, denials=[date(2026, 1, 5)], starts=[date(2020, 1, 5)])
    night = SampleDate(date(2026, 11, 20), frozenset({"甲"}))
    assert statuses(entries[:1], work, night) == ["L1", "Y1", "P2"]
    assert statuses(entries, work, night) == ["N0"]


def test_some_rolls_contradict_each_other_from_a_night_on() -> None:
    options = SampleOptions(workers=3000, members=3500, seed=4, out=Path(), member_share=0.3, nights=4)
    world = draw_world(options)
    rolls = [sheet for sheet in draw_sheets(world) if sheet.source == "party_members"]
    edits = [
        (sheet, edit) for sheet in rolls for edit in sheet.edits
        if edit.facts.get("stopped") is True
    ]  # fmt: skip
    assert edits
    for sheet, edit in edits:
        person = sheet.person[edit.row]
        entries = [(one, row) for one in rolls for row in range(len(one)) if one.person[row] == person]
        assert len(entries) == 2
        assert [one.facts["stopped"][row] for one, row in entries] == [False, False]


def test_a_branch_is_written_in_several_forms() -> None:
    name = "中共澜江区云溪街道东林社区第一支部委员会"
    forms = {written_branch(name, chance / 100) for chance in range(100)}
    assert {name, "云溪街道东林社区第一党支部", "中共渝州市澜江区云溪街道东林社区第一支部委员会"} <= forms


def test_a_missing_platform_carries_its_people_and_every_night_states_its_leads(tmp_path: Path) -> None:
    generate(SampleOptions(workers=300, members=400, seed=4, out=tmp_path, member_share=0.3, nights=4))
    nights = sorted(tmp_path.iterdir())
    carried = [pq.read_table(night / "truth/members.parquet")["carried"].to_pylist() for night in nights]
    assert any(carried[1])
    assert not any(carried[3])
    states = {lead["state"] for lead in pq.read_table(nights[3] / "truth/leads.parquet").to_pylist()}
    assert states == {"open", "closed", "lapsed"}


def test_branches_of_a_city_are_numbered_past_ninety_nine() -> None:
    from flows.sample.organisations import _numeral

    written = {1: "一", 10: "十", 11: "十一", 20: "二十", 99: "九十九", 100: "一百", 101: "一百零一", 173: "一百七十三"}
    assert {number: _numeral(number) for number in written} == written
