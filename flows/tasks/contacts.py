"""One masked phone per person of the ledger, sealed beside the night's landing copies and destroyed with them.

The ledger carries no phone, not even a masked one; a task sheet needs it while the originals are kept.
"""

from __future__ import annotations

import io

import duckdb
import pyarrow.parquet as pq

from flows.context import RunContext
from flows.home import Home, write_private
from flows.keys import DistrictKey
from flows.ledger.publish.read import Published
from flows.tables import table_in

_FILE = "relation_contacts.sealed"
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
    write_private(run.landing / _FILE, run.key.seal(sink.getvalue()))
    return int(table.num_rows)


def read_contacts(home: Home, key: DistrictKey, version: Published) -> dict[str, list[str]] | None:
    """Masked phones by person key; None once the night's copies are gone, or when the version had no run."""
    path = home.landing / str(version.index["as_of"]) / str(version.index.get("run_id") or "-") / _FILE
    if not path.is_file():
        return None
    table = table_in(key.unseal(path.read_bytes()))
    return dict(zip(table["person_key"].to_pylist(), table["phones"].to_pylist(), strict=True))
