"""Accounts, passwords, lock-out and log-ins."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest

from flows.review import accounts as module
from flows.review.desk import OfficeDesk
from flows.review.login import MOST_NOTED, FailureNotes
from flows.review.office import Office, plain_text
from flows.review.sessions import SessionLimits, Sessions
from reports.workbench.access import Action, Role, SignedInAccount
from reports.workbench.desk import LoggedOut, Refused
from schemas.errors import InputError
from tests.flows.review.conftest import Clock

GOOD = "Kezhang-2026"


@pytest.fixture(autouse=True)
def light_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Argon2id with little memory: what is tested here is not how slow it is."""
    monkeypatch.setattr(module, "_KIBIBYTES", 64)
    yield


@pytest.fixture
def reviewer(office: Office) -> SignedInAccount:
    account = SignedInAccount("李审核", Role.REVIEWER, frozenset({"云溪街道"}))
    office.accounts.add(account, GOOD, at=office.now(), by="root")
    return account


def test_a_password_is_kept_as_argon2id_only(office: Office, reviewer: SignedInAccount) -> None:
    with sqlite3.connect(office.home.state / "sanzhao.db") as store:
        ((kept,),) = store.execute("select password from accounts").fetchall()
    assert kept.startswith("$argon2id$") and GOOD not in kept
    assert office.accounts.attempt("李审核", GOOD, office.now()).account == reviewer


@pytest.mark.parametrize("password", ["short-1", "aaaaaaaaaaaa1", "onlyletters", "李审核-2026-abc", "x" * 300])
def test_an_easy_password_is_refused(office: Office, password: str) -> None:
    with pytest.raises(InputError):
        office.accounts.add(SignedInAccount("李审核", Role.REVIEWER), password, at=office.now(), by="root")


@pytest.mark.parametrize("name", ["a", "x" * 41, "张 三", "<b>", "sanzhao"])
def test_a_name_that_is_none_is_refused(office: Office, name: str) -> None:
    with pytest.raises(InputError):
        office.accounts.add(SignedInAccount(name, Role.REVIEWER), GOOD, at=office.now(), by="root")


def test_guessing_closes_the_name_for_longer_each_time(office: Office, reviewer: SignedInAccount, clock: Clock) -> None:
    def tried(password: str) -> module.Attempt:
        return office.accounts.attempt("李审核", password, office.now())

    for _ in range(module.FREE_FAILURES + 1):
        assert tried("wrong-guess-1").closed_until is None
    closed = tried(GOOD)
    assert closed.account is None and closed.closed_until is not None, "not even the right one while it is closed"
    first = closed.closed_until - clock.now
    clock.pass_(seconds=first.total_seconds() + 1)
    assert tried("wrong-guess-1") == module.Attempt()
    second = tried(GOOD).closed_until
    assert second is not None and second - clock.now > first
    clock.pass_(hours=2)
    assert tried(GOOD).account == reviewer
    assert tried("wrong-guess-1").closed_until is None, "a good log-in wipes the count"


def test_a_new_password_opens_a_name_that_wrong_ones_have_closed(office: Office, reviewer: SignedInAccount) -> None:
    for _ in range(module.FREE_FAILURES + 1):
        office.accounts.attempt("李审核", "wrong-guess-1", office.now())
    assert office.accounts.attempt("李审核", GOOD, office.now()).closed_until is not None
    office.accounts.change("李审核", password=GOOD + "-anew", active=True)
    assert office.accounts.attempt("李审核", GOOD + "-anew", office.now()).account == reviewer


def test_failed_log_ins_fill_the_audit_log_no_further_than_a_few_an_hour(office: Office, clock: Clock) -> None:
    notes = FailureNotes(office)
    for _ in range(MOST_NOTED + 25):
        notes.note("未知账号", "login_failed")
        notes.note("李审核", "login_closed")
    clock.pass_(hours=1)
    notes.note("未知账号", "login_failed")
    with sqlite3.connect(office.home.state / "sanzhao.db") as store:
        rows = store.execute(
            "select who, why from audit where why is not null or who = '李审核' order by seq"
        ).fetchall()
    assert len(rows) == MOST_NOTED + 2
    assert ("未知账号", "一小时内次数已多，其后只计数") in rows
    assert rows[-1] == ("未知账号", "此前另有 25 次未逐次记")
    assert not office.store.audit_problems(office.key)


def test_a_log_in_holds_only_where_it_was_made(office: Office, reviewer: SignedInAccount, clock: Clock) -> None:
    here, there = (
        Sessions(office.store.engine, office.key, SessionLimits(), f"127.0.0.1:{port}") for port in (8080, 8081)
    )
    secret = here.open(reviewer, office.now())
    assert here.account(secret, office.now()) == reviewer
    assert there.account(secret, office.now()) is None


def test_a_name_that_does_not_exist_answers_like_one_that_does(office: Office, reviewer: SignedInAccount) -> None:
    answers = [
        [office.accounts.attempt(name, "wrong-guess-1", office.now()) for _ in range(module.FREE_FAILURES + 2)]
        for name in ("李审核", "无此人")
    ]
    assert answers[0] == answers[1]


def test_a_session_ends_by_itself_by_log_out_and_with_its_account(
    office: Office, reviewer: SignedInAccount, clock: Clock
) -> None:
    def opened() -> str:
        return office.sessions.open(reviewer, office.now())

    session = opened()
    for _ in range(10):
        clock.pass_(minutes=25)
        assert office.account(session) == reviewer
    clock.pass_(minutes=31)
    with pytest.raises(LoggedOut):
        office.account(session)

    session = opened()
    for _ in range(40):
        clock.pass_(minutes=20)
        if clock.now.hour > 20:
            break
    with pytest.raises(LoggedOut):
        office.account(session)

    session = opened()
    clock.pass_(minutes=20)
    office.account(session, act=False)
    clock.pass_(minutes=20)
    with pytest.raises(LoggedOut):
        office.account(session, act=False)

    session = opened()
    office.sessions.close(session)
    with pytest.raises(LoggedOut):
        office.account(session)

    session = opened()
    office.accounts.change("李审核", active=False)
    with pytest.raises(LoggedOut):
        office.account(session)
    assert office.accounts.attempt("李审核", GOOD, office.now()).account is None


def test_the_store_holds_no_secret_that_opens_a_session(office: Office, reviewer: SignedInAccount) -> None:
    session = office.sessions.open(reviewer, office.now())
    with sqlite3.connect(office.home.state / "sanzhao.db") as store:
        kept = str(store.execute("select * from work_sessions").fetchall())
    assert session not in kept
    with pytest.raises(LoggedOut):
        office.account("")


def test_a_refusal_is_noted(office: Office, reviewer: SignedInAccount) -> None:
    session = office.sessions.open(reviewer, office.now())
    with pytest.raises(Refused):
        office.with_right(session, Action.SEE_AUDIT)
    with sqlite3.connect(office.home.state / "sanzhao.db") as store:
        rows = store.execute("select who, what, why from audit").fetchall()
    assert rows == [("李审核", "refused", "查看审计日志")]
    assert not office.store.audit_problems(office.key)
    assert office.store.audit_problems(replace(office.key, secret=b"another key of the district"))


@pytest.mark.parametrize("text", ["证件110101199001011237", "电话138 0000 1234", "1 3 8 0 0 0 0 1 2 3 4"])
def test_a_reason_with_a_number_of_a_persons_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        plain_text(text, "理由")


def test_the_auditor_is_told_when_the_end_of_the_log_was_cut_off(office: Office) -> None:
    auditor = SignedInAccount("孙审计", Role.AUDITOR)
    office.accounts.add(auditor, GOOD, at=office.now(), by="root")
    session = office.sessions.open(auditor, office.now())
    for page in range(3):
        office.audit("孙审计", "view_audit", f"第{page}页")
    desk = OfficeDesk(office)
    assert desk.audit_problems(session) == ()
    with sqlite3.connect(office.home.state / "sanzhao.db") as store:
        store.execute("delete from audit where seq = (select max(seq) from audit)")
    assert any("末尾" in problem for problem in desk.audit_problems(session))
