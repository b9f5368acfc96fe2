"""One row per unit, station, trade, street and the district: workers, members, organisation, suggestion (两个覆盖)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import duckdb
import pyarrow as pa

from flows.ledger.joining import Joint, SharedBranch, joint_branches
from flows.ledger.lines import LineRow, floating_branch, lines_of, lines_text
from flows.ledger.redact import Redactor
from flows.ledger.sql import put, run_sql
from flows.run.context import RunContext
from schemas.contracts import ledger_table
from schemas.policy import Organisations

OWN, JOINT, STREET, NONE = "单独组建", "联合组建", "镇街兜底", "未覆盖"
_JOINT_KIND, _FLOATING_KIND = "联合党支部", "流动党员党支部"


@dataclass(frozen=True)
class CoverageScope:
    """One counted scope, before its suggestion.

    `open_full`, `open_probationary`: members whom no branch that serves this work has taken in yet.
    """

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
    open_full: int
    open_probationary: int
    organisation: str | None
    org_kind: str | None
    street_org: str | None
    is_registered: bool
    """A unit of the register: not those who name none, nor the small ones counted together."""
    is_public: bool = False
    """An office, a school, a hospital: what is to be set up there is not for this district's platform work to say."""
    credit_code: str | None = None

    @property
    def is_unit(self) -> bool:
        return self.scope == "unit" and self.is_registered

    @property
    def has_branch(self) -> bool:
        """A branch for its full members, alone or with others."""
        return self.org_kind is not None and self.org_kind != _FLOATING_KIND


@dataclass(frozen=True)
class Advice:
    """What should be set up, and how many members are missing for a branch of one's own."""

    text: str | None = None
    missing: int | None = None


@dataclass(frozen=True)
class Surroundings:
    """What a unit's suggestion depends on beside the unit: joint branches, floating members by line."""

    sizes: Organisations
    joint: Mapping[str, Joint] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str | None, int]] = field(default_factory=dict)
    branches: tuple[SharedBranch, ...] = ()


def build_coverage(con: duckdb.DuckDBPyConnection, run: RunContext, redactor: Redactor) -> None:
    """Write `coverage`."""
    policy = run.policy
    run_sql(
        con,
        "coverage.sql",
        excluded_state=policy.leads.excluded_state,
        unit_min_workers=policy.organisations.unit_min_workers,
        employment_forms=list(policy.organisations.employment_forms),
        branch_kinds=list(policy.hosts.branch_kinds),
        shared_kinds=list(policy.hosts.shared_kinds),
        street_kinds=list(policy.hosts.street_kinds),
        committee_kind=policy.hosts.committee_kind,
        received_state=policy.letters.received_state,
        public_kinds=list(policy.units.public_kinds),
    )
    scopes = [
        CoverageScope(*row) for row in con.execute("select * from coverage_rows order by scope, name_key").fetchall()
    ]
    # Names are shortened before they are put into a sentence: inside one, a sole trader's is not seen to be a name.
    clean = [replace(scope, label=redactor.text(scope.label) or "") for scope in scopes]
    around = _surroundings(con, clean, policy.organisations, redactor)
    columns: dict[str, list[object]] = defaultdict(list)
    for scope in clean:
        for name, value in _row(scope, advise(scope, around), redactor).items():
            columns[name].append(value)
    schema = pa.schema([field.with_nullable(True) for field in ledger_table("coverage").schema])
    table = pa.table({field.name: pa.array(columns[field.name], field.type) for field in schema})
    keys = ("scope", "name", "street", "trade", "workers", "worker_rows")
    put(con, "coverage", table.sort_by([(name, "ascending") for name in keys]))


def _surroundings(
    con: duckdb.DuckDBPyConnection, scopes: list[CoverageScope], sizes: Organisations, redactor: Redactor
) -> Surroundings:
    rows = con.execute("select * from shared_branches order by org_id").fetchall()
    branches = tuple(
        SharedBranch(org_id, redactor.text(name) or "", kind, street, tuple(trades), units)
        for org_id, name, kind, street, trades, units in rows
    )
    result: dict[str, list[LineRow]] = defaultdict(list)
    for unit, station, *shown, floating in con.execute("select * from floating_lines order by all").fetchall():
        result[unit].append(((redactor.text(station), *shown), floating))
    lines = {unit: lines_of(rows, sizes.branch_full_members) for unit, rows in result.items()}
    joining = [
        scope for scope in scopes
        if scope.is_unit and not scope.is_public and not scope.has_branch
        and 0 < scope.open_full < sizes.branch_full_members
    ]  # fmt: skip
    return Surroundings(sizes, joint_branches(joining, sizes, branches), lines, branches)


def _row(scope: CoverageScope, advice: Advice, redactor: Redactor) -> dict[str, object]:
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


def _kind(scope: CoverageScope) -> str:
    if scope.org_kind is not None:
        return JOINT if scope.org_kind == _JOINT_KIND else OWN
    if scope.scope in ("trade", "district"):
        return OWN if scope.organisation else NONE
    return STREET if scope.street_org else NONE


def advise(scope: CoverageScope, around: Surroundings) -> Advice:
    """应建尽建 for a unit; nothing for the other scopes and for units with neither members nor many workers."""
    if not scope.is_unit or scope.is_public:
        return Advice()
    formal = _formal(scope, around)
    floating = None if scope.has_branch else _floating(scope, around)
    texts = [text for text in (formal.text, floating) if text]
    return Advice("；".join(texts) or None, formal.missing)


def _formal(scope: CoverageScope, around: Surroundings) -> Advice:
    """What the full members ask for: a branch, a part in one, an instructor."""
    sizes, full = around.sizes, scope.open_full
    all_members = full + scope.open_probationary
    counts_text = _member_counts(scope)
    if scope.has_branch and scope.org_kind != _JOINT_KIND:
        return Advice(_grown(scope, sizes))
    if full >= sizes.branch_full_members:
        return Advice(f"应建党支部（{counts_text}）{_size(full, all_members, sizes)}", 0)
    missing = sizes.branch_full_members - full
    if scope.has_branch:
        return Advice(None, missing)
    if scope.name_key in around.joint:
        return Advice(_joined(around.joint[scope.name_key], counts_text), missing)
    if all_members or (not scope.floating and scope.workers >= sizes.instructor_min_workers):
        return Advice(f"选派党建工作指导员（{counts_text}，还差{missing}名正式党员）", missing)
    return Advice()


def _joined(joint: Joint, counts_text: str) -> str:
    if joint.existing:
        return f"加入{joint.existing}（{counts_text}；{joint.reason}）"
    together = f"{joint.reason}，合计正式党员{joint.full_members}名"
    return f"与{'、'.join(joint.partners)}组建联合党支部（{counts_text}；{together}）"


def _member_counts(scope: CoverageScope) -> str:
    """Full members alone count; both are shown, and how many a branch has taken in already."""
    taken = scope.full_members - scope.open_full + scope.probationary - scope.open_probationary
    text = f"正式党员{scope.open_full}名、预备党员{scope.open_probationary}名"
    return f"{text}；另有{taken}名已在相关党支部" if taken else text


def _floating(scope: CoverageScope, around: Surroundings) -> str | None:
    """Branches for floating members: one per line of three or more, one for the unit where only all together are."""
    lines = around.lines.get(scope.name_key, {})
    total, least = sum(lines.values()), around.sizes.branch_full_members
    if not total or scope.org_kind == _FLOATING_KIND:
        return None
    large = {name: number for name, number in lines.items() if number >= least}
    if len(large) > 1:
        rest = total - sum(large.values())
        others = f"，其余{rest}名编入其中" if rest else ""
        return f"流动党员{total}名，应按业务线组建流动党员党支部{len(large)}个（{lines_text(large)}{others}）"
    if total >= least:
        return f"流动党员{total}名，应建流动党员党支部"
    near = floating_branch(around.branches, scope.street, scope.trade)
    if near:
        return f"流动党员{total}名，编入{near.name}"
    return f"流动党员{total}名，与邻近单位的流动党员合建流动党员党支部"


def _grown(scope: CoverageScope, sizes: Organisations) -> str | None:
    """A branch that has outgrown its kind; its own members count there."""
    counts_text = f"正式党员{scope.full_members}名、预备党员{scope.probationary}名"
    size = _size(scope.full_members, scope.full_members + scope.probationary, sizes)
    return f"已建党组织（{counts_text}）{size}" if size and scope.org_kind == "党支部" else None


def _size(full: int, members: int, sizes: Organisations) -> str:
    if members >= sizes.party_committee_members:
        return "，一般可设党委，须报批"
    if members >= sizes.general_branch_members:
        return "，一般可设党总支，须报批"
    return "，应设支委会" if full >= sizes.committee_full_members else ""
