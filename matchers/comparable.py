"""One row per person row, with comparable columns beside the originals: name forms, ID and phone digits, birth, sex."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from matchers.digits import ID_HALF, PHONE_PLACES, pack, places_of
from matchers.engine import embedded, sql
from matchers.names import name_table


def comparable(rows: pa.Table, *, names: pa.Table | None = None) -> pa.Table:
    """The table with the columns of `comparable.sql` added, rows in the same order.

    Needs name, sex, birth_date (ISO prefix), id_number (18-place pattern), id_kind. `names`: a name table that holds
    every name of the rows, where one is at hand already.
    """
    place = pa.array(np.arange(rows.num_rows))
    known = names if names is not None else name_table(rows["name"].unique().drop_null().to_pylist())
    numbered = rows.append_column("place", place)
    with embedded(numbered=numbered, compared_names=known, packed=_packed_ids(rows, place)) as con:
        return con.execute(sql("comparable")).to_arrow_table()


def _packed_ids(rows: pa.Table, place: pa.Array) -> pa.Table:
    places = places_of(rows["id_number"].to_pylist(), 2 * ID_HALF)
    head, head_seen = pack(places[:, :ID_HALF])
    tail, tail_seen = pack(places[:, ID_HALF:])
    return pa.table(
        {"place": place, "id_head": head, "id_head_mask": head_seen, "id_tail": tail, "id_tail_mask": tail_seen}
    )


def load_sides(con: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table) -> None:
    """Make `left_rows`, `right_rows`, `left_phones` and `right_phones` from comparable rows with a `row_id`."""
    for side, rows in (("left", left), ("right", right)):
        con.register(f"{side}_input", rows)
        con.execute(f"create or replace table {side}_rows as select row_id as id, * exclude (row_id) from {side}_input")
        con.register(f"{side}_packed", _packed_phones(rows))
        con.execute(sql("phones").replace("{side}", side))


def _packed_phones(rows: pa.Table) -> pa.Table:
    """One row per distinct phone of a side."""
    phones = rows["phones"].combine_chunks().flatten().unique().drop_null()
    digits, mask = pack(places_of(phones.to_pylist(), PHONE_PLACES))
    return pa.table({"phone": phones, "digits": digits, "mask": mask})
