from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.flows.ledger.district import District, build, context, ledger_of, number_of

HERE = "云溪街道第一党支部"


@pytest.fixture
def district() -> District:
    made = District()
    made.org(HERE, "500113000001", street="云溪街道")
    return made


def codes(district: District, tmp_path: Path) -> list[str]:
    rows = ledger_of(build(district, context(tmp_path)))
    assert len(rows) == 1
    assert rows[0]["primary_status"] == rows[0]["statuses"][0]
    return list(rows[0]["statuses"])


def linked(district: District, worker: dict[str, Any] | None = None, **member: Any) -> int:
    person = district.member("李建国", number_of(1), **member)
    district.worker("李建国", number_of(1), person, **(worker or {}))
    return person


def test_linked_member_in_order_is_n0(district: District, tmp_path: Path) -> None:
    linked(district)
    assert codes(district, tmp_path) == ["N0"]


def test_stopped_membership_who_works_here_is_s1_and_never_n0(district: District, tmp_path: Path) -> None:
    linked(district, membership_state="停止党籍")
    assert codes(district, tmp_path) == ["S1"]


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ({"reception_state": "未接收", "valid_until": date(2026, 11, 19)}, ["P1"]),
        ({"reception_state": "审批超时", "valid_until": date(2026, 11, 19)}, ["P1"]),
        ({"reception_state": "未接收", "valid_until": date(2026, 11, 20)}, ["N0"]),
        ({"reception_state": "未接收", "issued_on": date(2026, 8, 21)}, ["P1"]),
        ({"reception_state": "未接收", "issued_on": date(2026, 8, 22)}, ["N0"]),
        ({"reception_state": "未接收", "issued_on": date(2026, 9, 1), "valid_days": 30}, ["P1"]),
        ({"reception_state": "退回", "valid_until": date(2026, 1, 1)}, ["N0"]),
        ({"reception_state": None, "valid_until": date(2026, 1, 1)}, ["N0"]),
        ({"reception_state": "未接收"}, ["N0"]),
        ({"reception_state": "未接收", "valid_until": date(2026, 1, 1), "to_org": HERE}, ["N0"]),
    ],
)  # fmt: skip
def test_pocket_member_by_the_newest_letter(
    district: District, tmp_path: Path, letter: dict[str, Any], expected: list[str]
) -> None:
    person = linked(district)
    district.register("party_transfers", person, **letter)
    assert codes(district, tmp_path) == expected


def test_later_reception_cancels_the_pocketed_letter(district: District, tmp_path: Path) -> None:
    person = linked(district)
    district.register("party_transfers", person, reception_state="未接收", issued_on=date(2026, 3, 1))
    district.register(
        "party_transfers", person, reception_state="已接收", issued_on=date(2026, 2, 1), received_on=date(2026, 4, 1)
    )
    assert codes(district, tmp_path) == ["N0"]


def test_an_older_pocketed_letter_does_not_count_after_a_newer_one(district: District, tmp_path: Path) -> None:
    person = linked(district)
    district.register("party_transfers", person, reception_state="未接收", issued_on=date(2026, 1, 1))
    district.register("party_transfers", person, reception_state="未接收", issued_on=date(2026, 11, 1))
    assert codes(district, tmp_path) == ["N0"]


def test_a_letter_tied_by_name_alone_makes_no_pocket_member(district: District, tmp_path: Path) -> None:
    person = linked(district)
    district.registry[person]["id_number"] = None
    district.register("party_transfers", person, reception_state="未接收", issued_on=date(2026, 1, 1))
    district.registry[person]["id_number"] = number_of(1)
    assert codes(district, tmp_path) == ["N0"]


def test_inflow_person_can_carry_a_pocketed_letter(district: District, tmp_path: Path) -> None:
    person = district.inflow(
        "party_transfers", "周海", number_of(3), reception_state="未接收", valid_until=date(2026, 5, 1)
    )
    district.worker("周海", number_of(3), person)
    assert codes(district, tmp_path) == ["P1"]


def _asked(district: District, **answer: Any) -> None:
    linked(district, {"declared_member": False, "started_on": date(2024, 1, 1), **answer}, joined_on=date(2015, 7, 1))
    asker = district.worker("王小明", number_of(9), declared_member=True)
    district.decide(asker, 0, "review", None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, ["Y1"]),
        ({"match_class": "confirmed"}, ["Y1"]),
        ({"match_class": "strong"}, ["N0"]),
        ({"declared_member": None}, ["N0"]),
        ({"started_on": None}, ["N0"]),
        ({"started_on": date(2015, 7, 1)}, ["N0"]),
        ({"started_on": date(2014, 1, 1)}, ["N0"]),
        ({"file": "另一文件.xlsx"}, ["N0"]),
    ],
)  # fmt: skip
def test_hidden_member_only_where_a_source_asked_after_joining(
    district: District, tmp_path: Path, answer: dict[str, Any], expected: list[str]
) -> None:
    _asked(district, **answer)
    assert codes(district, tmp_path) == expected


def test_hidden_member_needs_a_known_joining_date(district: District, tmp_path: Path) -> None:
    linked(district, {"declared_member": False, "started_on": date(2024, 1, 1)})
    asker = district.worker("王小明", number_of(9), declared_member=True)
    district.decide(asker, 0, "review", None)
    assert codes(district, tmp_path) == ["N0"]


@pytest.mark.parametrize(
    ("started", "branch", "expected"),
    [
        (date(2026, 5, 20), "外县第三党支部", ["P2"]),
        (date(2026, 5, 21), "外县第三党支部", ["N0"]),
        (None, "外县第三党支部", ["N0"]),
        (date(2020, 1, 1), HERE, ["N0"]),
        (date(2020, 1, 1), "中共" + HERE, ["N0"]),
        (date(2020, 1, 1), None, ["N0"]),
    ],
)  # fmt: skip
def test_should_have_moved_after_six_months_with_a_branch_elsewhere(
    district: District, tmp_path: Path, started: date | None, branch: str | None, expected: list[str]
) -> None:
    linked(district, {"started_on": started}, branch_name=branch)
    assert codes(district, tmp_path) == expected


def test_registered_floating_or_transferred_is_not_should_have_moved(district: District, tmp_path: Path) -> None:
    person = linked(district, {"started_on": date(2020, 1, 1)}, branch_name="外县第三党支部")
    district.register("party_transfers", person, reception_state="已接收", issued_on=date(2026, 1, 1))
    assert codes(district, tmp_path) == ["N0"]


def test_lost_contact_found_by_a_worker_row(district: District, tmp_path: Path) -> None:
    linked(district, lost_contact=True)
    assert codes(district, tmp_path) == ["L1"]


def test_a_lost_member_who_signs_up_is_found(district: District, tmp_path: Path) -> None:
    linked(district, {"source": "self_reports"}, lost_contact=True)
    assert codes(district, tmp_path) == ["L1"]


@pytest.mark.parametrize(("until", "expected"), [(date(2026, 11, 20), ["P2"]), (date(2026, 11, 19), ["N0"])])
def test_a_licence_is_evidence_of_work_only_while_it_holds(
    district: District, tmp_path: Path, until: date, expected: list[str]
) -> None:
    licence = {"source": "transport", "valid_from": date(2020, 1, 1), "valid_to": until}
    linked(district, licence, branch_name="外县第三党支部")
    (row,) = ledger_of(build(district, context(tmp_path)))
    assert row["statuses"] == expected
    told = [name for one in row["evidence"] if one["role"] == "worker" for name in one["fields"]]
    assert ("valid_from" in told) == (expected == ["P2"])


def test_a_letter_that_may_be_a_roll_members_is_cancelled_by_that_entrys_branch(
    district: District, tmp_path: Path
) -> None:
    letter = district.inflow(
        "party_transfers", "周海", number_of(3), reception_state="未接收", valid_until=date(2026, 5, 1), to_org=HERE
    )
    district.worker("周海", number_of(3), letter)
    entry = district.member("周海", None)
    district.doubt(letter, entry)
    assert codes(district, tmp_path) == ["N0"]


def test_lost_contact_without_a_worker_row_is_no_finding(district: District, tmp_path: Path) -> None:
    district.member("李建国", number_of(1), lost_contact=True, job="外卖骑手")
    assert codes(district, tmp_path) == ["W1"]


def test_floating_by_flag_and_by_register(district: District, tmp_path: Path) -> None:
    linked(district, is_floating=True)
    assert codes(district, tmp_path) == ["F1"]


def test_inflow_by_the_floating_register(district: District, tmp_path: Path) -> None:
    person = district.inflow("floating_members", "周海", number_of(3), flow_direction="流入", home_branch="外县支部")
    district.worker("周海", number_of(3), person)
    assert codes(district, tmp_path) == ["F2"]


@pytest.mark.parametrize(
    ("job", "unit", "found"),
    [
        ("外卖骑手", None, True),
        (None, "顺达快递营业部", True),
        ("外卖配送监管科科员", "市场监督管理局", False),
        ("教师", "第一中学", False),
        (None, None, False),
    ],
)
def test_own_job_by_the_rolls_own_words(
    district: District, tmp_path: Path, job: str | None, unit: str | None, found: bool
) -> None:
    district.member("李建国", number_of(1), job=job, unit_name=unit)
    rows = ledger_of(build(district, context(tmp_path)))
    assert [(row["statuses"], row["match_class"]) for row in rows] == ([(["W1"], "own_job")] if found else [])


def test_self_declared_without_a_roll_match(district: District, tmp_path: Path) -> None:
    district.worker("王小明", number_of(9), declared_member=True)
    assert codes(district, tmp_path) == ["D1"]


def test_self_declared_is_kept_out_while_any_row_of_theirs_waits(district: District, tmp_path: Path) -> None:
    person = district.member("王小明", None)
    district.worker("王小明", number_of(9), declared_member=True, phones=["13900000001"])
    waiting = district.worker("王小明", None, declared_member=None, phones=["13900000001"])
    district.decide(waiting, person, "review", None)
    assert ledger_of(build(district, context(tmp_path))) == []


def test_rows_of_one_declarer_are_one_person(district: District, tmp_path: Path) -> None:
    district.worker("王小明", number_of(9), declared_member=True)
    district.worker("王小明", number_of(9), declared_member=True, phones=["13900000001"])
    district.worker("王小明", None, declared_member=True, phones=["13900000001"], source="human_resources")
    district.worker("王*", None, declared_member=True, phones=["139****0001"])
    rows = ledger_of(build(district, context(tmp_path)))
    assert sorted(sum(one["role"] == "worker" for one in row["evidence"]) for row in rows) == [1, 3]


def test_primary_status_follows_the_policys_order(district: District, tmp_path: Path) -> None:
    person = linked(district, membership_state="停止党籍", lost_contact=True, is_floating=True)
    district.register("party_transfers", person, reception_state="未接收", issued_on=date(2026, 1, 1))
    assert codes(district, tmp_path) == ["S1", "P1", "L1", "F1"]


def test_a_member_who_signed_up_here_works_here(district: District, tmp_path: Path) -> None:
    person = district.member("李建国", number_of(1), branch_name="外地党支部", branch_code="999")
    district.register("floating_members", person, flow_direction="流入")
    district.worker("李建国", number_of(1), person, source="self_reports")
    assert "F2" in codes(district, tmp_path)


def test_a_full_branch_gives_way_to_the_next_that_fits(tmp_path: Path) -> None:
    made = District()
    made.org("云溪街道外卖行业第一党支部", "5001", street="云溪街道", trade="外卖配送", full_members=120)
    made.org("石栈街道外卖行业第二党支部", "5002", street="石栈街道", trade="外卖配送", full_members=20)
    linked(made, {"job": "外卖骑手", "address": "云溪街道1号"})
    (row,) = ledger_of(build(made, context(tmp_path)))
    assert row["host_org_code"] == "5002"
    assert [one["record_id"] for one in row["evidence"] if one["role"] == "organisation"] == ["5002"]


def test_of_several_that_fit_the_one_in_the_street_of_work_is_named(tmp_path: Path) -> None:
    made = District()
    made.org("石栈街道外卖行业第二党支部", "5001", street="石栈街道", trade="外卖配送")
    made.org("云溪街道外卖行业第一党支部", "5002", street="云溪街道", trade="外卖配送")
    linked(made, {"job": "外卖骑手", "street": "云溪街道", "source": "market_regulation", "unit_name": "云溪外卖店"})
    (row,) = ledger_of(build(made, context(tmp_path)))
    assert row["host_org_code"] == "5002"


def test_another_companys_branch_is_not_the_trades_branch(tmp_path: Path) -> None:
    made = District()
    made.org("达淘配送公司党支部", "5001", street="云溪街道", trade="外卖配送", linked_unit="达淘配送公司")
    made.org("市场监管行业委员会", "5002", kind="行业党委", trade="外卖")
    linked(made, {"job": "外卖骑手", "unit_name": "祥源配送公司"})
    (row,) = ledger_of(build(made, context(tmp_path)))
    assert (row["host_org_code"], row["host_rule"][:4]) == ("5002", "第五顺位")
