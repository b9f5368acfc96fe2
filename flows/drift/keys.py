"""One row per record number of a source: keyed tokens of the number and of whom it stands for."""

from __future__ import annotations

import io

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.sealed_tables import table_in
from flows.run.context import RunContext
from matchers.relations import make, query_text
from schemas.contracts import SourceContract

_BLOCK = 64
_REUSED = """
select count(*) from before join now using (record)
where case
    when before.person is not null and now.person is not null
        then before.person <> now.person and before.name is distinct from now.name
    else before.name <> now.name
end
"""


def kept_tokens(con: duckdb.DuckDBPyConnection, contract: SourceContract) -> pa.Table | None:
    """What `key_tokens` left in the workspace earlier in this run; null where it found nothing to keep."""
    try:
        return con.table(_relation(contract)).order("record").to_arrow_table()
    except duckdb.CatalogException:
        return None


def _relation(contract: SourceContract) -> str:
    return f"drift_keys_{contract.name}"


def key_tokens(con: duckdb.DuckDBPyConnection, run: RunContext, contract: SourceContract) -> pa.Table | None:
    """`record, person, name` of a source whose rows have numbers and names; else null. Kept in the workspace.

    A name that is masked, and an ID that is not full, say nothing.
    """
    names = {field.name for field in contract.imported}
    if not contract.record_id or "name" not in names:
        return None
    by_id = ("id_number, id_number_kind") if "id_number" in names else "null as id_number, null as id_number_kind"
    rows = con.table(f"stage_{contract.name}").project(f"record_id, name, {by_id}")
    con.register("identified", rows.to_arrow_table())
    secret = run.key.purpose("source keys").ljust(_BLOCK, b"\0")
    pads = {"inner": bytes(byte ^ 0x36 for byte in secret), "outer": bytes(byte ^ 0x5C for byte in secret)}
    query = query_text("flows.drift", "keys.sql")
    tokens = con.execute(query, pads).to_arrow_table()
    con.unregister("identified")
    make(con, _relation(contract), tokens)
    return tokens


def reused(con: duckdb.DuckDBPyConnection, before: pa.Table, now: pa.Table) -> int:
    """Numbers that stand for somebody else now: another ID under another name, or another name where no ID tells."""
    con.register("before", before)
    con.register("now", now)
    result = con.execute(_REUSED).fetchone()
    con.unregister("before")
    con.unregister("now")
    return int(result[0]) if result else 0


def packed(tokens: pa.Table) -> bytes:
    """As Parquet bytes for the state store."""
    sink = io.BytesIO()
    pq.write_table(tokens, sink, compression="zstd")
    return sink.getvalue()


def unpacked(data: bytes) -> pa.Table:
    """What `packed` wrote."""
    return table_in(data)
