"""One table per view over a published ledger: the three searches, the 协查 list, the three books (三本台账).

The books count the same persons three ways; `disagreements` proves that they add up to each other and to the ledger.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from matchers.engine import connect
from matchers.relations import run_script, script

VIEWS = (
    "search_1",
    "search_2",
    "search_3",
    "assist_check",
    "groups_book",
    "organisations_book",
    "members_book",
)
TITLES = {
    "search_1": "在新就业群体中找党员",
    "search_2": "在党员中找新就业群体",
    "search_3": "找得到组织",
    "assist_check": "协查名单",
    "groups_book": "人员群体台账",
    "organisations_book": "党组织台账",
    "members_book": "党员台账",
}
COUNTS = ("persons", "registered", "declared", "full_members", "probationary", "floating")


def put_views(con: duckdb.DuckDBPyConnection) -> None:
    """Create the views over the relation `ledger`."""
    run_script(con, script("reports", "books.sql"))


def views_of(ledger: pa.Table) -> dict[str, pa.Table]:
    """Every view of one published ledger, by name."""
    con = connect()
    try:
        con.register("ledger", ledger)
        put_views(con)
        return {name: con.execute(f'select * from "{name}"').to_arrow_table() for name in VIEWS}
    finally:
        con.close()


def disagreements(views: dict[str, pa.Table], persons: int) -> list[str]:
    """Where the three books do not add up, in Chinese; none when they agree with each other and with the ledger."""
    members = views["members_book"].to_pylist()
    totals = {
        "persons": len(members),
        "registered": sum(row["standing"] == "在册" for row in members),
        "declared": sum(row["standing"] == "自报未核" for row in members),
        "full_members": sum(row["member_type"] == "正式党员" for row in members),
        "probationary": sum(row["member_type"] == "预备党员" for row in members),
        "floating": sum(bool(row["floating"]) for row in members),
    }
    result = [] if totals["persons"] == persons else [f"党员台账 {totals['persons']} 人，一本账 {persons} 人"]
    for book in ("groups_book", "organisations_book"):
        for name in COUNTS:
            total = sum(views[book][name].to_pylist())
            if total != totals[name]:
                result.append(f"{TITLES[book]} {name} 合计 {total}，党员台账 {totals[name]}")
    searched = views["search_3"].num_rows
    if searched != totals["registered"]:
        result.append(f"找得到组织 {searched} 人，党员台账在册 {totals['registered']} 人")
    return result
