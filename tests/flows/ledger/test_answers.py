"""What persons answer, and what the next night's ledger makes of it: written down from domain.md, "Status codes"."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.home.store import Host, Store, opened_store
from flows.ledger import verify
from flows.ledger.checks import PERSON, LeadAnswer, record_answer
from flows.ledger.disputes import disputes
from flows.ledger.known_organisations import KnownOrganisations
from flows.ledger.publish.read import current_version
from flows.tasks.recent_answers import RecentAnswers
from reports.books import put_views
from reports.causes import cause_text
from schemas.errors import InputError
from schemas.policy import load_policy
from tests.flows.ledger.district import AS_OF, KEY, District, context, night, number_of

NEXT, LATER, LAST = (AS_OF + timedelta(days=days) for days in (1, 2, 3))
RULES = load_policy().leads
ANSWERS = {
    # the analyst's answer: the lead's state and cause on the next night, and whether a street may be asked again
    "发回镇街": ("待核查", "sent_back", True),
    "属实": ("已确认", None, False),
    "线索不成立": ("排除", "found_unfounded", False),
    "非本人": ("排除", None, False),
    "名册待更正": ("待核查", "register_to_correct", False),
}
NAMES = dict(zip(ANSWERS, ("赵一", "钱一", "孙一", "李一", "周一"), strict=True))


def table(root: Path, name: str = "ledger") -> list[dict[str, Any]]:
    current = current_version(context(root).home, KEY)
    assert current is not None
    rows: list[dict[str, Any]] = current.table(name).to_pylist()
    return rows


def person(root: Path, surname: str) -> dict[str, Any]:
    (row,) = [row for row in table(root) if row["name_masked"][0] == surname]
    return row


def lead_of(root: Path, surname: str, code: str) -> dict[str, Any]:
    (lead,) = [lead for lead in person(root, surname)["leads"] if lead["code"] == code]
    return lead


def say(store: Store, row: dict[str, Any], code: str, answer: str, on: date, **more: Any) -> None:
    record_answer(store, RULES, row, code, LeadAnswer(answer, more.pop("by", "街道甲"), on, **more))


def lost_members(*, found: tuple[str, ...] = ()) -> District:
    """Five members who are lost by the roll, each with a worker row; of `found` the roll no longer says so."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    for turn, name in enumerate(NAMES.values()):
        key = made.member(name, number_of(turn), member_no=f"M{turn}", lost_contact=name not in found)
        made.worker(name, number_of(turn), key, record_id=f"W{turn}")
    return made


@pytest.fixture(scope="module")
def disputed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Night 1; every street disputes; night 2; an analyst answers each differently."""
    root = tmp_path_factory.mktemp("disputed")
    night(lost_members(), context(root))
    with opened_store(context(root).home) as store:
        for row in table(root):
            say(store, row, "L1", "情况不符", AS_OF, remark="组织部说早已找到")
    night(lost_members(), context(root, NEXT, run_id="run-2"))
    return root


def test_a_disputed_lead_waits_for_an_analyst_and_for_no_street(disputed: Path) -> None:
    rows = table(disputed)
    for row in rows:
        (lead,) = row["leads"]
        assert (lead["state"], lead["checked_by"], lead["checked_on"], lead["cause"]) == (
            "待核查", "街道甲", AS_OF, "facts_disputed",
        )  # fmt: skip
    with opened_store(context(disputed).home) as store:
        found = disputes(store, rows, RULES)
        assert [one.answer.remark for one in found] == ["组织部说早已找到"] * 5
        answered = RecentAnswers(store, RULES)
        assert all(answered.lead(row, row["leads"][0]) for row in rows)


@pytest.fixture(scope="module")
def analysed(disputed: Path) -> tuple[Path, dict[str, bool]]:
    """After the analyst's answers: which leads a sheet asks a street at once, and the next night."""
    by_name = {row["name_masked"][0]: row for row in table(disputed)}
    with opened_store(context(disputed).home) as store:
        for answer, name in NAMES.items():
            say(store, by_name[name[0]], "L1", answer, NEXT, by="分析员乙", analyst=True)
        answered = RecentAnswers(store, RULES)
        asked = {
            answer: not answered.lead(by_name[name[0]], by_name[name[0]]["leads"][0]) for answer, name in NAMES.items()
        }
    night(lost_members(), context(disputed, LATER, run_id="run-3"))
    return disputed, asked


@pytest.mark.parametrize("answer", list(ANSWERS))
def test_an_analysts_answer_is_obeyed_by_the_next_sheet_and_the_next_ledger(
    analysed: tuple[Path, dict[str, bool]], answer: str
) -> None:
    root, asked = analysed
    state, cause, again = ANSWERS[answer]
    lead = lead_of(root, NAMES[answer][0], "L1")
    assert (lead["state"], lead["cause"]) == (state, cause)
    assert (lead["checked_by"], lead["checked_on"]) == ("分析员乙", NEXT)
    assert asked[answer] is again


def test_what_waits_for_a_register_is_kept_apart_and_ends_with_its_correction(
    analysed: tuple[Path, dict[str, bool]],
) -> None:
    root, _ = analysed
    with opened_store(context(root).home) as store:
        (left,) = disputes(store, table(root), RULES)
        assert left.awaits_register
    night(lost_members(found=("周一",)), context(root, LAST, run_id="run-4"))
    lead = lead_of(root, "周", "L1")
    assert (lead["state"], lead["closed_on"], lead["cause"]) == ("已办结", LAST, "contact_restored")
    with opened_store(context(root).home) as store:
        assert disputes(store, table(root), RULES) == []
    assert verify(context(root).home, KEY) == []


ORGS = (
    ("云溪街道党工委", "500113000001", "党委", "云溪街道"),
    ("石栈街道第一党支部", "500113000002", "党支部", "石栈街道"),
)


def hosted(*, lost: bool = True, branch: str = "外地第九党支部", inflow: str | None = None) -> District:
    """孙二: lost by the roll and at work in 云溪街道, whose committee is computed as the host; 吴二: floating here."""
    made = District()
    for name, code, kind, street in ORGS:
        made.org(name, code, kind, street=street)
    key = made.member("孙二", number_of(1), member_no="M1", lost_contact=lost, branch_name=branch)
    made.worker("孙二", number_of(1), key, record_id="W1", unit_name="甲站", address="云溪街道1号")
    other = made.member("吴二", number_of(2), member_no="M2", is_floating=True, branch_name="外地第八党支部")
    made.register("floating_members", other, record_id="F1", flow_direction="流入", host_org=inflow)
    made.worker("吴二", number_of(2), other, record_id="W2", unit_name="甲站", address="云溪街道1号")
    return made


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("taken")
    night(hosted(), context(root))
    with opened_store(context(root).home) as store:
        known = KnownOrganisations(store, KEY)
        with pytest.raises(InputError, match=r"没有“石栈街道第二党总支”.*石栈街道第一党支部"):
            known.find("石栈街道第二党总支")
        with pytest.raises(InputError, match="要写明接收组织"):
            say(store, person(root, "孙"), "L1", "已纳管", AS_OF)
        assert store.lead(person(root, "孙")["person_key"], "L1") is None, "what is refused leaves nothing"
        host = known.find("中共石栈街道第一支部委员会")
        assert host == Host("500113000002", "石栈街道第一党支部")
        say(store, person(root, "孙"), "L1", "已纳管", AS_OF, host=host)
        say(store, person(root, "吴"), "F2", "属实", AS_OF)
    night(hosted(), context(root, NEXT, run_id="run-2"))
    return root


def test_who_was_taken_in_has_organisation_person_and_date_and_the_chosen_host(taken_in: Path) -> None:
    row = person(taken_in, "孙")
    lead = lead_of(taken_in, "孙", "L1")
    assert (lead["state"], lead["checked_by"], lead["checked_on"], lead["cause"]) == (
        "已纳管", "街道甲", AS_OF, "taken_in_by_person",
    )  # fmt: skip
    assert (row["host_org_code"], row["host_org_name"]) == ("500113000002", "石栈街道第一党支部")
    assert row["host_rule"] == "人工指定：核查结果写明已由该组织接收"
    (change,) = [one for one in table(taken_in, "changes") if one["person_key"] == row["person_key"]]
    assert cause_text(change) == "已有组织接收，纳入管理：L1 核查结果写明已由组织接收"


def test_the_register_that_names_the_host_takes_a_confirmed_person_in_and_a_settled_matter_is_closed(
    taken_in: Path,
) -> None:
    assert lead_of(taken_in, "吴", "F2")["state"] == "已确认"
    night(hosted(lost=False, inflow="云溪街道党工委"), context(taken_in, LATER, run_id="run-3"))
    lead = lead_of(taken_in, "吴", "F2")
    assert (lead["state"], lead["checked_by"], lead["checked_on"], lead["cause"]) == (
        "已纳管", "街道甲", LATER, "taken_in_by_register",
    )  # fmt: skip
    closed = lead_of(taken_in, "孙", "L1")
    assert (closed["state"], closed["closed_on"], closed["cause"]) == ("已办结", LATER, "contact_restored")
    assert person(taken_in, "孙")["host_org_code"] == "500113000002", "what a person chose stays"
    assert verify(context(taken_in).home, KEY) == []


def at_work(*records: str, started: date = date(2026, 1, 5)) -> District:
    """郑三: on the roll elsewhere, at work here by these rows."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    key = made.member("郑三", number_of(3), member_no="M3", branch_name="外地第九党支部")
    for record in records:
        made.worker("郑三", number_of(3), key, record_id=record, started_on=started, work_state="active")
    return made


def test_who_left_their_work_by_a_neutral_answer_does_not_work_there_until_newer_rows_say_so(tmp_path: Path) -> None:
    night(at_work("W3"), context(tmp_path))
    assert person(tmp_path, "郑")["statuses"] == ["P2"]
    with opened_store(context(tmp_path).home) as store:
        say(store, person(tmp_path, "郑"), PERSON, "已离岗", AS_OF)
    night(at_work("W3"), context(tmp_path, NEXT, run_id="run-2"))
    row = person(tmp_path, "郑")
    assert (row["statuses"], {"person_checked", "no_current_work"} <= set(row["flags"])) == (["N0"], True)
    assert (row["leads"][0]["state"], row["leads"][0]["cause"]) == ("已办结", "ground_gone")
    night(at_work("W3", "W9"), context(tmp_path, LATER, run_id="run-3"))
    row = person(tmp_path, "郑")
    assert (row["statuses"], "no_current_work" in row["flags"]) == (["P2"], False)


def test_a_row_of_the_same_number_that_began_later_is_newer_work(tmp_path: Path) -> None:
    night(at_work("W3"), context(tmp_path))
    with opened_store(context(tmp_path).home) as store:
        say(store, person(tmp_path, "郑"), PERSON, "已离岗", AS_OF)
    night(at_work("W3", started=NEXT), context(tmp_path, NEXT, run_id="run-2"))
    assert "no_current_work" not in person(tmp_path, "郑")["flags"]


def to_be_asked_about() -> District:
    """冯四 and 陈四 declare themselves; 褚四 is lost and should have been moved, 卫四 floats here."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    for turn, name in enumerate(("冯四", "陈四")):
        made.worker(name, number_of(turn), declared_member=True, record_id=f"D{turn}")
    for turn, (name, cells) in enumerate((("褚四", {"lost_contact": True}), ("卫四", {"is_floating": True})), 5):
        key = made.member(name, number_of(turn), member_no=f"M{turn}", branch_name="外地第九党支部", **cells)
        made.worker(name, number_of(turn), key, record_id=f"W{turn}", started_on=date(2025, 1, 5))
    return made


def asked_of_others(root: Path) -> dict[str, str]:
    """The 协查 list of the newest version: what is asked, by surname."""
    current = current_version(context(root).home, KEY)
    assert current is not None
    with duckdb.connect() as con:
        con.register("ledger", current.table("ledger"))
        put_views(con)
        return {name[0]: asked for name, asked in con.execute("select name_masked, asked from assist_check").fetchall()}


def test_what_was_excluded_is_asked_of_no_other_organisation_until_evidence_comes(tmp_path: Path) -> None:
    night(to_be_asked_about(), context(tmp_path))
    assert person(tmp_path, "褚")["statuses"] == ["L1", "P2"]
    assert set(asked_of_others(tmp_path)) == {"冯", "陈", "褚", "卫"}
    with opened_store(context(tmp_path).home) as store:
        for surname, code in (("冯", "D1"), ("褚", "P2"), ("卫", "F2")):
            say(store, person(tmp_path, surname), code, "已转", AS_OF)
    night(to_be_asked_about(), context(tmp_path, NEXT, run_id="run-2"))
    assert person(tmp_path, "褚")["lead_state"] == "线索", "the other lead of 褚四 is open"
    assert asked_of_others(tmp_path) == {"陈": "自报未核：请协查党员身份"}
    more = to_be_asked_about()
    more.worker("冯四", number_of(0), declared_member=True, source="human_resources", record_id="H1")
    night(more, context(tmp_path, LATER, run_id="run-3"))
    assert set(asked_of_others(tmp_path)) == {"陈", "冯"}


def with_a_phone(*, bearer: str | None, number: str | None = None, denies: bool = True) -> District:
    """何五, a member, on an account whose phone another worker bears, who is on no roll."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    key = made.member("何五", number_of(7), member_no="M7", joined_on=date(2010, 7, 1))
    made.worker(
        "何五", number_of(7), key, record_id="W7", phones=["13800007777"], declared_member=not denies,
        started_on=date(2025, 1, 5),
    )  # fmt: skip
    made.worker("蒋五", number_of(8), record_id="W8", declared_member=True)
    if bearer:
        made.worker(bearer, number, record_id="W9", phones=["13800007777"], source="transport")
    return made


@pytest.mark.parametrize(
    ("bearer", "number", "denies", "flagged", "codes"),
    [
        ("施五", None, True, True, ["N0"]),  # another worker's phone: the account is proved, not the rider
        ("施五", None, False, True, ["N0"]),
        ("何六", number_of(9), False, True, ["N0"]),
        ("何伍", None, False, False, ["N0"]),  # a name spelled otherwise, of nobody else's ID
        (None, None, True, False, ["Y1"]),
    ],
)
def test_an_account_with_another_workers_phone_is_marked_and_hides_nobody_before_a_check(
    tmp_path: Path, bearer: str | None, number: str | None, denies: bool, flagged: bool, codes: list[str]
) -> None:
    night(with_a_phone(bearer=bearer, number=number, denies=denies), context(tmp_path))
    row = person(tmp_path, "何")
    assert ("phone_of_another" in row["flags"], row["statuses"]) == (flagged, codes)
    with opened_store(context(tmp_path).home) as store:
        say(store, row, PERSON, "属实", AS_OF)
    night(with_a_phone(bearer=bearer, number=number, denies=denies), context(tmp_path, NEXT, run_id="run-2"))
    assert person(tmp_path, "何")["statuses"] == (["Y1"] if denies else ["N0"]), (
        "a check that it is they proves the rider"
    )
