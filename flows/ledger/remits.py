"""One row per organisation whose remit neither its kind nor its name tells: asked of a person once, and remembered."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.home.store import Store
from flows.ledger.sql import put_rows
from flows.organisations import code_forms
from flows.run.context import RunContext

_TEXT = pa.string()
DOUBTS = {
    "doubt_id": _TEXT, "token": _TEXT, "org_code": _TEXT, "org_name": _TEXT, "org_kind": _TEXT, "street": _TEXT,
    "since": _TEXT,
}  # fmt: skip


def remit_token(key: DistrictKey, code: str | None, name: str) -> str:
    """What an answer on an organisation is kept under: its code, whatever form it is written in, else its name."""
    forms = code_forms(code)
    return key.token("organisation", forms[-1] if forms else name)


def write_remit_judgements(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store) -> None:
    """Write `remits_said` (token, remit, grp) and `remits_asked` (doubt_id, since) of the nights before."""
    lines = [(token, *words) for token, words in sorted(store.remit_judgements().items())]
    put_rows(con, "remits_said", {"token": _TEXT, "remit": _TEXT, "grp": _TEXT}, lines)
    result = store.last_register("remit_doubts")
    rows = table_in(run.key.unseal(result[1])).to_pylist() if result else []
    put_rows(
        con, "remits_asked", {"doubt_id": _TEXT, "since": _TEXT}, [(row["doubt_id"], row["since"]) for row in rows]
    )


def put_remit_answers(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Write `remit_answers`: org_id, remit, grp of tonight's organisations that a person spoke of."""
    remits = {token: (remit, grp) for token, remit, grp in con.execute("select * from remits_said").fetchall()}
    rows = con.execute("select org_id, org_code, org_name from orgs where org_name is not null order by 1").fetchall()
    tokens = [(org, remit_token(run.key, code, name)) for org, code, name in rows] if remits else []
    columns = {"org_id": pa.int64(), "remit": _TEXT, "grp": _TEXT}
    put_rows(con, "remit_answers", columns, [(org, *remits[token]) for org, token in tokens if token in remits])


def put_remit_doubts(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Write `remit_doubts`: the doubtful organisations that nobody spoke of yet, with the night first asked."""
    since = dict(con.execute("select doubt_id, since from remits_asked").fetchall())
    rows = []
    for code, name, kind, street in con.execute(_DOUBTFUL).fetchall():
        token = remit_token(run.key, code, name)
        doubt = run.key.token("remit doubt", token)[:16]
        rows.append((doubt, token, code, name, kind, street, since.get(doubt, run.as_of.isoformat())))
    put_rows(con, "remit_doubts", DOUBTS, sorted({row[0]: row for row in rows}.values()))


_DOUBTFUL = """
select o.org_code, o.org_name, o.org_kind, o.street from orgs o join org_remits m using (org_id)
where m.remit = 'doubtful' and o.org_name is not null
    and o.org_id not in (select org_id from remit_answers)
order by all
"""
