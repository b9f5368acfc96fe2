"""One set of counts per published version for the situation report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from matchers.engine import connect
from matchers.relations import run_script, script
from reports.books import views_of
from reports.reconcile import reconciled

Rows = list[dict[str, Any]]
_VIEWS = ("status", "street", "group", "coverage", "suggestions", "waiting", "cross")


@dataclass(frozen=True)
class Figures:
    """Counts of one version."""

    persons: int
    searches: Mapping[str, int]
    hosted: int
    objections: int
    views: Mapping[str, Rows]

    def rows(self, view: str) -> Rows:
        """One of the views of figures.sql."""
        return self.views[view]

    def total(self, column: str) -> int:
        """Sum over all streets: `waiting` or `answered` leads."""
        return sum(int(row[column]) for row in self.views["street"])

    def status(self, code: str, column: str = "persons") -> int:
        """One count of one status; nought where nobody has it."""
        return next((int(row[column]) for row in self.views["status"] if row["code"] == code), 0)


def count_version(ledger: pa.Table, coverage: pa.Table, review: pa.Table) -> Figures:
    """Count a version's tables."""
    con = connect()
    try:
        for name, given in (("ledger", ledger), ("coverage", coverage), ("review", review)):
            con.register(name, given)
        run_script(con, script("reports.situation", "figures.sql"))
        views = {name: con.table(f"figure_{name}").to_arrow_table().to_pylist() for name in _VIEWS}
        result = con.execute("select count(*) filter (objection) from ledger").fetchone()
    finally:
        con.close()
    searched = views_of(ledger)
    return Figures(
        persons=ledger.num_rows,
        searches={name: searched[name].num_rows for name in ("search_1", "search_2", "search_3", "assist_check")},
        hosted=sum(name is not None for name in searched["search_3"]["host_org_name"].to_pylist()),
        objections=int(result[0]) if result else 0,
        views={**views, "reconciliation": reconciled(ledger, coverage).to_pylist()},
    )
