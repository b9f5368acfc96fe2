"""The desk on a home after a real run: what each account gets, what is noted, what happens when originals are gone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from flows.home.settings import WorkbenchSettings
from flows.ledger.redact import is_personal_number
from flows.ledger.review import masked_id, masked_phones
from flows.pipeline.driver import RunRequest, drive
from flows.review.desk import OfficeDesk
from flows.review.office import Office
from reports.workbench.access import Role, SignedInAccount
from reports.workbench.desk import Refused
from reports.workbench.people import PeopleFilter
from reports.workbench.queue import Filter, JudgedState
from schemas.errors import InputError
from tests.browser.district import NEXT_DAY, write_drop

pytestmark = pytest.mark.slow
PASSWORD = "Kezhang-2026"  # noqa: S105


@pytest.fixture(scope="module")
def desk(office_of_run: Office) -> OfficeDesk:
    return OfficeDesk(office_of_run)


def session_of(office: Office, name: str, role: Role, *streets: str) -> str:
    account = SignedInAccount(name, role, frozenset(streets))
    if office.accounts.get(name) is None:
        office.accounts.add(account, PASSWORD, at=office.now(), by="test")
    return office.sessions.open(account, office.now())


@pytest.fixture(scope="module")
def reviewer(office_of_run: Office) -> str:
    return session_of(office_of_run, "李审核", Role.REVIEWER)


def acts(office: Office, session: str) -> list[tuple[str, str | None, str | None]]:
    """The newest lines of the audit log: what, why, of whom."""
    auditor = session_of(office, "孙审计", Role.AUDITOR)
    desk = OfficeDesk(office)
    rows = desk.audit(auditor, {"who": office.account(session, act=False).name}, 1).rows
    return [(row["what"], row["why"], row["person_key"]) for row in rows]


def test_every_original_is_the_record_that_was_published(
    office_of_run: Office, desk: OfficeDesk, reviewer: str
) -> None:
    listed = desk.queue(reviewer, Filter(), 1)
    assert listed.rows
    for pair in listed.rows:
        found = desk.unmask(reviewer, pair.pair_id, "left", "两人是否同一人")
        assert masked_id(found.fields["id_number"] or None) == pair.left["id_number"]
        assert masked_phones(found.fields["phone"].split("、") if found.fields["phone"] else []) == pair.left["phone"]
        assert acts(office_of_run, reviewer)[0][:2] == ("unmask", f"{pair.pair_id[:16]} 左：两人是否同一人")
        if pair.member_no:
            right = desk.unmask(reviewer, pair.pair_id, "right", "两人是否同一人")
            assert right.fields["name"][0] == str(pair.right["name"])[0]
            assert pair.member_no in right.values.values()


def test_a_persons_evidence_is_read_back_and_noted(office_of_run: Office, desk: OfficeDesk, reviewer: str) -> None:
    rows = [row for row in desk.people(reviewer, PeopleFilter(), 1).rows if row["match_class"] == "exact"]
    view = desk.person(reviewer, rows[0]["person_key"])
    at = next(at for at, piece in enumerate(view.row["evidence"]) if piece["role"] == "worker")
    found = desk.unmask_evidence(reviewer, view.row["person_key"], at, "核对从业情况")
    assert found.fields["name"][0] == view.row["name_masked"][0]
    assert acts(office_of_run, reviewer)[0] == ("unmask", f"依据{at + 1}：核对从业情况", view.row["person_key"])
    with pytest.raises(Refused):
        desk.unmask_evidence(reviewer, view.row["person_key"], 999, "核对从业情况")
    if is_personal_number(found.fields["id_number"]):
        assert desk.find_by_id(reviewer, found.fields["id_number"]) == view.row["person_key"]
    assert desk.find_by_id(reviewer, "110101199001011237") is None


def test_no_list_and_no_page_shows_a_number_of_anybodys(desk: OfficeDesk, reviewer: str) -> None:
    told = str(desk.queue(reviewer, Filter(), 1)) + str(desk.people(reviewer, PeopleFilter(), 1))
    for row in desk.people(reviewer, PeopleFilter(), 1).rows:
        told += str(desk.person(reviewer, row["person_key"]))
    without_hashes = re.sub(r"\b[0-9a-f]{16,}\b", "#", told)  # which may hold eleven digits in a row
    assert not is_personal_number(without_hashes)


def test_a_street_gets_its_people_and_nobody_elses(office_of_run: Office, desk: OfficeDesk, reviewer: str) -> None:
    every = desk.people(reviewer, PeopleFilter(), 1)
    street = every.choices["street"][0][0]
    mine = session_of(office_of_run, f"员{street}", Role.REVIEWER, street)
    seen = desk.people(mine, PeopleFilter(), 1)
    assert 0 < seen.total == every.choices["street"][0][1] < every.total
    other = next(row for row in every.rows if street not in row["streets"])
    for acting in (
        lambda: desk.person(mine, other["person_key"]),
        lambda: desk.raise_objection(mine, other["person_key"], "本人不同意"),
        lambda: desk.unmask_evidence(mine, other["person_key"], 0, "核对从业情况"),
        lambda: desk.check(mine, other["person_key"], other["statuses"][0], "属实"),
    ):
        with pytest.raises(Refused):
            acting()
    reader = session_of(office_of_run, "赵读", Role.READER)
    assert desk.person(reader, other["person_key"]).row["person_key"] == other["person_key"]
    with pytest.raises(Refused):
        desk.unmask_evidence(reader, other["person_key"], 0, "核对从业情况")


def test_an_objection_is_raised_once_and_answered(office_of_run: Office, desk: OfficeDesk, reviewer: str) -> None:
    key = desk.people(reviewer, PeopleFilter(), 1).rows[0]["person_key"]
    desk.raise_objection(reviewer, key, "本人说不是本人")
    assert office_of_run.store.open_objections() == {key}
    with pytest.raises(InputError):
        desk.raise_objection(reviewer, key, "再次提出异议")
    assert desk.objections(reviewer)[0]["person_key"] == key
    desk.answer_objection(reviewer, key, "已核对，确有其事")
    assert office_of_run.store.open_objections() == set()
    assert [what for what, _, who in acts(office_of_run, reviewer) if who == key][:2] == ["answer", "object"]


def test_a_streets_answer_moves_the_lead(office_of_run: Office, desk: OfficeDesk, reviewer: str) -> None:
    row = next(row for row in desk.people(reviewer, PeopleFilter(), 1).rows if row["leads"] and not row["objection"])
    code = row["leads"][0]["code"]
    desk.check(reviewer, row["person_key"], code, "属实")
    assert office_of_run.store.lead(row["person_key"], code) is not None
    assert desk.person(reviewer, row["person_key"]).checks[0]["note"] == "属实"
    with pytest.raises(InputError):
        desk.check(reviewer, row["person_key"], code, "没有这种答复")


def test_pairs_read_twice_and_known_pairs_are_put_before_reviewers_like_any_other(office_of_run: Office) -> None:
    office = office_of_run
    desk = OfficeDesk(office)
    office.rules = WorkbenchSettings(second_reading_share=1, known_pair_share=0.5)
    first, second = (session_of(office, name, Role.REVIEWER) for name in ("吴审核", "郑审核"))
    pair = desk.queue(first, Filter(), 1).rows[0]
    assert desk.judge(first, pair.pair_id, "link", "").state == "settled"
    assert pair.pair_id not in {one.pair_id for one in desk.queue(first, Filter(), 1).rows}
    theirs = next(one for one in desk.queue(second, Filter(), 1).rows if one.pair_id == pair.pair_id)
    assert theirs.standing == desk.pair(second, pair.pair_id).pair.standing == JudgedState(), "the second is not told"
    assert desk.judge(second, pair.pair_id, "link", "").state == "settled"
    assert desk.trust(first)[0].agreed.of == 1

    known: dict[str, str] = {}
    place: str | None = None
    for _ in range(200):
        place = desk.next_pair(first, Filter(), place)
        assert place is not None
        view = desk.pair(first, place)
        if view.pair.place == 0:
            same = view.pair.left["id_number"] == view.pair.right["id_number"]
            known[place] = "link" if same else "not_link"
            assert desk.judge(first, place, "link" if same else "unsure", "").state == "settled"
        else:
            desk.judge(first, place, "unsure", "")
            desk.undo(first)
        if len(known) == 12:
            break
    assert sorted(known.values()) == ["link"] * 6 + ["not_link"] * 6, "each link once as it is and once crossed"
    assert not set(known) & set(office.store.judged_pairs(office.key)), "no night reads a known pair"
    assert [(one.name, one.right, one.of) for one in desk.trust(first)[0].known] == [("全部", 6, 12), ("吴审核", 6, 12)]
    last = list(known)[-1]
    assert not is_personal_number(str(desk.pair(first, last)).replace(last, ""))
    office.rules = WorkbenchSettings(second_reading_share=0, known_pair_share=0)


def test_streets_answers_tell_how_good_each_rule_is(office_of_run: Office, tmp_path: Path) -> None:
    """After the next night: one person confirmed, one who was another, under the rule that had linked them."""
    office = office_of_run
    desk, session = OfficeDesk(office), session_of(office, "李审核", Role.REVIEWER)
    listed = desk.people(session, PeopleFilter(), 1).rows
    rows = [row for row in listed if row["match_class"] == "exact" and row["leads"]]
    said = {row["person_key"] for row in rows if office.store.moves_of({row["person_key"]})}
    assert (len(rows), len(said)) == (2, 1), "one was confirmed above"
    other = next(row for row in rows if row["person_key"] not in said)
    desk.check(session, other["person_key"], other["leads"][0]["code"], "非本人")
    drive(RunRequest(office.home, drop=write_drop(tmp_path / "drop"), as_of=NEXT_DAY))
    found = {one.name: (one.right, one.of) for one in desk.trust(session)[0].rules}
    assert found == {"full_id_and_compatible_name": (1, 2)}
    assert desk.trust(session)[1]["full_id_and_compatible_name"].startswith("身份证")
    drive(RunRequest(office.home, drop=write_drop(tmp_path / "drop"), as_of=NEXT_DAY))
    assert {one.name: (one.right, one.of) for one in desk.trust(session)[0].rules} == found, "counted once"


def test_after_the_retention_the_original_is_said_to_be_destroyed(office_of_run: Office, reviewer: str) -> None:
    desk = OfficeDesk(office_of_run)
    pair = desk.queue(reviewer, Filter(), 1).rows[0]
    shutil.rmtree(office_of_run.home.landing)
    with pytest.raises(InputError, match="原件已销毁"):
        desk.unmask(reviewer, pair.pair_id, "left", "两人是否同一人")
    with pytest.raises(InputError, match="原件已销毁"):
        desk.unmask(reviewer, pair.pair_id, "right", "两人是否同一人")
