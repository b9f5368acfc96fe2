"""Who may do what, where: one table, asked on the server before every read and every act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The kinds of account; the one who opens accounts sees nobody's data, nor does the auditor.

    A street's officer sees the tasks of the street, outside the Party channel: who it is, never why.
    """

    ADMIN = "系统管理员"
    REVIEWER = "审核员"
    READER = "只读"
    AUDITOR = "审计员"
    OFFICER = "核查员"


class Action(StrEnum):
    """What an account may be allowed to do."""

    SEE_PAIRS = "查看待核对"
    JUDGE = "判断"
    UNMASK = "查看原件"
    SEE_PEOPLE = "查看一本账"
    CHECK = "登记核查结果"
    SEE_TASKS = "查看核查任务"
    OBJECT = "登记与答复异议"
    SEE_COVERAGE = "查看覆盖"
    SEE_TRUST = "查看复核一致性"
    SEE_RUNS = "查看运行记录"
    SEE_AUDIT = "查看审计日志"
    MANAGE_ACCOUNTS = "管理账号"
    EXPORT_IDENTIFIED = "导出实名数据"


_RIGHTS = {
    Role.ADMIN: {Action.SEE_RUNS, Action.MANAGE_ACCOUNTS},
    Role.REVIEWER: {
        Action.SEE_PAIRS,
        Action.JUDGE,
        Action.UNMASK,
        Action.SEE_PEOPLE,
        Action.CHECK,
        Action.SEE_TASKS,
        Action.OBJECT,
        Action.SEE_COVERAGE,
        Action.SEE_TRUST,
        Action.SEE_RUNS,
        Action.EXPORT_IDENTIFIED,
    },
    Role.READER: {Action.SEE_PAIRS, Action.SEE_PEOPLE, Action.SEE_COVERAGE, Action.SEE_RUNS},
    Role.AUDITOR: {Action.SEE_AUDIT, Action.SEE_TRUST, Action.SEE_RUNS},
    Role.OFFICER: {Action.SEE_TASKS},
}
_OF_A_STREET = {
    Action.SEE_TASKS,
    Action.SEE_PAIRS,
    Action.JUDGE,
    Action.UNMASK,
    Action.SEE_PEOPLE,
    Action.CHECK,
    Action.OBJECT,
}


@dataclass(frozen=True)
class SignedInAccount:
    """One account as it stands; no streets means the whole district."""

    name: str
    role: Role
    streets: frozenset[str] = frozenset()
    active: bool = True

    @property
    def whole_district(self) -> bool:
        return not self.streets


def may(account: SignedInAccount, action: Action) -> bool:
    """Whether the account's role has the right at all, wherever that be."""
    return account.active and action in _RIGHTS[account.role]


def allowed(account: SignedInAccount, action: Action, streets: Iterable[str | None]) -> bool:
    """Whether the account may do this to a thing that lies in these streets.

    A thing whose street nobody knows is for accounts of the whole district.
    """
    if not may(account, action):
        return False
    if account.whole_district or action not in _OF_A_STREET:
        return True
    return bool(account.streets.intersection(street for street in streets if street))
