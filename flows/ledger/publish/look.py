"""Looking into published versions: one person, and the difference between two versions."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from flows.home.folders import Home
from flows.ledger.publish.read import current_version, kept_version, kept_versions
from flows.ledger.publish.replay import aged
from matchers.engine import connect
from schemas.contracts import ledger_table
from schemas.errors import HomeError
from schemas.ledger_rows import PublishedPerson
from schemas.rules import Rule


def show(home: Home, key: str) -> PublishedPerson:
    """One person's row of the current ledger; an old key leads to the person's present one.

    Raises HomeError when the key is unknown.
    """
    current = current_version(home)
    if current is None:
        raise HomeError("还没有发布过一本账", rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
    aliases = current.table("aliases").to_pylist()
    moved = {row["old_key"]: row["new_key"] for row in aliases if row["event"] == "merged"}
    wanted, seen = key, {key}
    while wanted in moved and moved[wanted] not in seen:
        wanted = moved[wanted]
        seen.add(wanted)
    ledger = current.table("ledger")
    rows = ledger.filter(pc.equal(ledger["person_key"], wanted)).to_pylist()
    if not rows:
        raise HomeError(f"一本账里没有 {key}", rule=Rule.NO_PERSON, action="核对编号；已退出的人见 changes.parquet")
    events = [row for row in aliases if {row["old_key"], row["new_key"]} & {key, wanted}]
    return {"version": current.version, "as_of": current.index["as_of"], "row": rows[0], "aliases": events}


def diff(home: Home, older: str, newer: str) -> list[dict[str, Any]]:
    """One row per person that differs between two kept versions: added, removed, changed or moved, with the columns,
    and the codes of the causes that the versions between them give.

    `moved`: the same evidence in another place, or weights that follow how common names and numbers are tonight.
    """
    before, after = kept_version(home, older), kept_version(home, newer)
    con = connect()
    try:
        expected = aged(before.table("ledger"), before.as_of, after.as_of)
        con.register("before_rows", _plain(expected))
        con.register("after_rows", _plain(after.table("ledger")))
        rows = _differences(con)
    finally:
        con.close()
    causes = _causes(home, older, newer)
    return [{**row, "causes": causes.get(row["person_key"], [])} for row in rows]


def _causes(home: Home, older: str, newer: str) -> dict[str, list[str]]:
    """Codes per person, in the order of the kept versions after the older one up to the newer, each once."""
    causes: dict[str, list[str]] = {}
    for version in kept_versions(home):
        if older < version <= newer:
            changes = kept_version(home, version).table("changes")
            for key, cause in zip(changes["person_key"].to_pylist(), changes["cause"].to_pylist(), strict=True):
                if cause not in causes.setdefault(key, []):
                    causes[key].append(cause)
    return causes


_PLACES = ("evidence", "match_weight", "match_probability")
_EVIDENCE_FACTS = (
    "list_sort(list_transform({}.evidence, one -> struct_pack(role := one.role, source := one.source, "
    "record_id := one.record_id, match_class := one.match_class, fields := one.fields)))"
)


def _plain(ledger: pa.Table) -> pa.Table:
    return ledger.drop_columns(["last_seen", "changed_on"])


def _differences(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [name for name in ledger_table("ledger").columns if name not in ("person_key", "last_seen", "changed_on")]
    marks = ", ".join(f'case when b."{name}" is distinct from a."{name}" then \'{name}\' end' for name in names)
    text = " or ".join(f'b."{name}" is distinct from a."{name}"' for name in names if name not in _PLACES)
    said = f"{_EVIDENCE_FACTS.format('b')} is distinct from {_EVIDENCE_FACTS.format('a')}"
    rows = con.execute(
        "select coalesce(b.person_key, a.person_key) as person_key, "
        "case when b.person_key is null then 'added' when a.person_key is null then 'removed' "
        f"when {text} or {said} then 'changed' else 'moved' end as change, "
        "case when a.person_key is null or b.person_key is null then [] "
        f"else list_filter([{marks}], name -> name is not null) end as columns "
        "from before_rows b full join after_rows a on a.person_key = b.person_key order by 1"
    ).to_arrow_table()
    return [row for row in rows.to_pylist() if row["change"] in ("added", "removed") or row["columns"]]
