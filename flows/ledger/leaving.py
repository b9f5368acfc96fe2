"""One row per person of the last ledger whom nothing ties to platform work tonight: why, and whether they stay."""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pyarrow as pa

from flows.home.store import Store
from flows.ledger.sql import put_rows
from flows.run.context import RunContext

_TEXT = pa.string()


def find_leavers(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store) -> None:
    """Write `leavers`: person_key, row_here (a worker row of theirs still came), registry_here, denied (by a person).

    Found by the keyed tokens the store has of them; only rows with their surname are hashed.
    """
    missing = [key for (key,) in con.execute(_MISSING).fetchall()]
    tokens = {token: key for token, _, key in store.tokens_of(missing)}
    here: dict[str, set[str]] = defaultdict(set)
    for side, value in con.execute(_VALUES).fetchall() if tokens else ():
        if value is None:
            continue
        key = tokens.get(run.key.token("evidence", value))
        if key is not None:
            here[key].add(side)
    rows = [
        (key, "worker" in here[key], bool({"registry", "denied"} & here[key]), "denied" in here[key]) for key in missing
    ]
    flag = pa.bool_()
    put_rows(con, "leavers", {"person_key": _TEXT, "row_here": flag, "registry_here": flag, "denied": flag}, rows)


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
select distinct 'worker' as side, 'record|' || source || '|' || record_id as value
from workers where record_id is not null
union
select 'worker', 'record|row|' || source || '|' || coalesce(name, '') || '|' || coalesce(id_number, '') || '|'
    || array_to_string(phones, ',') from workers
union
select side, 'id|' || id_number from registered where id_kind = 'full'
union
select side, 'member|' || member_no || '|' || name from registered where member_no is not null
union
select side, 'birth|' || name || '|' || coalesce(
    case when id_kind = 'full' then substr(id_number, 7, 8) end,
    case when length(birth_date) = 10 then replace(birth_date, '-', '') end) from registered
union
select side, 'phone|' || name || '|' || phone from registered, unnest(phones) f(phone)
order by 1, 2
"""
