"""One row per person: the organisation that should take them in, and the rule that says so (search 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import duckdb
import pyarrow as pa

from flows.ledger.remits import put_remit_answers, put_remit_doubts
from flows.ledger.sql import put_rows, run_sql
from flows.organisations.register import OrganisationRegister
from flows.run.context import RunContext
from matchers.relations import make

_TEXT = pa.string()


def choose_hosts(con: duckdb.DuckDBPyConnection, run: RunContext, register: OrganisationRegister) -> None:
    """Write `hosts`: person_id, org_id, rule, grp; the first choice that has room, tonight's suggestions counted.

    What a person said stands before every rule, as long as tonight's register has that organisation. Beside it
    `registered_hosts`: person_key of those whose newest registration as floating names the very host.
    """
    hosts = run.policy.hosts
    put_remit_answers(con, run)
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
    put_remit_doubts(con, run)
    rows = con.execute(_CHOICES).fetchall()
    last = _highest(con.execute("select org_id, of_some, place from last_resort").fetchall(), register)
    everybody = [person for (person,) in con.execute("select person_id from persons order by person_id").fetchall()]
    said = _hosts_named_by_persons(con, register)
    chosen = _with_room(rows, run.policy.organisations.members_at_most, said)
    result = []
    for person in everybody:
        if person in chosen:
            result.append((person, *chosen[person]))
        elif last is not None:
            result.append((person, last, "last", None))
    columns = {"person_id": pa.int64(), "org_id": pa.int64(), "rule": _TEXT, "grp": _TEXT}
    put_rows(con, "hosts", columns, result)
    make(con, "registered_hosts", _REGISTERED)


def _highest(rows: list[tuple[int, bool, int]], register: OrganisationRegister) -> int | None:
    """The organisation with the fewest above it, of those for the whole district where there are any; none of none."""
    chosen = min(rows, key=lambda entry: (entry[1], len(register.above(entry[0])), entry[2], entry[0]), default=None)
    return None if chosen is None else chosen[0]


def _hosts_named_by_persons(con: duckdb.DuckDBPyConnection, register: OrganisationRegister) -> dict[int, int]:
    """The organisation of tonight's register that a person named, per person; none where it is not there any more."""
    rows = con.execute(
        "select k.person_id, s.org_name, s.org_code from hosts_said s join person_keys k using (person_key) order by 1"
    ).fetchall()
    result = {person: register.find(name, code) for person, name, code in rows}
    return {person: org for person, org in result.items() if org is not None}


_REGISTERED = """
select distinct k.person_key
from floats f join organisation_texts n on n.name = f.host_org and n.code is null
join hosts h on h.person_id = f.person_id and h.org_id = n.org_id
join person_keys k on k.person_id = f.person_id
where f.age = 1
"""
# Room is given in the order of the roll's own numbers: the same people get it tonight as last night.
_CHOICES = """
select h.person_id, h.org_id, h.rule, h.grp, h.may_be_full, h.full_members, h.is_new
from hosts_ranked h left join roll_of r using (person_id)
order by r.member_no nulls last, h.person_id, h.rank
"""


def _with_room(
    rows: list[tuple[int, int, str, str | None, bool, int, bool]], at_most: int, said: Mapping[int, int]
) -> dict[int, tuple[int, str, str | None]]:
    """What was said of each person, else their first choice with room, else the first of all.

    Who is in a branch already, or was taken in there, takes no new place.
    """
    taken: dict[int, int] = defaultdict(int)
    chosen: dict[int, tuple[int, str, str | None]] = {person: (org, "chosen", None) for person, org in said.items()}
    first: dict[int, tuple[int, str, str | None]] = {}
    for person, org, rule, group, limited, members, is_new in rows:
        first.setdefault(person, (org, rule, group))
        if person in chosen or (limited and members + taken[org] >= at_most):
            continue
        taken[org] += is_new
        chosen[person] = (org, rule, group)
    return first | chosen
