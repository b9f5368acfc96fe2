"""The desk on a home after a real run: what each account gets, what is noted, what happens when originals are gone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest

from flows.driver import RunRequest, drive
from flows.home import Home
from flows.ledger.redact import is_personal_number
from flows.ledger.review import masked_id, masked_phones
from flows.review.desk import OfficeDesk
from flows.review.office import Office
from reports.workbench.access import Account, Role
from reports.workbench.desk import Refused
from reports.workbench.people import PeopleFilter
from reports.workbench.queue import Filter
from schemas.errors import InputError
from tests.browser.district import DAY, write_drop
from tests.flows.command import without_reports
from tests.flows.review.conftest import Clock

pytestmark = pytest.mark.slow
PASSWORD = "Kezhang-2026"  # noqa: S105


@pytest.fixture(scope="module")
def office_of_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("desk")
    home = Home(without_reports(folder / "home"))
    drive(RunRequest(home, drop=write_drop(folder / "drop"), as_of=DAY))
    office = Office.open(home, clock=Clock())
    yield office
    office.close()


@pytest.fixture(scope="module")
def desk(office_of_run: Office) -> OfficeDesk:
    return OfficeDesk(office_of_run)


def session_of(office: Office, name: str, role: Role, *streets: str) -> str:
    account = Account(name, role, frozenset(streets))
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
