"""Accounts of the workbench: passwords kept by Argon2id, a log-in closed for a while after wrong ones."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import BoundedSemaphore, Lock

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from flows.home.keys import DistrictKey
from flows.review.clock import aware
from reports.workbench.access import Role, SignedInAccount
from schemas import store_workbench as tables
from schemas.errors import InputError
from schemas.rules import Rule

LEAST_PASSWORD = 10
PASSWORD_RULE = f"至少{LEAST_PASSWORD}位，字母、数字、符号至少两种，不含账号名"
FREE_FAILURES = 4
"""Wrong passwords without a wait; each further one doubles the wait, from half a minute to an hour."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_FORGET_AFTER = timedelta(days=1)
_PASSES, _LANES, _KIBIBYTES = 3, 1, 64 * 1024
"""RFC 9106's second choice, with one lane: the office's machine has few cores."""


@dataclass(frozen=True)
class Attempt:
    """How a log-in went: the account, or until when the name is closed, or neither (wrong name or password)."""

    account: SignedInAccount | None = None
    closed_until: datetime | None = None


class Accounts:
    """The accounts of one state store."""

    def __init__(self, engine: Engine, key: DistrictKey) -> None:
        self._engine, self._key = engine, key
        self._counting, self._hashing = Lock(), BoundedSemaphore(2)
        self._nobody = _nobodys()

    def all(self) -> list[SignedInAccount]:
        """Every account, sorted by name."""
        with Session(self._engine) as session:
            return [_account(row) for row in session.scalars(select(tables.Account).order_by(tables.Account.name))]

    def get(self, name: str) -> SignedInAccount | None:
        with Session(self._engine) as session:
            row = session.get(tables.Account, name)
            return _account(row) if row else None

    def add(self, account: SignedInAccount, password: str, *, at: datetime, by: str) -> None:
        """Open an account. Raises InputError when the name is taken or name or password are not fit."""
        self.check_new(account)
        _check_password(account.name, password)
        values = {"name": account.name, "role": account.role.value, "streets": sorted(account.streets)}
        with Session(self._engine) as session, session.begin():
            session.add(tables.Account(**values, password=hashed(password), active=True, created_at=at, created_by=by))

    def check_new(self, account: SignedInAccount) -> None:
        """Raise InputError where no account of this name and these streets can be opened."""
        _check_name(account.name)
        if self.get(account.name):
            raise InputError("已有这个账号", where=account.name, rule=Rule.ACCOUNT_TAKEN, action="换一个名字")
        _check_officer(account.role, account.name, account.streets)

    def change(
        self,
        name: str,
        *,
        password: str | None = None,
        active: bool | None = None,
        streets: Iterable[str] | None = None,
    ) -> None:
        """A new password, closed or opened again, other streets; every open session of the account ends.

        A new password, or opening it again, also ends the wait after wrong passwords.
        """
        if password is not None:
            _check_password(name, password)
        with Session(self._engine) as session, session.begin():
            row = session.get(tables.Account, name)
            if row is None:
                raise InputError("没有这个账号", where=name[:40], rule=Rule.NO_ACCOUNT)
            if password is not None:
                row.password = hashed(password)
            if active is not None:
                row.active = active
            if streets is not None:
                row.streets = sorted(streets)
                _check_officer(Role(row.role), name, row.streets)
            if password is not None or active:
                session.execute(delete(tables.LoginFailure).where(tables.LoginFailure.name_token == self._token(name)))
            session.execute(delete(tables.WorkSession).where(tables.WorkSession.account == name))

    def attempt(self, name: str, password: str, at: datetime) -> Attempt:
        """Try a log-in. The answer takes as long, and says as much, whether there is such an account or not.

        The attempt is counted before the password is looked at, so that many at once do not slip through.
        """
        with self._counting:
            closed = self._count(name, at)
        if closed is not None:
            return Attempt(closed_until=closed)
        with Session(self._engine) as session:
            row = session.get(tables.Account, name[:40])
            account, known = (_account(row), row.password) if row else (None, self._nobody)
        with self._hashing:
            right = verified(password, known)
        if not right or account is None or not account.active:
            return Attempt()
        with Session(self._engine) as session, session.begin():
            session.execute(delete(tables.LoginFailure).where(tables.LoginFailure.name_token == self._token(name)))
        return Attempt(account)

    def _count(self, name: str, at: datetime) -> datetime | None:
        """Count one attempt; until when the name is closed, if it is."""
        with Session(self._engine) as session, session.begin():
            old = tables.LoginFailure.last_at < at - _FORGET_AFTER
            session.execute(delete(tables.LoginFailure).where(old))
            row = session.get(tables.LoginFailure, self._token(name))
            if row is None:
                session.add(tables.LoginFailure(name_token=self._token(name), failures=1, last_at=at))
                return None
            if row.closed_until is not None and aware(row.closed_until) > at:
                return aware(row.closed_until)
            row.failures, row.last_at = row.failures + 1, at
            over = row.failures - FREE_FAILURES
            row.closed_until = at + min(_FIRST_WAIT * 2 ** min(over - 1, 10), _LONGEST_WAIT) if over > 0 else None
            return None

    def _token(self, name: str) -> str:
        return self._key.token("log-in name", name)


def hashed(password: str) -> str:
    """Argon2id in PHC form, with a salt of its own."""
    work = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_KIBIBYTES)
    return work.derive_phc_encoded(password.encode())


@cache
def _nobodys() -> str:
    """What an unknown name's password is held against, so that it takes as long as a known one's."""
    return hashed("a password that nobody has")


def verified(password: str, known: str) -> bool:
    """Whether the password is the one hashed."""
    try:
        Argon2id.verify_phc_encoded(password.encode()[:1024], known)
    except (InvalidKey, ValueError):
        return False
    return True


def _account(row: tables.Account) -> SignedInAccount:
    return SignedInAccount(row.name, Role(row.role), frozenset(row.streets), row.active)


def _check_officer(role: Role, name: str, streets: Collection[str]) -> None:
    if role is Role.OFFICER and not streets:
        raise InputError("核查员要写明管哪个镇街", where=name, rule=Rule.OFFICER_STREET, action="加上镇街")


def _check_name(name: str) -> None:
    fit = 2 <= len(name) <= 40 and all(character.isalnum() or character in "._-" for character in name)
    if not fit or name == "sanzhao":
        raise InputError(
            "账号名要2到40个汉字、字母或数字", where=name[:40], rule=Rule.ACCOUNT_NAME, action="换一个名字"
        )


def _check_password(name: str, password: str) -> None:
    kinds = sum(
        any(map(test, password)) for test in (str.isdigit, str.islower, str.isupper, lambda entry: not entry.isalnum())
    )
    easy = len(set(password)) < 5 or name.lower() in password.lower() or (kinds < 2 and len(password) < 16)
    if not LEAST_PASSWORD <= len(password) <= 200 or easy:
        raise InputError(
            f"口令太简单：{PASSWORD_RULE}",
            rule=Rule.PASSWORD,
            action="换一个口令",
        )
