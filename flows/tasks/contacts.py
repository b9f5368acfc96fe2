"""Up to two masked phones per person of the ledger, sealed beside the night's landing copies and destroyed with them.

The ledger carries no phone, not even a masked one; a task sheet needs it while the originals are kept.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import duckdb
import pyarrow.parquet as pq

from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey
from flows.ledger.keys_moved import follow
from flows.ledger.publish.read import Published
from flows.originals.copies import Copies
from flows.run.context import RunContext

_NAME = "contacts"
_CALLED = ("roll", "transfer", "floating", "worker", "self_report")
"""Whose rows carry a phone of the person's own."""
_CONTACTS = r"""
with numbers as (
    select s.person_key, true as of_work, p.row_key, unnest(p.phones) as phone
    from (
        select k.person_key, unnest(s.worker_row_keys) as row_key from persons s join person_keys k using (person_id)
    ) s join person_rows p using (row_key)
    union all
    select k.person_key, false, r.registry_id, unnest(r.phones)
    from persons s join person_keys k using (person_id) join registry_persons r on r.registry_id = s.registry_id
), masked as (
    select person_key, of_work, row_key, substr(phone, 1, 3) || '****' || substr(phone, 8, 4) as phone
    from numbers where regexp_full_match(phone, '1[0-9*]{10}')
), best as (
    select person_key, phone, bool_or(of_work) as of_work, min(row_key) as row_key from masked group by all
)
select person_key, list(phone order by not of_work, contains(phone[:3] || phone[8:], '*'), row_key)[:2] as phones
from best where person_key in (select person_key from ledger) group by person_key order by person_key
"""


def seal_contacts(con: duckdb.DuckDBPyConnection, run: RunContext) -> int:
    """Keep the masked phones of tonight's persons; gives how many persons have one."""
    table = con.execute(_CONTACTS).to_arrow_table()
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    write_private(run.landing / f"relation_{_NAME}.sealed", run.key.seal(sink.getvalue()))
    return int(table.num_rows)


def read_contacts(
    home: Home, key: DistrictKey, version: Published, rows: Iterable[Mapping[str, Any]]
) -> dict[str, list[str] | None]:
    """Masked phones per person of these ledger rows; None where the copies of every night they landed on are gone.

    Each row of evidence speaks from its own night: who was carried forward is called by what that night's copies hold.
    A key merged since is looked up under its older ones, too.
    """
    nights = _Nights(Copies(home, key, version))
    older = _older_keys(version)
    result: dict[str, list[str] | None] = {}
    for row in rows:
        days = {entry["landed_on"] for entry in row["evidence"] if entry["role"] in _CALLED and entry["landed_on"]}
        kept = [table for day in sorted(days, reverse=True) for table in nights.of(day)]
        names = (row["person_key"], *older.get(row["person_key"], ()))
        phones = [phone for table in kept for name in names for phone in table.get(name, ())]
        result[row["person_key"]] = list(dict.fromkeys(phones))[:2] if kept else None
    return result


class _Nights:
    """The sealed phones of each night, opened once."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self._opened: dict[date, list[dict[str, list[str]]]] = {}

    def of(self, day: date) -> list[dict[str, list[str]]]:
        if day not in self._opened:
            self._opened[day] = [
                dict(zip(table["person_key"].to_pylist(), table["phones"].to_pylist(), strict=True))
                for table in self._copies.relation(_NAME, day)
            ]
        return self._opened[day]


def _older_keys(version: Published) -> dict[str, list[str]]:
    """Keys merged into each key, in the order of their names."""
    moved = {row["old_key"]: row["new_key"] for row in version.table("aliases").to_pylist() if row["event"] == "merged"}
    older: dict[str, list[str]] = defaultdict(list)
    for old in sorted(moved):
        older[follow(moved, old)].append(old)
    return older
