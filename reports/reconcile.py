"""勾稽: streets, trades, units and the district held against each other and against the ledger, as one table."""

from __future__ import annotations

import pyarrow as pa

from matchers.engine import connect
from matchers.relations import run_script, script

TITLE = "勾稽"


def reconciled(ledger: pa.Table, coverage: pa.Table) -> pa.Table:
    """One row per line as printed: its counts, and whether it agrees with the district or by how much it does not."""
    con = connect()
    try:
        con.register("ledger", ledger)
        con.register("coverage", coverage)
        run_script(con, script("reports", "reconcile.sql"))
        return con.execute("select * exclude (place) from reconciliation order by place, 项目").to_arrow_table()
    finally:
        con.close()


def disagreeing(table: pa.Table) -> list[str]:
    """Streets, trades or units that do not add up to the district, in Chinese; none when all do."""
    rows = zip(table["项目"].to_pylist(), table["说明"].to_pylist(), strict=True)
    return [f"{title}：{said}" for title, said in rows if said.startswith("与全区不等")]
