"""What the pages ask of the server; every call names the log-in, and the right is checked behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from reports.link_quality.trust import Trust
from reports.workbench.access import SignedInAccount
from reports.workbench.people import PeopleFilter
from reports.workbench.queue import Filter, JudgedState, QueuedPair

Verdict = Literal["link", "not_link", "unsure"]
Side = Literal["left", "right"]
Row = Mapping[str, Any]
T = TypeVar("T")


class Refused(Exception):  # noqa: N818
    """The account may not do this, or there is no such thing: the same words for both."""


class LoggedOut(Exception):  # noqa: N818
    """Nobody is logged in under this session any more."""


@dataclass(frozen=True)
class ResumePoint:
    """Where an account left off."""

    pair_id: str | None = None
    chosen: Filter = field(default_factory=Filter)
    hide_score: bool = False
    """The account's own choice, where the district leaves it one."""
    must_hide: bool = False
    """The district's: no score before the judgement."""
    draft: str = ""


@dataclass(frozen=True)
class Listed(Generic[T]):
    """One page of a list."""

    version: str
    as_of: date | None
    rows: Sequence[T]
    total: int
    choices: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class PairView:
    """One pair with what else its two sides are tied to."""

    version: str
    pair: QueuedPair
    tied: Sequence[QueuedPair]
    person: Row | None
    """The ledger's row of the member, where there is one that the account may see."""
    left_of_all: int
    """How many pairs wait under the account's filter."""


@dataclass(frozen=True)
class Watch:
    """What changed around an open pair: others who look at it, what was said of it, the version in force."""

    others: tuple[str, ...]
    standing: JudgedState | None
    version: str


@dataclass(frozen=True)
class Original:
    """One record in clear, from its landing copy: titles and values in the contract's order."""

    where: str
    values: Mapping[str, str]
    fields: Mapping[str, str]
    """Name, ID and phone under their common names, to hold against the other side."""


@dataclass(frozen=True)
class PersonView:
    """One person of the ledger, with the history kept of them."""

    version: str
    as_of: date | None
    row: Row
    basis: Mapping[str, str]
    changes: Sequence[Row]
    checks: Sequence[Row]
    objections: Sequence[Row]
    pairs: Sequence[QueuedPair]
    answers: Sequence[str]
    """What a street may answer to a check."""


@dataclass(frozen=True)
class Conflict:
    """One lead that a street disputes, with the street's words."""

    row: Row
    code: str
    said_by: str
    said_on: date
    remark: str | None
    awaits_register: bool
    """An analyst found that a register must be corrected first."""

    @property
    def place(self) -> tuple[str, str]:
        return str(self.row["person_key"]), self.code


@dataclass(frozen=True)
class ConflictView:
    """One disputed lead with what an analyst needs to decide it."""

    version: str
    conflict: Conflict
    basis: str
    """口径 of the lead's code."""
    checks: Sequence[Row]
    answers: Sequence[str]
    waiting: int
    """How many wait for an analyst under this account."""


@dataclass(frozen=True)
class Waiting:
    """Everything that waits for a person, as far as the account may see it."""

    queues: Sequence[Row]
    """Path, title, count and what is to be done, of each queue."""
    contradicting: Sequence[Row]
    """People whose rolls contradict each other."""
    files: Sequence[str]
    """What the last run found doubtful in files."""
    run_id: str


@dataclass(frozen=True)
class Coverage:
    """The coverage table of the version in force."""

    version: str
    as_of: date | None
    rows: Sequence[Row]
    statuses: Mapping[str, int]
    names: Mapping[str, str]
    sums: Sequence[Row]
    """勾稽: the district against its streets, trades and units."""


class Desk(Protocol):
    """The server behind the pages."""

    def account(self, session: str, *, act: bool = True) -> SignedInAccount: ...
    def form_token(self, session: str) -> str: ...

    def place(self, session: str) -> ResumePoint: ...
    def remember(self, session: str, place: ResumePoint) -> None: ...
    def queue(self, session: str, chosen: Filter, page: int) -> Listed[QueuedPair]: ...
    def pair(self, session: str, pair_id: str) -> PairView: ...
    def next_pair(self, session: str, chosen: Filter, after: str | None) -> str | None: ...
    def judge(self, session: str, pair_id: str, verdict: Verdict, note: str) -> JudgedState: ...
    def undo(self, session: str) -> str | None: ...
    def unmask(self, session: str, pair_id: str, side: Side, reason: str) -> Original: ...
    def watch(self, session: str, pair_id: str) -> Watch: ...
    def leave(self, session: str, pair_id: str) -> None: ...

    def people(self, session: str, chosen: PeopleFilter, page: int) -> Listed[Row]: ...
    def person(self, session: str, key: str) -> PersonView: ...
    def find_by_id(self, session: str, number: str) -> str | None: ...
    def unmask_evidence(self, session: str, key: str, number: int, reason: str) -> Original: ...
    def check(self, session: str, key: str, code: str, answer: str, host: str = "") -> None: ...
    def organisation_names(self, session: str) -> Sequence[str]: ...

    def waiting(self, session: str) -> Waiting: ...
    def conflicts(self, session: str) -> Sequence[Conflict]: ...
    def conflict(self, session: str, key: str, code: str) -> ConflictView: ...
    def next_conflict(self, session: str, after: tuple[str, str] | None) -> tuple[str, str] | None: ...
    def answer_conflict(self, session: str, key: str, code: str, answer: str, why: str) -> None: ...

    def trust(self, session: str) -> tuple[Trust, Mapping[str, str]]: ...
    def coverage(self, session: str) -> Coverage: ...
    def status_names(self, session: str) -> Mapping[str, str]: ...

    def units(self, session: str) -> Listed[Row]: ...
    def unit_doubts(self, session: str) -> Sequence[Row]: ...
    def answer_unit(self, session: str, doubt_id: str, verdict: str) -> None: ...

    def remit_doubts(self, session: str) -> Sequence[Row]: ...
    def occupation_groups(self, session: str) -> Sequence[str]: ...
    def answer_remit(self, session: str, doubt_id: str, remit: str, group: str | None) -> None: ...

    def objections(self, session: str) -> Sequence[Row]: ...
    def raise_objection(self, session: str, key: str, reason: str) -> None: ...
    def answer_objection(self, session: str, key: str, answer: str) -> None: ...

    def runs(self, session: str) -> Sequence[Row]: ...
    def run(self, session: str, run_id: str) -> Row: ...
    def audit(self, session: str, chosen: Mapping[str, str], page: int) -> Listed[Row]: ...
    def audit_problems(self, session: str) -> Sequence[str]: ...

    def accounts(self, session: str) -> Sequence[SignedInAccount]: ...
    def streets(self, session: str) -> Sequence[str]: ...
    def open_account(self, session: str, account: SignedInAccount, password: str) -> None: ...
    def change_account(
        self,
        session: str,
        name: str,
        *,
        password: str | None = None,
        active: bool | None = None,
        streets: Sequence[str] | None = None,
    ) -> None: ...
    def change_password(self, session: str, old: str, new: str) -> None: ...
    def now(self) -> datetime: ...
