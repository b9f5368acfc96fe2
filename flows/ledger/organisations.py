"""One row per organisation named tonight in a roll, letter or register, with the organisation of the register it is."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from flows.ledger.sql import put_rows
from flows.organisations import OrganisationRegister, RegisterRow
from flows.run.context import RunContext

_TEXT = pa.string()

_NAMED = """
select branch_name as name, nullif(branch_code, '') as code from roll_entries
union select home_branch, null from stage_floating_members
union select host_org, null from stage_floating_members
union select to_org, null from letters
union select from_branch, null from letters
union select home_org, null from work_summary
order by all
"""
_BRANCHES = """
select l.row_key, l.to_org, e.branch_name, e.branch_code
from pending_letters l join persons p using (person_id) join roll_entries e on e.registry_id = p.registry_id
union
-- While a person must say whether the letter is a roll member's, the branch on that entry cancels it too.
select l.row_key, l.to_org, m.branch_name, m.branch_code
from pending_letters l
join registry_doubts d on l.row_key in (d.left_row_key, d.right_row_key)
join stage_party_members m on m.row_key in (d.left_row_key, d.right_row_key)
order by all
"""


def register_of(con: duckdb.DuckDBPyConnection, run: RunContext) -> OrganisationRegister:
    """Tonight's `orgs`, to look names up in."""
    rows = con.execute("select org_id, org_code, org_name, parent_org, street from orgs order by org_id").fetchall()
    return OrganisationRegister((RegisterRow(*row) for row in rows if row[2]), run.settings.district)


def put_organisation_texts(con: duckdb.DuckDBPyConnection, register: OrganisationRegister) -> None:
    """Write `organisation_texts`: name, code, org_id (null where the register has no such organisation)."""
    result = [
        (name, code, register.find(name, code))
        for name, code in con.execute(_NAMED).fetchall()
        if name is not None or code is not None
    ]
    put_rows(con, "organisation_texts", {"name": _TEXT, "code": _TEXT, "org_id": pa.int64()}, result)


def put_lodged_letters(con: duckdb.DuckDBPyConnection, register: OrganisationRegister) -> None:
    """Write `lodged_letters`: row_key of pending letters to the branch on the roll itself, or to one over it."""
    rows = con.execute(_BRANCHES).fetchall()
    lodged = {key for key, to_org, *branch in rows if register.is_at_or_above(to_org, (branch[0], branch[1]))}
    put_rows(con, "lodged_letters", {"row_key": pa.int64()}, [(key,) for key in sorted(lodged)])
