"""The policy: every rule of the ledger as data, with the wording (口径) printed beside the figures it decides."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.drift import Drift
from schemas.errors import ContractError
from schemas.rules import Rule
from schemas.trades import Brand, Occupations, Scope, UnitScope

Share = float
_SHIPPED_UNLESS_GIVEN = ("brands", "scope")
"""Parts that a district's own policy may leave out: it then takes the shipped ones."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StatusRule(_Frozen):
    """One status code: its name and its 口径."""

    name: str = Field(min_length=1)
    basis: str = Field(min_length=1)


class Statuses(_Frozen):
    """All status codes and the order in which the primary one is chosen."""

    order: tuple[str, ...]
    codes: dict[str, StatusRule]
    accusing: tuple[str, ...] = ("S1", "P1", "L1", "Y1", "P2")
    """Codes nobody is given by rolls that contradict each other."""

    @model_validator(mode="after")
    def _every_code_has_its_place(self) -> Statuses:
        if sorted(self.order) != sorted(self.codes):
            raise ValueError(f"order and codes differ: {sorted(set(self.order) ^ set(self.codes))}")
        return self


class Letters(_Frozen):
    """When a transfer letter counts as pocketed."""

    pending_states: tuple[str, ...]
    received_state: str
    returned_state: str = "退回"
    valid_days: int = Field(ge=1, le=3650)


class Affiliation(_Frozen):
    """When an affiliation elsewhere should have been moved."""

    works_here_months: int = Field(ge=1, le=120)
    name_noise: tuple[str, ...] = ()
    """Read so that policies of before are not refused; names are compared by `schemas/organisations.toml`."""


class Leads(_Frozen):
    """States of a lead and the moves allowed between them."""

    first_state: str
    excluded_state: str
    objection_state: str
    transitions: dict[str, tuple[str, ...]]
    settled_states: tuple[str, ...] = ("已确认", "已纳管")
    """A lead in one of these is closed, not dropped, once the registers settle its matter."""
    closed_state: str = "已办结"
    closed_days: int = Field(default=180, ge=0, le=3650)
    """How long a closed lead stays in `leads`."""
    ended_days: int = Field(default=30, ge=0, le=3650)
    """The same of one that nobody had checked when the registers settled it."""
    confirmed_state: str = "已确认"
    taken_in_state: str = "已纳管"
    taken_in_codes: tuple[str, ...] = ("P1", "P2", "F1", "F2", "W1")
    """Of these a confirmed lead is 已纳管 by the roll itself, once the member's branch is the host's."""
    feedback: dict[str, str] = {}
    """State a street's answer leads to, per answer."""
    person_feedback: dict[str, str] = {"属实": "已确认", "非本人": "排除", "联系不上": "待核查"}
    """The same of a sheet outside the Party channel, which asks about the person alone."""
    task_days: int = Field(default=14, ge=1, le=365)
    """How many days a street has to answer a task."""
    not_the_person: str = "非本人"
    """The answer that also unties the rows seen so far from the member."""
    taken_in: str = "已纳管"
    """The answer that names the organisation which took the person in; it confirms the lead by the way."""
    to_analyst: str = "情况不符"
    """The answer after which an analyst goes on, not the street."""
    not_working: str = "已离岗"
    """The answer about the person after which the rows seen so far are no work, until newer ones come."""
    awaits_register: str = "名册待更正"
    """The analyst's answer after which nobody goes on until a register changes."""
    analyst: dict[str, str] = {
        "发回镇街": "待核查", "属实": "已确认", "线索不成立": "排除", "非本人": "排除", "名册待更正": "待核查",
    }  # fmt: skip
    """State an analyst's answer leads to, per answer."""
    causes: dict[str, str] = {
        "已纳管": "taken_in_by_person", "情况不符": "facts_disputed", "发回镇街": "sent_back",
        "线索不成立": "found_unfounded", "名册待更正": "register_to_correct",
    }  # fmt: skip
    """Code that a lead's `cause` bears after an answer, where it bears one."""

    @model_validator(mode="after")
    def _moves_stay_inside(self) -> Leads:
        named = {self.first_state, self.excluded_state, self.objection_state, *chain(*self.transitions.values())}
        named |= {*self.settled_states, *self.feedback.values(), *self.person_feedback.values(), *self.analyst.values()}
        if named - set(self.transitions):
            raise ValueError(f"states without a line of their own: {sorted(named - set(self.transitions))}")
        return self

    @property
    def answers(self) -> dict[str, str]:
        """State per answer of either kind of sheet."""
        return {**self.person_feedback, **self.feedback}

    def allows(self, old: str, new: str) -> bool:
        """Whether a lead in state `old` may move to `new`."""
        return new in self.transitions.get(old, ())

    def reaches(self, old: str, new: str) -> bool:
        """The same, where whoever was taken in is confirmed by the way."""
        by_the_way = new == self.taken_in_state and self.allows(old, self.confirmed_state)
        return self.allows(old, new) or by_the_way


class Trade(_Frozen):
    """The trade of an occupation group and the words organisations use for it."""

    trade: str
    words: tuple[str, ...]


class Hosts(_Frozen):
    """Search 3: which organisation takes a member in."""

    branch_kinds: tuple[str, ...]
    trade_branch_kinds: tuple[str, ...]
    floating_kind: str
    shared_kinds: tuple[str, ...] = ("联合党支部", "流动党员党支部")
    """Kinds that take in members of several units even where units are named; a unit's own branch serves it alone."""
    committee_kind: str
    street_kinds: tuple[str, ...]
    closed_words: tuple[str, ...] = ()
    """Words in the name of an organisation that takes in only its own people: offices, schools, hospitals, firms."""
    community_words: tuple[str, ...] = ("社区", "村", "居委")
    committees: dict[str, tuple[str, ...]]
    rules: dict[str, str]


class Organisations(_Frozen):
    """Sizes at which an organisation of each kind is set up."""

    branch_full_members: int = Field(ge=1)
    committee_full_members: int = Field(ge=1)
    general_branch_members: int = Field(ge=1)
    party_committee_members: int = Field(ge=1)
    joint_units_at_most: int = Field(ge=2)
    instructor_min_workers: int = Field(ge=1)
    unit_min_workers: int = Field(ge=1)
    members_at_most: int = Field(default=100, ge=1)
    employment_forms: tuple[str, ...] = ("专送", "众包", "全职", "兼职", "驻店", "乐跑", "优选")
    """Words of a job column that say how somebody is employed; they are no line of business."""


class Leaving(_Frozen):
    """What becomes of somebody whose worker rows are all withdrawn."""

    keep_days: int = Field(ge=0, le=3650)


class Snapshots(_Frozen):
    """How long a file that did not come is carried forward; no longer than the landing copies are kept."""

    patience_days: int = Field(default=45, ge=0, le=400)
    covered_share: float = Field(default=0.5, gt=0, le=1)
    """From this share of its rows in new files on, those are not carried a second time."""


class Retention(_Frozen):
    """How many versions stay: the newest, and one for the end of each month, back so many months."""

    versions: int = Field(ge=1)
    monthly: int = Field(ge=0)


class Circulation(_Frozen):
    """What may leave the office: counts below `least` are hidden."""

    least: int = Field(ge=2)


class Quarantine(_Frozen):
    """Shares of quarantined rows, per file and per source."""

    warn_share: Share = Field(ge=0, le=1)
    stop_share: Share = Field(ge=0, le=1)
    warn_rows: int = Field(ge=1)


class Limits(_Frozen):
    """How far a ledger may move from the last one before a person must look."""

    shrink_share: Share = Field(ge=0, le=1)
    grow_share: Share = Field(ge=0)
    compare_from_rows: int = Field(ge=0)
    column_loss_share: Share = Field(default=0.5, ge=0, le=1)
    """The share of a column's values that may be missing, of what the sources fill or of the last version's."""
    delta_history: int = Field(ge=1)


class Reading(_Frozen):
    """Whether hidden parts of a workbook are read like the rest, or passed over; named either way."""

    hidden_rows: Literal["read", "skip"] = "read"
    hidden_sheets: Literal["read", "skip"] = "skip"


class SharedNumbers(_Frozen):
    """How many different names make a number nobody's: an ID or a phone on so many is no value."""

    names_of_an_id: int = Field(default=4, ge=2)
    names_of_a_phone: int = Field(default=6, ge=2)


class Policy(_Frozen):
    """One version of the rules."""

    version: str = Field(min_length=1)
    valid_from: date
    statuses: Statuses
    letters: Letters
    affiliation: Affiliation
    leads: Leads
    occupations: Occupations
    trades: dict[str, Trade]
    hosts: Hosts
    brands: tuple[Brand, ...]
    scope: Scope
    units: UnitScope = UnitScope()
    own_job: dict[str, tuple[str, ...]] = {}
    """No longer read: policies written before 2026.2 list words of 在册新就业 here."""
    organisations: Organisations
    quarantine: Quarantine
    limits: Limits
    leaving: Leaving = Leaving(keep_days=90)
    snapshots: Snapshots = Snapshots()
    retention: Retention = Retention(versions=100, monthly=36)
    circulation: Circulation = Circulation(least=5)
    drift: Drift = Drift()
    reading: Reading = Reading()
    numbers: SharedNumbers = SharedNumbers()

    @model_validator(mode="after")
    def _every_group_has_a_trade(self) -> Policy:
        groups = {rule.group for rule in self.occupations.rules} | {self.occupations.default}
        groups |= set(self.occupations.source_defaults.values()) | {brand.group for brand in self.brands}
        groups |= set(self.scope.industries.values())
        if groups - set(self.trades):
            raise ValueError(f"groups without a trade: {sorted(groups - set(self.trades))}")
        return self

    @model_validator(mode="after")
    def _every_basis_can_be_filled(self) -> Policy:
        for code in self.statuses.order:
            try:
                self.basis(code)
            except (KeyError, IndexError, ValueError, AttributeError):
                raise ValueError(
                    f"statuses.codes.{code}.basis：花括号里只能写 {'、'.join(sorted(self._numbers))}"
                ) from None
        return self

    def basis(self, code: str) -> str:
        """The 口径 of a status code, its numbers those of this policy."""
        return self.statuses.codes[code].basis.format_map(self._numbers)

    @property
    def _numbers(self) -> dict[str, str]:
        """What a 口径 may name in braces."""
        return {
            "valid_days": str(self.letters.valid_days),
            "pending_states": "或".join(f"“{state}”" for state in self.letters.pending_states),
            "received_state": self.letters.received_state,
            "works_here_months": str(self.affiliation.works_here_months),
        }


def load_policy(path: Path | None = None) -> Policy:
    """The shipped policy, or the one at `path`. Raises ContractError naming file and key."""
    where = str(path) if path else "policy.toml"
    try:
        shipped = tomllib.loads((resources.files("schemas") / "policy.toml").read_text("utf-8"))
        own = tomllib.loads(path.read_text("utf-8")) if path else shipped
        return Policy.model_validate({**{name: shipped[name] for name in _SHIPPED_UNLESS_GIVEN}, **own})
    except OSError as error:
        raise ContractError(f"规则文件读不了：{error.strerror}", where=where, rule=Rule.POLICY_UNREADABLE) from None
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"TOML 写法有误：{error}", where=where, rule=Rule.TOML, action="按提示的行列修改") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ContractError(f"规则有误：{key} {first['msg']}", where=where, rule=Rule.POLICY) from None
