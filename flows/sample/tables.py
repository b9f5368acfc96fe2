"""Columns of the truth files: the grain of each is its first comment."""

from __future__ import annotations

import pyarrow as pa

_TEXT, _LIST, _INT, _FLAG, _DAY = pa.string(), pa.list_(pa.string()), pa.int32(), pa.bool_(), pa.date32()
_PLACE = {"source": _TEXT, "file": _TEXT, "sheet": _TEXT, "row": _INT}

# One row per data row of every file that came.
ROWS = pa.schema({
    **_PLACE, "person": _TEXT, "member_no": _TEXT, "linkable": _FLAG, "shows": _TEXT, "dirt": _LIST, "declares": _FLAG,
    "resolved": _FLAG, "in_scope": _FLAG, "scope_reason": _TEXT, "trade": _TEXT,
})  # fmt: skip
# One row per person of the registry, or who only declares.
MEMBERS = pa.schema({
    "member_no": _TEXT, "person": _TEXT, "statuses": _LIST, "primary_status": _TEXT, "on_roll": _FLAG,
    "worker_rows": _INT, "linkable_rows": _INT, "home_org": _TEXT, "trades": _LIST, "open_codes": _LIST,
    "carried": _FLAG,
})  # fmt: skip
# One row per cell that names a unit of platform work. `firm`: the firm it hangs under, itself where it is one.
UNITS = pa.schema({
    **_PLACE, "field": _TEXT, "spelling": _TEXT, "form": _TEXT, "unit": _TEXT, "firm": _TEXT, "name": _TEXT,
    "kind": _TEXT, "street": _TEXT, "trade": _TEXT, "code_shown": _FLAG,
})  # fmt: skip
# One row per person with a status: the organisations that are right, and the rule of the first.
HOSTS = pa.schema({"person": _TEXT, "member_no": _TEXT, "hosts": _LIST, "rule": _TEXT})
# One row per unit some member's main work is at.
SUGGESTIONS = pa.schema({
    "unit": _TEXT, "name": _TEXT, "full_members": _INT, "probationary": _INT, "floating": _INT, "suggestion": _LIST,
    "floating_suggestion": _LIST,
})  # fmt: skip
# One row per person and code ever held: open, closed (by a register or the person) or lapsed (the rows are gone).
LEADS = pa.schema({
    "person": _TEXT, "member_no": _TEXT, "code": _TEXT, "state": _TEXT, "opened_on": _DAY, "closed_on": _DAY,
    "cause": _TEXT,
})  # fmt: skip
