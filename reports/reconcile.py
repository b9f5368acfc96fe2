"""勾稽: streets, trades, units and the district held against each other and against the ledger, as one table."""

from __future__ import annotations

import pyarrow as pa

from matchers.engine import connect
from matchers.relations import run_script, script

TITLE = "勾稽"


def reconciled(ledger: pa.Table, coverage: pa.Table) -> pa.Table:
    """One row per line: its counts as printed, and as `agreement` whether it is `equal` to the district or not.

    `unequal` where it should be equal, `explained` where the difference has a cause; null where nothing is compared.
    """
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
    rows = zip(*(table[name].to_pylist() for name in ("项目", "说明", "agreement")), strict=True)
    return [f"{title}：{note}" for title, note, agreement in rows if agreement == "unequal"]
