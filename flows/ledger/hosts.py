"""One row per person: the organisation that should take them in, and the rule that says so (search 3)."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pyarrow as pa

from flows.ledger.sql import put_rows, run_sql
from flows.run.context import RunContext

_TEXT = pa.string()


def choose_hosts(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Write `hosts`: person_id, org_id, rule, grp; the first choice that has room, tonight's suggestions counted."""
    hosts = run.policy.hosts
    run_sql(
        con,
        "hosts.sql",
        branch_kinds=list(hosts.branch_kinds),
        trade_branch_kinds=list(hosts.trade_branch_kinds),
        street_kinds=list(hosts.street_kinds),
        committee_kind=hosts.committee_kind,
        floating_kind=hosts.floating_kind,
        shared_kinds=list(hosts.shared_kinds),
        closed_words=list(hosts.closed_words),
        community_words=list(hosts.community_words),
        public_kinds=list(run.policy.units.public_kinds),
        received_state=run.policy.letters.received_state,
    )
    rows = con.execute(_CHOICES).fetchall()
    last = con.execute("select org_id from last_resort").fetchone()
    everybody = [person for (person,) in con.execute("select person_id from persons order by person_id").fetchall()]
    chosen = _with_room(rows, run.policy.organisations.members_at_most)
    found = []
    for person in everybody:
        if person in chosen:
            found.append((person, *chosen[person]))
        elif last and last[0] is not None:
            found.append((person, last[0], "last", None))
    columns = {"person_id": pa.int64(), "org_id": pa.int64(), "rule": _TEXT, "grp": _TEXT}
    put_rows(con, "hosts", columns, found)


# Room is given in the order of the roll's own numbers: the same people get it tonight as last night.
_CHOICES = """
select h.person_id, h.org_id, h.rule, h.grp, h.may_be_full, h.full_members, h.is_new
from hosts_ranked h left join roll_of r using (person_id)
order by r.member_no nulls last, h.person_id, h.rank
"""


def _with_room(
    rows: list[tuple[int, int, str, str | None, bool, int, bool]], at_most: int
) -> dict[int, tuple[int, str, str | None]]:
    """Each person's first choice with room, else the first of all; who is in a branch already takes no new place."""
    taken: dict[int, int] = defaultdict(int)
    chosen: dict[int, tuple[int, str, str | None]] = {}
    first: dict[int, tuple[int, str, str | None]] = {}
    for person, org, rule, group, limited, members, is_new in rows:
        first.setdefault(person, (org, rule, group))
        if person in chosen or (limited and members + taken[org] >= at_most):
            continue
        taken[org] += is_new
        chosen[person] = (org, rule, group)
    return first | chosen
