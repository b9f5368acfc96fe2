"""Hand-made districts (`tests/cases/domain`) on leads: what the registers settle is closed, what is taken back goes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from flows.home.store import Lead, opened_store
from tests.flows.ledger.cases import FIRST, Case, new_case

NEXT, LATER = FIRST + timedelta(days=1), FIRST + timedelta(days=2)


def confirm(case: Case, on: date, keys: set[str] | None = None) -> None:
    """A person confirms every open lead (of these people)."""
    with opened_store(case.home) as store:
        for row in case.table():
            for lead in row["leads"] if keys is None or row["person_key"] in keys else ():
                if lead["closed_on"] is None:
                    store.add_lead_event(Lead(row["person_key"], lead["code"], "已确认", "张三", on))


def lead_of(row: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = [lead for lead in row["leads"] if lead["code"] == code]
    return found


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> Case:
    case = new_case("c09_resolved_after_confirm", tmp_path_factory.mktemp("cases"))
    case.night("drop1", FIRST)
    confirm(case, FIRST)
    case.night("drop2", NEXT)
    return case


@pytest.mark.parametrize(
    ("number", "code", "cause"),
    [
        ("DY0001", "P1", "letter_received"), ("DY0002", "L1", "contact_restored"), ("DY0003", "P2", "moved_in"),
        ("DY0004", "W1", "worker_row_found"), ("DY0005", "F2", "moved_in"), ("DY0006", "S1", "membership_restored"),
        ("DY0007", "Y1", "declaration_corrected"), ("DY0009", "D1", "on_roll"),
    ],
)  # fmt: skip
def test_a_matter_the_registers_settle_is_closed_the_same_night_though_somebody_confirmed_it(
    resolved: Case, number: str, code: str, cause: str
) -> None:
    row = resolved.people()[number]
    assert row["statuses"] == ["N0"]
    lead = lead_of(row, code)
    assert (lead["state"], lead["checked_by"], lead["checked_on"]) == ("已办结", "张三", FIRST)
    assert (lead["opened_on"], lead["closed_on"], lead["cause"]) == (FIRST, NEXT, cause)
    (change,) = [one for one in resolved.table("changes") if one["person_key"] == row["person_key"]]
    assert change["cause"] == "lead_settled"


def test_a_confirmed_lead_that_nothing_settled_stays_open(resolved: Case) -> None:
    row = resolved.people()["DY0008"]
    lead = lead_of(row, "Y1")
    assert (row["statuses"], lead["state"], lead["closed_on"]) == (["Y1"], "已确认", None)


def test_a_closed_lead_leaves_after_its_time_and_a_deleted_member_the_same_night(resolved: Case) -> None:
    before = {row["member_no"]: row["person_key"] for row in resolved.table()}
    resolved.night("drop3", LATER)
    assert resolved.person(before["DY0008"]) is None  # off the roll, confirmed or not
    assert lead_of(resolved.people()["DY0001"], "P1")["closed_on"] == NEXT
    assert resolved.people()["DY0009"]["person_key"] == before["DY0009"]
    resolved.night("drop3", NEXT + timedelta(days=181))
    assert resolved.people()["DY0001"]["leads"] == []


@pytest.fixture(scope="module")
def withdrawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, dict[str, str]]:
    case = new_case("c11_withdrawals", tmp_path_factory.mktemp("cases"))
    case.night("drop1", FIRST)
    places = {
        ("self_reports", 2): "S1",
        ("self_reports", 3): "S2",
        ("self_reports", 4): "S3",
        ("self_reports", 5): "S4",
    }
    by_record = {
        places.get((piece["source"], piece["row"]), piece["record_id"]): row["person_key"]
        for row in case.table()
        for piece in row["evidence"]
    }
    confirm(case, FIRST, {by_record["S3"], by_record["D2"]})
    case.night("drop2", NEXT)
    return case, by_record


@pytest.mark.parametrize("record", ["S1", "S2", "S3", "S4", "D1", "D2"])
def test_consent_or_a_declaration_taken_back_is_gone_the_same_night_checked_or_not(
    withdrawn: tuple[Case, dict[str, str]], record: str
) -> None:
    case, by_record = withdrawn
    assert case.person(by_record[record]) is None


def test_those_who_still_stand_on_a_row_stay(withdrawn: tuple[Case, dict[str, str]]) -> None:
    case, by_record = withdrawn
    for record in ("LDY0002", "LDY0003", "D3"):
        assert case.person(by_record[record]) is not None


def test_an_erased_person_does_not_come_back_under_another_number(withdrawn: tuple[Case, dict[str, str]]) -> None:
    case, by_record = withdrawn
    with opened_store(case.home) as store:
        store.erase(by_record["D3"], NEXT, "局长", "本人要求")
    case.night("drop3", LATER)
    assert {row["member_no"] for row in case.table()} == {"DY0002", "DY0003"}
