"""What every part of the desk stands on: the home, its store, the log-ins, the rights, the audit log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import RLock
from typing import NoReturn

from flows.home.folders import Home
from flows.home.keys import DistrictKey, load_key
from flows.home.settings import Settings, WorkbenchSettings, load_settings, model_of
from flows.home.store import Store, open_store
from flows.ledger.redact import is_personal_number
from flows.originals import Originals, Record
from flows.review.accounts import Accounts
from flows.review.clock import Clock, day_of, utc_now
from flows.review.sessions import SessionLimits, Sessions
from flows.review.shelf import LoadedVersion, Shelf
from matchers.model.link_model import LinkModel
from reports.workbench.access import Action, SignedInAccount, may
from reports.workbench.desk import LoggedOut, Refused
from schemas.contracts import load_sources
from schemas.errors import InputError
from schemas.policy import Policy, load_policy
from schemas.rules import Rule

LEAST_REASON, LONGEST_TEXT = 4, 500


@dataclass
class Office:
    """One home opened for the workbench."""

    home: Home
    key: DistrictKey
    store: Store
    policy: Policy
    accounts: Accounts
    sessions: Sessions
    shelf: Shelf
    originals: Originals
    clock: Clock = utc_now
    district: str = ""
    rules: WorkbenchSettings = field(default_factory=WorkbenchSettings)
    writing: RLock = field(default_factory=RLock)
    settings: Settings = field(default_factory=Settings)

    @property
    def model(self) -> LinkModel:
        """The model by which the home's nights compare."""
        return model_of(self.settings)

    @classmethod
    def open(
        cls, home: Home, *, limits: SessionLimits | None = None, clock: Clock = utc_now, place: str = ""
    ) -> Office:
        """Everything the workbench needs of a home; log-ins hold at this place only. Raises HomeError for no home."""
        settings, key = load_settings(home), load_key(home)
        store, policy = open_store(home, settings.store_url), load_policy(settings.policy)
        return cls(
            home=home,
            key=key,
            store=store,
            policy=policy,
            accounts=Accounts(store.engine, key),
            sessions=Sessions(store.engine, key, limits or SessionLimits(), place),
            shelf=Shelf(home, key, policy.statuses.order),
            originals=Originals(home, key, policy, load_sources(settings.sources), store),
            clock=clock,
            district=settings.district,
            rules=settings.workbench,
            settings=settings,
        )

    def close(self) -> None:
        self.store.close()

    def now(self) -> datetime:
        return self.clock()

    def today(self) -> date:
        return day_of(self.clock())

    def version_in_force(self) -> LoadedVersion:
        return self.shelf.version_in_force()

    def account(self, session: str, *, act: bool = True) -> SignedInAccount:
        """Who is logged in. Raises LoggedOut."""
        result = self.sessions.account(session, self.clock(), act=act)
        if result is None:
            raise LoggedOut
        return result

    def with_right(self, session: str, action: Action) -> SignedInAccount:
        """Who is logged in, if their role has the right. Raises Refused, and notes it."""
        account = self.account(session)
        if not may(account, action):
            self.refuse(account, action, "")
        return account

    def refuse(self, account: SignedInAccount, action: Action, what: str) -> NoReturn:
        """Note the refusal, then refuse."""
        self.audit(account.name, "refused", f"{action.value} {what}".strip())
        raise Refused

    def read_original(self, who: str, person_key: str | None, read: Callable[[], Record]) -> Record:
        """A record in clear. A refusal to show it is noted too, with its rule; the place is in the note before."""
        try:
            return read()
        except InputError as error:
            self.audit(who, "unmask_refused", error.rule, person_key)
            raise

    def audit(self, who: str, what: str, why: str | None = None, person_key: str | None = None) -> None:
        self.store.audit(self.key, self.clock(), who, what, why=why, person_key=person_key)


def plain_text(text: str, what: str, *, least: int = 0) -> str:
    """A clerk's own words, trimmed. Raises InputError when too short, or when they hold a number of a person's."""
    result = " ".join(text.split())[:LONGEST_TEXT]
    if len(result) < least:
        raise InputError(f"请写明{what}（至少{least}个字）", rule=Rule.TEXT_NEEDED)
    if is_personal_number(result.replace(" ", "").replace("-", "")):
        raise InputError(f"{what}里不要写证件号或手机号", rule=Rule.PERSONAL_NUMBER, action="改成不含号码的说法")
    return result
