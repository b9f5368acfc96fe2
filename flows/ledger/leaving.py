"""One row per person of the last ledger whom nothing ties to platform work tonight: why, and whether they stay."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pyarrow as pa

from flows.home.store import Store
from flows.ledger.sql import put_rows, run_sql
from flows.organisations import OrganisationRegister
from flows.run.context import RunContext

_TEXT = pa.string()


def find_leavers(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store) -> None:
    """Write `leavers`: person_key, row_here (a worker row of theirs still came), registry_here, denied, registry_id.

    Found by the keyed tokens the store has of them; only rows with their surname are hashed. `denied`: a person said
    they are not that member. `registry_id`: an ID or a member number leads to one registry person alone.
    """
    missing = [key for (key,) in con.execute(_MISSING).fetchall()]
    tokens = {token: key for token, _, key in store.tokens_of(missing)}
    here: dict[str, set[str]] = defaultdict(set)
    registered: dict[str, set[int]] = defaultdict(set)
    for side, value, registry_id in con.execute(_VALUES).fetchall() if tokens else ():
        if value is None:
            continue
        key = tokens.get(run.key.token("evidence", value))
        if key is not None:
            here[key].add(side)
            if value.startswith(_OWN_NUMBERS):
                registered[key].add(registry_id)
    rows = [
        (
            key, "worker" in here[key], bool({"registry", "denied"} & here[key]), "denied" in here[key],
            min(registered[key]) if len(registered[key]) == 1 and "denied" not in here[key] else None,
        )
        for key in missing
    ]  # fmt: skip
    flag = pa.bool_()
    columns = {"person_key": _TEXT, "row_here": flag, "registry_here": flag, "denied": flag, "registry_id": pa.int64()}
    put_rows(con, "leavers", columns, rows)


def settle_leavers(con: duckdb.DuckDBPyConnection, run: RunContext, register: OrganisationRegister) -> None:
    """Write `leavers_settled`: person_key, code, cause; what the registers settle of people who are not seen tonight.

    What a roll or a letter says ends a matter, whether its person works here tonight or not (domain.md, Closed).
    """
    branches = con.execute(_LEAVERS_BRANCHES).fetchall()
    result = [
        (name, code, register.find(name, code)) for name, code in branches if name is not None or code is not None
    ]
    put_rows(con, "leaver_branches", {"name": _TEXT, "code": _TEXT, "org_id": pa.int64()}, result)
    letters = run.policy.letters
    run_sql(con, "leavers_settled.sql", received_state=letters.received_state, returned_state=letters.returned_state)


_OWN_NUMBERS = ("id|", "member|")
_LEAVERS_BRANCHES = """
select distinct m.branch_name as name, nullif(m.branch_code, '') as code
from leavers l join registry_persons r on r.registry_id = l.registry_id, unnest(r.row_keys) x(row_key)
join stage_party_members m on m.row_key = x.row_key order by all
"""


_MISSING = """
select p.person_key from previous_ledger p
where p.person_key not in (select person_key from ledger_draft)
    and p.person_key not in (select old_key from key_events where event = 'merged')
order by 1
"""

# The same values that identity.sql makes tokens of.
_VALUES = """
with surnames as (
    select distinct p.name_masked[1] as surname from previous_ledger p
    where p.person_key not in (select person_key from ledger_draft)
), workers as (
    select * from person_rows
    where role in ('worker', 'self_report')
        and (name is null or name[1] in (select surname from surnames) or name[1] = '*')
), registered as (
    select *, if(registry_id in (select right_id from judged_pairs where verdict = 'not_link'), 'denied', 'registry')
        as side
    from registry_persons where name[1] in (select surname from surnames)
)
select distinct 'worker' as side, 'record|' || source || '|' || record_id as value, null::bigint as registry_id
from workers where record_id is not null
union
select 'worker', 'record|row|' || source || '|' || coalesce(name, '') || '|' || coalesce(id_number, '') || '|'
    || array_to_string(phones, ','), null from workers
union
select side, 'id|' || id_number, registry_id from registered where id_kind = 'full'
union
select side, 'member|' || member_no || '|' || name, registry_id from registered where member_no is not null
union
select side, 'birth|' || name || '|' || coalesce(
    case when id_kind = 'full' then substr(id_number, 7, 8) end,
    case when length(birth_date) = 10 then replace(birth_date, '-', '') end), registry_id from registered
union
select side, 'phone|' || name || '|' || phone, registry_id from registered, unnest(phones) f(phone)
order by 1, 2, 3
"""
