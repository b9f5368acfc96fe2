"""What is new about the people added tonight: rows whose number the source's last night had, and rows it had not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb

from flows.home.store import Store
from flows.home.store.source_numbers import number_token
from flows.run.context import RunContext

Place = tuple[str, str, str | None, int]
"""Where a row of evidence stands: source, file, sheet, row."""
WORK = frozenset({"worker", "self_report"})

_ADDED = """
select k.person_key, e.role, e.source, d.record_id
from evidence_rows e join person_keys k using (person_id) join person_rows d using (row_key)
where e.role <> 'organisation' and k.person_key not in (select person_key from previous_ledger)
order by all
"""
_UNTIED = """
select d.source, f.clean, h.clean, d.row
from judged_pairs j join person_rows d on d.row_key = j.left_id
left join clean_files f on f.text = d.file left join clean_files h on h.text = d.sheet
where j.verdict = 'not_link' and (j.judged_on is null or j.judged_on >= $since)
"""


@dataclass(frozen=True)
class Novelty:
    """What the rows of tonight's evidence are, as far as it can be known."""

    new_roles: dict[str, frozenset[str]] = field(default_factory=dict)
    """Person key of an added person: roles of their rows whose numbers the source's last night had not."""
    known_roles: dict[str, frozenset[str]] = field(default_factory=dict)
    """The same for rows that were there before; a row without a number is in neither."""
    untied: frozenset[Place] = frozenset()
    """Rows that a person, since the last version, said to be not somebody's."""


def novelty(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store, since: date | None) -> Novelty:
    """The novelty of tonight's rows against the version of `since`; nothing is known on the first night."""
    if since is None:
        return Novelty()
    before = store.last_numbers()
    secret = run.key.purpose("source keys")
    new: dict[str, set[str]] = {}
    known: dict[str, set[str]] = {}
    for person, role, source, number in con.execute(_ADDED).fetchall():
        if number is not None and source in before:
            was_there = number_token(secret, number) in before[source]
            (known if was_there else new).setdefault(person, set()).add(role)
    return Novelty(
        {person: frozenset(roles) for person, roles in new.items()},
        {person: frozenset(roles) for person, roles in known.items()},
        frozenset(con.execute(_UNTIED, {"since": since}).fetchall()),
    )
