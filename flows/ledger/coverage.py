"""One row per unit, station, trade, street and the district: workers, members, organisation, suggestion (两个覆盖)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from flows.context import RunContext
from flows.ledger.redact import Redactor
from flows.ledger.sql import put, run_sql
from schemas.contracts import ledger_table
from schemas.policy import Organisations

OWN, JOINT, STREET, NONE = "单独组建", "联合组建", "镇街兜底", "未覆盖"


@dataclass(frozen=True)
class Scope:
    """One counted scope, before its suggestion."""

    scope: str
    name_key: str
    label: str
    street: str | None
    trade: str | None
    workers: int
    worker_rows: int
    full_members: int
    probationary: int
    floating: int
    leads: int
    organisation: str | None
    org_kind: str | None
    street_org: str | None

    @property
    def is_unit(self) -> bool:
        return self.scope == "unit" and not self.name_key.startswith("（")


@dataclass(frozen=True)
class Advice:
    """What should be set up, and how many members are missing for a branch of one's own."""

    text: str | None = None
    missing: int | None = None


def build_coverage(con: duckdb.DuckDBPyConnection, run: RunContext, redactor: Redactor) -> None:
    """Write `coverage`."""
    policy = run.policy
    run_sql(
        con,
        "coverage.sql",
        excluded_state=policy.leads.excluded_state,
        unit_min_workers=policy.organisations.unit_min_workers,
        branch_kinds=list(policy.hosts.branch_kinds),
        street_kinds=list(policy.hosts.street_kinds),
        committee_kind=policy.hosts.committee_kind,
    )
    scopes = [Scope(*row) for row in con.execute("select * from coverage_rows order by scope, name_key").fetchall()]
    # Names are shortened before they are put into a sentence: inside one, a sole trader's is not seen to be a name.
    clean = [replace(scope, label=redactor.text(scope.label) or "") for scope in scopes]
    joint = joint_branches(clean, policy.organisations)
    columns: dict[str, list[object]] = defaultdict(list)
    for scope in clean:
        for name, value in _row(scope, advise(scope, joint, policy.organisations), redactor).items():
            columns[name].append(value)
    schema = pa.schema([field.with_nullable(True) for field in ledger_table("coverage").schema])
    table = pa.table({field.name: pa.array(columns[field.name], field.type) for field in schema})
    keys = ("scope", "name", "street", "trade", "workers", "worker_rows")
    put(con, "coverage", table.sort_by([(name, "ascending") for name in keys]))


def _row(scope: Scope, advice: Advice, redactor: Redactor) -> dict[str, object]:
    return {
        "scope": scope.scope,
        "name": scope.label,
        "street": scope.street,
        "trade": scope.trade,
        "workers": scope.workers,
        "worker_rows": scope.worker_rows,
        "full_members": scope.full_members,
        "probationary": scope.probationary,
        "floating": scope.floating,
        "leads": scope.leads,
        "organisation": redactor.text(scope.organisation),
        "coverage": _kind(scope),
        "suggestion": advice.text,
        "missing_members": advice.missing,
    }


def _kind(scope: Scope) -> str:
    if scope.org_kind is not None:
        return JOINT if scope.org_kind == "联合党支部" else OWN
    if scope.scope in ("trade", "district"):
        return OWN if scope.organisation else NONE
    return STREET if scope.street_org else NONE


@dataclass(frozen=True)
class Joint:
    """A joint branch one unit could share: with whom, why them, and how many full members they have together."""

    partners: tuple[str, ...]
    reason: str
    full_members: int


def joint_branches(scopes: Iterable[Scope], sizes: Organisations) -> dict[str, Joint]:
    """Units that together reach a branch: greedy, same street before same trade, at most as many units as allowed."""
    open_units = [
        one
        for one in scopes
        if one.is_unit and one.org_kind is None and 0 < one.full_members < sizes.branch_full_members
    ]
    found: dict[str, Joint] = {}
    for near, reason in (("street", "同在{}"), ("trade", "同属{}行业")):
        groups: dict[str, list[Scope]] = defaultdict(list)
        for one in open_units:
            if one.name_key not in found and getattr(one, near):
                groups[getattr(one, near)].append(one)
        for name in sorted(groups):
            for some in _gathered(groups[name], sizes):
                full = sum(unit.full_members for unit in some)
                for one in some:
                    partners = tuple(other.label for other in some if other is not one)
                    found[one.name_key] = Joint(partners, reason.format(name), full)
    return found


def _gathered(units: list[Scope], sizes: Organisations) -> list[list[Scope]]:
    """Largest first; each takes the smallest unit that completes it, else the largest there is."""
    left = sorted(units, key=lambda unit: (unit.full_members, unit.name_key))
    done = []
    while left:
        some = [left.pop()]
        while left and len(some) < sizes.joint_units_at_most:
            missing = sizes.branch_full_members - sum(unit.full_members for unit in some)
            if missing <= 0:
                break
            some.append(left.pop(next((at for at, unit in enumerate(left) if unit.full_members >= missing), -1)))
        if sum(unit.full_members for unit in some) >= sizes.branch_full_members:
            done.append(some)
    return done


def advise(scope: Scope, joint: dict[str, Joint], sizes: Organisations) -> Advice:
    """应建尽建 for a unit; nothing for the other scopes and for units with neither members nor many workers."""
    if not scope.is_unit:
        return Advice()
    full, all_members = scope.full_members, scope.full_members + scope.probationary
    shown = f"正式党员{full}名、预备党员{scope.probationary}名"
    if scope.org_kind is not None and scope.org_kind != "联合党支部":
        return Advice(_grown(scope, shown, sizes))
    if full >= sizes.branch_full_members:
        return Advice(f"应建党支部（{shown}）{_size(full, all_members, sizes)}", 0)
    missing = sizes.branch_full_members - full
    if scope.org_kind is not None:
        return Advice(None, missing)
    if scope.name_key in joint:
        some = joint[scope.name_key]
        together = f"{some.reason}，合计正式党员{some.full_members}名"
        return Advice(f"与{'、'.join(some.partners)}组建联合党支部（{shown}；{together}）", missing)
    if all_members or scope.floating or scope.workers >= sizes.instructor_min_workers:
        return Advice(f"选派党建工作指导员（{shown}，还差{missing}名正式党员）", missing)
    return Advice()


def _grown(scope: Scope, shown: str, sizes: Organisations) -> str | None:
    """A branch that has outgrown its kind."""
    size = _size(scope.full_members, scope.full_members + scope.probationary, sizes)
    return f"已建党组织（{shown}）{size}" if size and scope.org_kind == "党支部" else None


def _size(full: int, members: int, sizes: Organisations) -> str:
    if members >= sizes.party_committee_members:
        return "，一般可设党委，须报批"
    if members >= sizes.general_branch_members:
        return "，一般可设党总支，须报批"
    return "，应设支委会" if full >= sizes.committee_full_members else ""
