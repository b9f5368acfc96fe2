"""The register of organisations tonight's ledger is made with: tonight's own, or the last one that came whole."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.home.store import opened_store
from flows.ledger.sql import count, put, put_rows
from flows.run.context import RunContext
from matchers.relations import make

SOURCE = "party_organisations"
_COLUMNS = (
    "row_key", "file", "sheet", "row", "record_id", "org_code", "org_name", "org_kind", "parent_org", "street", "trade",
    "linked_unit", "uscc", "full_members",
)  # fmt: skip
"""No secretary and no telephone: an organisation is no person."""
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)


def put_organisations(con: duckdb.DuckDBPyConnection, run: RunContext) -> list[str]:
    """Write `organisation_rows` (with the night each landed on) and `registers_absent`; what a clerk should know of it.

    A register that did not come, or came in part, is taken as it last came whole; an increment is laid over that one.
    """
    query = f'select {_NAMES}, $landed_on::date as landed_on from "stage_{SOURCE}"'
    make(con, "organisation_rows", query, {"landed_on": run.as_of})
    whole, increment = _came_whole(con), run.contracts[SOURCE].snapshot == "increment"
    remembered = None if whole and not increment else _remembered(run)
    if remembered is not None:
        put(con, "remembered_rows", remembered[1])
        make(con, "organisation_rows", _OVERLAID if increment else "select * from remembered_rows")
    absent = not whole and remembered is None
    put_rows(con, "registers_absent", {"source": pa.string()}, [(SOURCE,)] if absent else [])
    if whole or remembered is None:
        return []
    rows = count(con, "organisation_rows")
    return [f"党组织名册本次未到或不完整，沿用 {remembered[0]} 的名册（{rows} 个党组织）"]


def sealed_registers(con: duckdb.DuckDBPyConnection, run: RunContext) -> tuple[tuple[str, bytes], ...]:
    """(source, sealed rows) to remember with tonight's version: the units, organisations if whole."""
    kept = [("units", _without_names(con, run.key, "units", ("name",), ("branch",)))]
    kept.append(("unit_doubts", _without_names(con, run.key, "unit_doubts", ("left_text", "right_text"), ())))
    kept.append(("remit_doubts", con.execute("select * from remit_doubts order by doubt_id").to_arrow_table()))
    if _came_whole(con):
        query = "select * from organisation_rows order by row_key"
        kept.append((SOURCE, con.execute(query).to_arrow_table()))
    return tuple((source, run.key.seal(_bytes(table))) for source, table in kept)


def hidden_spelling(key: DistrictKey, text: str) -> str:
    """What is kept of a unit's spelling that holds a person's name (a self-employed person's shop): its token."""
    return f"#{key.token('unit', text)}"


def _without_names(
    con: duckdb.DuckDBPyConnection, key: DistrictKey, relation: str, shown: tuple[str, ...], compared: tuple[str, ...]
) -> pa.Table:
    """A relation of units: names are shortened where they are only shown, tokens where they are compared again."""
    clean: dict[str, str] = dict(con.execute("select text, clean from clean_texts").fetchall())

    def kept(text: str | None) -> str | None:
        return text if text is None or clean.get(text, text) == text else hidden_spelling(key, text)

    table = con.execute(f"select * from {relation} order by all").to_arrow_table()
    rows = table.to_pylist()
    for row in rows:
        row.update({name: clean.get(row[name], row[name]) for name in shown if row[name] is not None})
        row.update({name: kept(row[name]) for name in compared})
        if "spellings" in row:
            row["spellings"] = [{**spelling, "text": kept(spelling["text"])} for spelling in row["spellings"]]
    return pa.Table.from_pylist(rows, schema=table.schema)


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _came_whole(con: duckdb.DuckDBPyConnection) -> bool:
    """Something of it was read tonight and nothing of it refused."""
    query = (
        "select coalesce(bool_or(state = 'read') and not bool_or(state = 'refused'), false) from stage_files "
        "where source = $source"
    )
    result = con.execute(query, {"source": SOURCE}).fetchone()
    return bool(result and result[0])


def _remembered(run: RunContext) -> tuple[str, pa.Table] | None:
    """The day and the rows of the last register that came whole."""
    with opened_store(run.home, run.settings.store_url) as store:
        result = store.last_register(SOURCE)
    if result is None:
        return None
    as_of, sealed = result
    table = table_in(run.key.unseal(sealed))
    if "landed_on" not in table.schema.names:
        table = table.append_column("landed_on", pa.array([as_of] * table.num_rows, pa.date32()))
    return as_of.isoformat(), table


_OVERLAID = """
select * from organisation_rows
union all
select * from remembered_rows r
where not exists (
    select 1 from organisation_rows o
    where coalesce(o.org_code, o.org_name) = coalesce(r.org_code, r.org_name)
)
"""
