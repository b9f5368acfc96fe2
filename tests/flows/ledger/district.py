"""A hand-made district: relations as staging and matching leave them, filled with named cases."""

from __future__ import annotations

import atexit
import copy
import json
import pickle
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey
from flows.home.settings import Settings
from flows.ledger import build_ledger, build_persons, publish
from flows.ledger.publish.files import parquet_bytes, sha256
from flows.ledger.publish.read import kept_versions, signature
from flows.run.context import RunContext
from flows.scope import place_rows
from flows.units.build import build_step
from schemas.contracts import shipped_sources, stage_table
from schemas.policy import load_policy
from tests.flows.stores import with_empty_store

AS_OF = date(2026, 11, 20)
KEY = DistrictKey(b"a district key for tests only")
_JOBS = {"human_resources": "外卖骑手", "transport": "网约车"}
"""Of sources that show people of every trade, a worker row is one of platform work unless the case says otherwise."""
_LEVELS = {"name": "exact", "id_number": "exact", "phone": "null", "birth_date": "null", "sex": "null"}


@dataclass
class District:
    """One night of a small district; `member`, `worker` and the others add a row each and return its row_key."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    people: list[dict[str, Any]] = field(default_factory=list)
    registry: dict[int, dict[str, Any]] = field(default_factory=dict)
    decided: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[dict[str, Any]] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    next_key: int = 1

    def member(self, name: str, number: str | None, **cells: Any) -> int:
        """A roll row and its registry person."""
        number_of_roll = cells.pop("member_no", f"M{self.next_key:05d}")
        cells = {"member_type": "正式党员", "membership_state": "正常", "branch_name": "云溪街道第一党支部", **cells}
        key = self._add("party_members", name, number, member_no=number_of_roll, record_id=number_of_roll, **cells)
        self._person(key, name, number, member_no=number_of_roll, roll=key)
        return key

    def inflow(self, source: str, name: str, number: str | None, **cells: Any) -> int:
        """A registry person who stands in the transfer or floating register only."""
        key = self._add(source, name, number, **cells)
        self._person(key, name, number, member_no=None, roll=None)
        return key

    def register(self, source: str, person: int, **cells: Any) -> int:
        """A transfer or floating row of a registry person."""
        body = self.registry[person]
        key = self._add(source, body["name"], body["id_number"], **cells)
        body["row_keys"] = [*body["row_keys"], key]
        return key

    def org(self, name: str, code: str, kind: str | None = "党支部", **cells: Any) -> int:
        key = self._key()
        row = {"row_key": key, "file": "党组织.xlsx", "sheet": None, "row": key, "record_id": code}
        self.rows.setdefault("party_organisations", []).append(
            {**row, "org_name": name, "org_code": code, "org_kind": kind, **cells}
        )
        return key

    def worker(self, name: str, number: str | None, person: int | None = None, **cells: Any) -> int:
        """A worker row; with `person` it is linked (`decision`, `match_class`) to that registry person."""
        source = cells.pop("source", "platform")
        if source in _JOBS:
            cells.setdefault("job", _JOBS[source])
        decision, match_class = cells.pop("decision", "link"), cells.pop("match_class", "exact")
        key = self._add(source, name, number, **cells)
        if person is not None:
            self.decide(key, person, decision, match_class)
        return key

    def decide(self, left: int, right: int, decision: str, match_class: str | None) -> None:
        """A decided pair."""
        self.decided.append(
            {
                "left_id": left,
                "right_id": right,
                "decision": decision,
                "match_class": match_class if decision == "link" else None,
                "doubt": "weak_evidence" if decision == "review" else None,
                "rule": "named",
                "reason": "身份证号完整一致，姓名相符",
                "fields": ["id_number", "name"],
                "flags": [],
                "blocking_rules": ["same_full_id"],
                "levels": _LEVELS,
                "match_weight": 40.0,
                "match_probability": 1.0,
            }
        )

    def doubt(self, left: int, right: int, *, name_alone: bool = False) -> None:
        """Two registry rows that may be one person's."""
        said = {"doubt": "weak_evidence", "reason": "姓名和出生日期一致", "name_alone": name_alone}
        self.doubts.append({"left_row_key": left, "right_row_key": right, **said})

    def without(self, source: str) -> District:
        """The same night, but this source did not come."""
        lost = {row["row_key"] for row in self.rows.get(source, [])}
        return replace(
            self,
            rows={name: rows for name, rows in self.rows.items() if name != source},
            people=[row for row in self.people if row["row_key"] not in lost],
            decided=[row for row in self.decided if row["left_id"] not in lost],
            absent={*self.absent, source},
        )

    def put(self, con: duckdb.DuckDBPyConnection) -> None:
        """Write every relation the ledger reads."""
        for name, contract in shipped_sources().items():
            _put(con, f"stage_{name}", contract.staged_schema(), self.rows.get(name, []))
        tables = {
            "person_rows": self.people,
            "registry_persons": list(self.registry.values()),
            "registry_doubts": self.doubts,
            "decided": self.decided,
            "stage_files": [
                {"source": name, "file": f"{name}.xlsx", "state": "read", "rows_in": 1, "accepted": 1, "quarantined": 0,
                 "passed_over": 0, "columns_dropped": []}
                for name in shipped_sources() if name not in self.absent
            ],
        }  # fmt: skip
        for name, rows in tables.items():
            _put(con, name, stage_table(name).schema, rows)

    def _key(self) -> int:
        self.next_key += 1
        return self.next_key

    def _add(self, source: str, name: str, number: str | None, **cells: Any) -> int:
        key = self._key()
        contract = shipped_sources()[source]
        file = cells.pop("file", f"{source}.xlsx")
        place = {"row_key": key, "file": file, "sheet": "Sheet1", "row": key, "record_id": cells.pop("record_id", None)}
        kind = "full" if number and "*" not in number else "masked" if number else None
        phones = cells.pop("phones", [])
        said = {"name": name, "id_number": number, "phones": phones, **cells}
        known = {field.name: field.type for field in contract.imported}
        cells = {name: _staged(known[name], value) for name, value in said.items() if name in known}
        self.rows.setdefault(source, []).append({**place, **cells})
        self.people.append(
            {**place, "source": source, "role": contract.role, "member_no": cells.get("member_no"), "name": name,
             "sex": cells.get("sex"), "birth_date": None, "id_number": number, "id_kind": kind, "phones": phones}
        )  # fmt: skip
        return key

    def _person(self, key: int, name: str, number: str | None, *, member_no: str | None, roll: int | None) -> None:
        self.registry[key] = {
            "registry_id": key, "member_no": member_no, "name": name, "names": [name], "sex": None, "birth_date": None,
            "id_number": number, "id_kind": "full" if number else None, "phones": [], "row_keys": [key],
            "roll_row_key": roll, "flags": [],
        }  # fmt: skip


def _staged(kind: str, value: Any) -> Any:
    """A cell as staging keeps it: dates that may be partial, and terms, are texts."""
    if kind in ("partial_date", "validity") and isinstance(value, date):
        return value.isoformat()
    return f"P{value}D" if kind == "validity" and isinstance(value, int) else value


def _put(con: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    plain = pa.schema([column.with_nullable(True) for column in schema])
    con.register("arrow_in", pa.Table.from_pylist(rows, schema=plain))
    con.execute(f'create or replace table "{name}" as select * from arrow_in')
    con.unregister("arrow_in")


def context(root: Path, as_of: date = AS_OF, *, run_id: str = "run-1", **changed: Any) -> RunContext:
    """A run over a hand-made district, started at half past one of its night."""
    home = Home(root)
    home.make()
    with_empty_store(home)
    values: dict[str, Any] = {
        "settings": Settings(),
        "policy": load_policy(),
        "contracts": shipped_sources(),
        "key": KEY,
        **changed,
    }
    started = datetime(as_of.year, as_of.month, as_of.day, 1, 30, tzinfo=UTC)
    return RunContext(home=home, run_id=run_id, as_of=as_of, drop=None, started_at=started, **values)


def build(district: District, run: RunContext) -> duckdb.DuckDBPyConnection:
    """The workspace with `ledger`, `review` and `coverage` built."""
    con = duckdb.connect(config={"threads": 1})  # a handful of rows; two tests at a time have a core each
    district.put(con)
    place_rows(con, run)
    build_step(con, run)
    build_persons(con, run)
    build_ledger(con, run)
    return con


def ledger_of(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = con.execute("select * from ledger order by person_key").to_arrow_table().to_pylist()
    return rows


def night(district: District, run: RunContext) -> dict[str, Any]:
    """Build and publish one night; the counts of publication."""
    con = build(district, run)
    try:
        return publish(con, run)
    finally:
        con.close()


def first_night(district: District, run: RunContext) -> dict[str, Any]:
    """As `night` in an empty home under the tests' settings; each such night is played once a process and copied."""
    assert not kept_versions(run.home), "not the home's first night"
    played = pickle.dumps((district, run.as_of, run.run_id))
    if played not in _FIRST_NIGHTS:
        home = Path(tempfile.mkdtemp(prefix="first-night-", dir=_first_nights()))
        counts = night(district, context(home, run.as_of, run_id=run.run_id))
        _FIRST_NIGHTS[played] = (home, counts)
    home, counts = _FIRST_NIGHTS[played]
    shutil.copytree(home, run.home.root, dirs_exist_ok=True)
    return copy.deepcopy(counts)


_FIRST_NIGHTS: dict[bytes, tuple[Path, dict[str, Any]]] = {}


@cache
def _first_nights() -> str:
    folder = tempfile.mkdtemp(prefix="first-nights-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def number_of(turn: int, *, year: int = 1985, odd: bool = True) -> str:
    """A valid resident ID number that belongs to nobody in particular: region 500113, sequence `turn`."""
    body = f"500113{year}0312{turn % 50:02d}{1 if odd else 2}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(a) * b for a, b in zip(body, weights, strict=True)) % 11]


def publish_as(home: Home, version: str, tables: dict[str, pa.Table]) -> None:
    """The newest version as an earlier program would have published it: other tables, index and signature anew."""
    folder = home.ledger / "versions" / version
    index = json.loads((folder / "index.json").read_text("utf-8"))
    for name, table in tables.items():
        data = parquet_bytes(table, name, date.fromisoformat(index["as_of"]))
        write_private(folder / f"{name}.parquet", data)
        index["files"][f"{name}.parquet"] |= {"bytes": len(data), "sha256": sha256(data)}
        if name in ("ledger", "changes"):
            index["deltas"][-1][f"{name}_sha256"] = sha256(data)
    del index["hmac"]
    text = json.dumps({**index, "hmac": signature(KEY, index)}, ensure_ascii=False).encode()
    for path in (folder / "index.json", home.ledger / "index.json"):
        write_private(path, text)
    write_private(home.ledger / "ledger.parquet", (folder / "ledger.parquet").read_bytes())
