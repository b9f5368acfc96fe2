"""Statuses by the rules: one district, one night, a person per case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.flows.ledger.district import District, build, context, ledger_of, number_of

HERE, ELSEWHERE = "云溪街道第一党支部", "外县第三党支部"
Row = dict[str, Any]


@dataclass
class Someone:
    """The people of one case: a name, numbers and files of their own in the district of all cases."""

    district: District
    turn: int
    worker_rows: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return f"李建{chr(0x5200 + self.turn)}"

    @property
    def number(self) -> str:
        return number_of(self.turn, year=1970 + self.turn // 50)

    def member(self, number: str | None = "", **cells: Any) -> int:
        said = {"member_no": f"M{self.turn}", **cells}
        return self.district.member(self.name, self.number if number == "" else number, **said)

    def worker(self, person: int | None = None, number: str | None = "", **cells: Any) -> int:
        cells = {"name": self.name, "file": f"{self.turn}.xlsx", **cells}
        record = f"W{self.turn}-{len(self.worker_rows)}"
        self.worker_rows.add(record)
        number = self.number if number == "" else number
        return self.district.worker(cells.pop("name"), number, person, record_id=record, **cells)

    def linked(self, worker: dict[str, Any] | None = None, **member: Any) -> int:
        person = self.member(**member)
        self.worker(person, **(worker or {}))
        return person

    def letter(self, person: int, **cells: Any) -> int:
        return self.district.register("party_transfers", person, **cells)

    def inflow(self, source: str, **cells: Any) -> int:
        return self.district.inflow(source, self.name, self.number, **cells)

    def asker(self) -> None:
        """Another worker of the same file, whom it asked whether they are a member; they wait for a person."""
        other = self.district.worker(
            "王小明", number_of(self.turn, year=1950), file=f"{self.turn}.xlsx", declared_member=True
        )
        self.district.decide(other, 0, "review", None)

    def rows(self, ledger: list[Row]) -> list[Row]:
        """Their rows of the ledger."""
        pieces = self.worker_rows
        return [
            row for row in ledger
            if row["member_no"] == f"M{self.turn}" or pieces & {one["record_id"] for one in row["evidence"]}
        ]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What is so of somebody, and the statuses of the one row the ledger must have of them; none: no row at all."""

    title: str
    set_up: Callable[[Someone], object]
    codes: tuple[str, ...]


CASES: list[Case] = []


def case(*codes: str) -> Callable[[Callable[[Someone], object]], Callable[[Someone], object]]:
    """Take the function's name for the case's title."""

    def taken(set_up: Callable[[Someone], object]) -> Callable[[Someone], object]:
        CASES.append(Case(set_up.__name__, set_up, codes))
        return set_up

    return taken


def cases(title: str, set_up: Callable[[Someone, Any], object], table: list[tuple[Any, list[str]]]) -> None:
    """A case per line of a table."""
    for line, codes in table:
        CASES.append(Case(f"{title} {line}", lambda one, line=line: set_up(one, line), tuple(codes)))  # type: ignore[misc]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """The ledger's rows of each case's people."""
    made = District()
    made.org(HERE, "500113000001", street="云溪街道")
    some = {one.title: Someone(made, turn) for turn, one in enumerate(CASES)}
    assert len(some) == len(CASES), "two cases of one title"
    for one in CASES:
        one.set_up(some[one.title])
    con = build(made, context(tmp_path_factory.mktemp("statuses")))
    ledger = ledger_of(con)
    con.close()
    return {title: one.rows(ledger) for title, one in some.items()}


@case("N0")
def linked_member_in_order_is_n0(one: Someone) -> None:
    one.linked()


@case("S1")
def stopped_membership_who_works_here_is_s1_and_never_n0(one: Someone) -> None:
    one.linked(membership_state="停止党籍")


cases(
    "pocket member by the newest letter",
    lambda one, letter: one.letter(one.linked(), **letter),
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
)


@case("N0")
def later_reception_cancels_the_pocketed_letter(one: Someone) -> None:
    person = one.linked()
    one.letter(person, reception_state="未接收", issued_on=date(2026, 3, 1))
    one.letter(person, reception_state="已接收", issued_on=date(2026, 2, 1), received_on=date(2026, 4, 1))


@case("N0")
def an_older_pocketed_letter_does_not_count_after_a_newer_one(one: Someone) -> None:
    person = one.linked()
    one.letter(person, reception_state="未接收", issued_on=date(2026, 1, 1))
    one.letter(person, reception_state="未接收", issued_on=date(2026, 11, 1))


@case("N0")
def a_letter_tied_by_name_alone_makes_no_pocket_member(one: Someone) -> None:
    person = one.linked()
    one.district.registry[person]["id_number"] = None
    one.letter(person, reception_state="未接收", issued_on=date(2026, 1, 1))
    one.district.registry[person]["id_number"] = one.number


@case("P1")
def inflow_person_can_carry_a_pocketed_letter(one: Someone) -> None:
    one.worker(one.inflow("party_transfers", reception_state="未接收", valid_until=date(2026, 5, 1)))


def _asked(one: Someone, answer: dict[str, Any]) -> None:
    one.linked({"declared_member": False, "started_on": date(2024, 1, 1), **answer}, joined_on=date(2015, 7, 1))
    one.asker()


cases(
    "hidden member only where a source asked after joining",
    _asked,
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
)


@case("N0")
def hidden_member_needs_a_known_joining_date(one: Someone) -> None:
    one.linked({"declared_member": False, "started_on": date(2024, 1, 1)})
    one.asker()


cases(
    "should have moved after six months with a branch elsewhere",
    lambda one, said: one.linked({"started_on": said[0]}, branch_name=said[1]),
    [
        ((date(2026, 5, 20), ELSEWHERE), ["P2"]),
        ((date(2026, 5, 21), ELSEWHERE), ["N0"]),
        ((None, ELSEWHERE), ["N0"]),
        ((date(2020, 1, 1), HERE), ["N0"]),
        ((date(2020, 1, 1), "中共" + HERE), ["N0"]),
        ((date(2020, 1, 1), None), ["N0"]),
    ],
)


@case("N0")
def registered_floating_or_transferred_is_not_should_have_moved(one: Someone) -> None:
    person = one.linked({"started_on": date(2020, 1, 1)}, branch_name=ELSEWHERE)
    one.letter(person, reception_state="已接收", issued_on=date(2026, 1, 1))


@case("L1")
def lost_contact_found_by_a_worker_row(one: Someone) -> None:
    one.linked(lost_contact=True)


@case("L1")
def a_lost_member_who_signs_up_is_found(one: Someone) -> None:
    one.linked({"source": "self_reports"}, lost_contact=True)


LICENCE = "a licence is evidence of work only while it holds"
LICENCES = [(date(2026, 11, 20), ["P2"]), (date(2026, 11, 19), ["N0"])]


def _licensed(one: Someone, until: date) -> None:
    one.linked({"source": "transport", "valid_from": date(2020, 1, 1), "valid_to": until}, branch_name=ELSEWHERE)


cases(LICENCE, _licensed, LICENCES)


@case("N0")
def a_letter_that_may_be_a_roll_members_is_cancelled_by_that_entrys_branch(one: Someone) -> None:
    letter = one.inflow("party_transfers", reception_state="未接收", valid_until=date(2026, 5, 1), to_org=HERE)
    one.worker(letter)
    one.district.doubt(letter, one.member(None))


@case("W1")
def lost_contact_without_a_worker_row_is_no_finding(one: Someone) -> None:
    one.member(lost_contact=True, job="外卖骑手")


@case("F1")
def floating_by_flag_and_by_register(one: Someone) -> None:
    one.linked(is_floating=True)


@case("F2")
def inflow_by_the_floating_register(one: Someone) -> None:
    one.worker(one.inflow("floating_members", flow_direction="流入", home_branch="外县支部"))


OWN_JOB = "own job by the rolls own words"
OWN_JOBS: list[tuple[Any, list[str]]] = [
    (("外卖骑手", None), ["W1"]),
    ((None, "顺达快递营业部"), ["W1"]),
    (("外卖配送监管科科员", "市场监督管理局"), []),
    (("教师", "第一中学"), []),
    ((None, None), []),
]
cases(OWN_JOB, lambda one, said: one.member(job=said[0], unit_name=said[1]), OWN_JOBS)


@case("D1")
def self_declared_without_a_roll_match(one: Someone) -> None:
    one.worker(declared_member=True)


@case()
def self_declared_is_kept_out_while_any_row_of_theirs_waits(one: Someone) -> None:
    person = one.member(None)
    one.worker(declared_member=True, phones=["13900000001"])
    waiting = one.worker(number=None, declared_member=None, phones=["13900000001"])
    one.district.decide(waiting, person, "review", None)


@case("S1", "P1", "L1", "F1")
def primary_status_follows_the_policys_order(one: Someone) -> None:
    person = one.linked(membership_state="停止党籍", lost_contact=True, is_floating=True)
    one.letter(person, reception_state="未接收", issued_on=date(2026, 1, 1))


@pytest.mark.parametrize("about", CASES, ids=lambda one: one.title)
def test_the_ledger_gives_somebody_these_statuses_and_no_others(people: dict[str, list[Row]], about: Case) -> None:
    rows = people[about.title]
    assert [row["statuses"] for row in rows] == ([list(about.codes)] if about.codes else [])
    assert [row["primary_status"] for row in rows] == list(about.codes[:1])


@pytest.mark.parametrize(("until", "codes"), LICENCES)
def test_only_a_licence_that_holds_is_named_as_evidence(
    people: dict[str, list[Row]], until: date, codes: list[str]
) -> None:
    (row,) = people[f"{LICENCE} {until}"]
    told = [name for one in row["evidence"] if one["role"] == "worker" for name in one["fields"]]
    assert ("valid_from" in told) == (codes == ["P2"])


@pytest.mark.parametrize(("said", "codes"), OWN_JOBS)
def test_who_is_found_by_the_rolls_own_words_is_of_that_class(
    people: dict[str, list[Row]], said: tuple[str | None, str | None], codes: list[str]
) -> None:
    assert [row["match_class"] for row in people[f"{OWN_JOB} {said}"]] == (["own_job"] if codes else [])


def test_rows_of_one_declarer_are_one_person(tmp_path: Path) -> None:
    made = District()
    made.org(HERE, "500113000001", street="云溪街道")
    made.worker("王小明", number_of(9), declared_member=True)
    made.worker("王小明", number_of(9), declared_member=True, phones=["13900000001"])
    made.worker("王小明", None, declared_member=True, phones=["13900000001"], source="human_resources")
    made.worker("王*", None, declared_member=True, phones=["139****0001"])
    rows = ledger_of(build(made, context(tmp_path)))
    assert sorted(sum(one["role"] == "worker" for one in row["evidence"]) for row in rows) == [1, 3]


def test_a_member_who_signed_up_here_works_here(tmp_path: Path) -> None:
    made = District()
    made.org(HERE, "500113000001", street="云溪街道")
    person = made.member("李建国", number_of(1), branch_name="外地党支部", branch_code="999")
    made.register("floating_members", person, flow_direction="流入")
    made.worker("李建国", number_of(1), person, source="self_reports")
    (row,) = ledger_of(build(made, context(tmp_path)))
    assert row["primary_status"] == row["statuses"][0]
    assert "F2" in row["statuses"]


def linked(district: District, worker: dict[str, Any] | None = None, **member: Any) -> int:
    person = district.member("李建国", number_of(1), **member)
    district.worker("李建国", number_of(1), person, **(worker or {}))
    return person


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
