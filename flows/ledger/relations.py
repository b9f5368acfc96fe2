"""Relations that will be published, as their contracts want them."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from schemas.contracts import check_table, ledger_table


def relation(con: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    """A relation that will be published, in the columns, types and order of its contract; checked.

    The register of units is published from `units_published`: `units` holds every spelling and stays inside.
    """
    contract = ledger_table(name.removesuffix("_published"))
    order = ", ".join(contract.sorted)
    columns = ", ".join(contract.columns)
    table = con.execute(f'select {columns} from "{name}" order by {order}').to_arrow_table()
    table = table.cast(pa.schema([field.remove_metadata().with_nullable(True) for field in contract.schema]))
    table = table.combine_chunks()
    check_table(table, contract)
    return table
