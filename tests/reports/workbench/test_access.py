"""Who may do what, where."""

from __future__ import annotations

import pytest

from reports.workbench.access import Action, Role, SignedInAccount, allowed, may

STREET = frozenset({"云溪街道"})
EVERYWHERE, HERE = frozenset[str](), STREET
PEOPLE = {Action.SEE_PAIRS, Action.SEE_PEOPLE}
RIGHTS = {
    Role.ADMIN: {Action.SEE_RUNS, Action.MANAGE_ACCOUNTS},
    Role.REVIEWER: PEOPLE
    | {Action.JUDGE, Action.UNMASK, Action.CHECK, Action.OBJECT, Action.SEE_COVERAGE, Action.SEE_RUNS}
    | {Action.EXPORT_IDENTIFIED, Action.SEE_TASKS, Action.SEE_TRUST},
    Role.READER: PEOPLE | {Action.SEE_COVERAGE, Action.SEE_RUNS},
    Role.AUDITOR: {Action.SEE_AUDIT, Action.SEE_TRUST, Action.SEE_RUNS},
    Role.OFFICER: {Action.SEE_TASKS},
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(Action))
def test_every_role_has_its_rights_and_no_other(role: Role, action: Action) -> None:
    assert may(SignedInAccount("甲", role), action) == (action in RIGHTS[role])
    assert not may(SignedInAccount("甲", role, active=False), action)


@pytest.mark.parametrize(
    ("streets", "where", "answer"),
    [
        (EVERYWHERE, ("云溪街道", None), True),
        (EVERYWHERE, (None, None), True),
        (HERE, ("云溪街道", "石栈街道"), True),
        (HERE, (None, "云溪街道"), True),
        (HERE, ("石栈街道", "石栈街道"), False),
        (HERE, (None, None), False),
        (HERE, (), False),
    ],
)
def test_a_street_sees_what_touches_it_and_nothing_of_unknown_place(
    streets: frozenset[str], where: tuple[str | None, ...], answer: bool
) -> None:
    account = SignedInAccount("乙", Role.REVIEWER, streets)
    for action in (Action.SEE_PAIRS, Action.JUDGE, Action.UNMASK, Action.SEE_PEOPLE, Action.CHECK, Action.OBJECT):
        assert allowed(account, action, where) == answer
    assert not allowed(account, Action.SEE_AUDIT, where)
