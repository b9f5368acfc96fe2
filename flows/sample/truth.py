"""Truth of one night: one row per data row, one per person of the registry or the ledger, and the dirt by kind."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.sample.linkable import LINKS, Known, evidence, resolve_registry, shown_alone
from flows.sample.options import rates
from flows.sample.people import Numbers
from flows.sample.sheets import Fact, Sheet
from flows.sample.statuses import Night, Work, statuses
from flows.sample.world import World

_STARTS = ("started_on", "registered_on", "valid_from", "established_on")
_ROWS = pa.schema(
    {
        "source": pa.string(),
        "file": pa.string(),
        "sheet": pa.string(),
        "row": pa.int32(),
        "person": pa.string(),
        "member_no": pa.string(),
        "linkable": pa.bool_(),
        "shows": pa.string(),
        "dirt": pa.list_(pa.string()),
        "declares": pa.bool_(),
    }
)
_MEMBERS = pa.schema(
    {
        "member_no": pa.string(),
        "person": pa.string(),
        "statuses": pa.list_(pa.string()),
        "primary_status": pa.string(),
        "on_roll": pa.bool_(),
        "worker_rows": pa.int32(),
        "linkable_rows": pa.int32(),
        "home_org": pa.string(),
    }
)
Written = list[tuple[Sheet, Numbers, Numbers]]
"""Per file: the sheet, which of its rows were written, and their row numbers in the file."""


def write_truth(world: World, written: Written, night: int, folder: Path) -> None:
    """Write `rows.parquet`, `members.parquet` and `dirt.json` of a night."""
    folder.mkdir(parents=True, exist_ok=True)
    known, registry = resolve_registry([sheet for sheet, _, _ in written], night)
    roll_numbers = {
        int(sheet.person[row]): world.member_no[sheet.person[row]]
        for rows in registry.values()
        for sheet, row in rows
        if sheet.source == "party_members"
    }
    works: dict[int, Work] = {}
    tables = [
        _rows_of(sheet, rows, places, known, works, roll_numbers)
        for sheet, rows, places in written
        if sheet.source != "party_organisations"
    ]
    _write(pa.concat_tables(tables), folder / "rows.parquet")
    _write(_members(world, written, night, registry, works, roll_numbers), folder / "members.parquet")
    (folder / "dirt.json").write_text(
        json.dumps(_dirt(world, written), ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8"
    )


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")


def _rows_of(
    sheet: Sheet,
    rows: Numbers,
    places: Numbers,
    known: dict[int, Known],
    works: dict[int, Work],
    numbers: dict[int, str],
) -> pa.Table:
    """Rows of one file; what they say of work is gathered into `works`."""
    registry = sheet.side == "registry"
    persons = [int(one) for one in sheet.person[rows]]
    linkable: list[bool | None] = []
    shows, declares = [], []
    for row, person in zip(map(int, rows), persons, strict=True):
        tier = evidence(sheet, row, known[person]) if person in known and not registry else None
        agreed = sheet.facts["consent"][row] if "consent" in sheet.facts else True
        linkable.append(None if registry else bool(tier in LINKS and agreed))
        shows.append(shown_alone(sheet, row))
        said = _said(sheet, row)
        declares.append(said)
        if not registry:
            _gather(works.setdefault(person, Work()), sheet, row, tier if agreed else None, said)
    count = len(rows)
    columns: dict[str, Any] = {
        "source": [sheet.source] * count,
        "file": [sheet.file] * count,
        "sheet": [sheet.layout.sheet] * count,
        "row": places,
        "person": [f"P{one:06d}" for one in persons],
        "member_no": [numbers.get(one) for one in persons],
        "linkable": linkable,
        "shows": shows,
        "dirt": [sorted(sheet.tags.get(int(row), ())) for row in rows],
        "declares": declares,
    }
    return pa.table([pa.array(columns[name.name], name.type) for name in _ROWS], schema=_ROWS)


def _said(sheet: Sheet, row: int) -> bool | None:
    said: Fact = sheet.facts["declared_member"][row] if sheet.asks else None
    return said if isinstance(said, bool) else None


def _gather(work: Work, sheet: Sheet, row: int, tier: str | None, said: bool | None) -> None:
    if sheet.source != "self_reports":
        work.rows += 1
    work.declares |= said is True
    if tier not in LINKS:
        return
    work.linked += 1
    starts = [sheet.facts[name][row] for name in _STARTS if name in sheet.facts]
    for day in starts:
        if day is not None and not isinstance(day, (str, bool)):
            work.starts.append(day)
            if said is False and tier == "full_id":
                work.denials.append(day)


def _members(
    world: World,
    written: Written,
    night: int,
    registry: dict[int, list[tuple[Sheet, int]]],
    works: dict[int, Work],
    numbers: dict[int, str],
) -> pa.Table:
    organisations = next(sheet for sheet, _, _ in written if sheet.source == "party_organisations")
    tonight = Night(world.options.dates()[night], frozenset(map(str, organisations.cells["org_name"])))
    declared = [person for person, work in works.items() if work.declares and person not in registry]
    columns: dict[str, list[Any]] = {name: [] for name in _MEMBERS.names}
    for person in sorted([*registry, *declared]):
        rows, work = registry.get(person, []), works.get(person, Work())
        codes = statuses(rows, work, tonight) if rows else ["D1"]
        home = next((sheet.facts["branch_name"][row] for sheet, row in rows if sheet.source == "party_members"), None)
        values = (
            numbers.get(person),
            f"P{person:06d}",
            codes,
            codes[0] if codes else None,
            person in numbers,
            work.rows,
            work.linked,
            home,
        )
        for name, value in zip(_MEMBERS.names, values, strict=True):
            columns[name].append(value)
    return pa.table(columns, schema=_MEMBERS)


def _dirt(world: World, written: Written) -> dict[str, Any]:
    """Counts per kind and source beside the stated rate and the rows that could have had it."""
    level = world.options.dirt
    stated = {"worker": rates(level, "worker").by_kind, "registry": rates(level, "registry").by_kind}
    kinds: Counter[tuple[str, str]] = Counter()
    able: Counter[tuple[str, str]] = Counter()
    for sheet, rows, _ in written:
        kinds.update((sheet.source, tag) for row in rows for tag in sheet.tags.get(int(row), ()))
        able.update({(sheet.source, kind): count for kind, count in sheet.eligible.items()})
    sources = sorted({source for source, _ in able})
    return {
        "level": level,
        "rates": stated,
        "kinds": dict(sorted(Counter({kind: 0 for _, kind in able} | _summed(kinds)).items())),
        "sources": {
            source: {
                kind: {"count": kinds[source, kind], "eligible": able[source, kind]}
                for one, kind in sorted(able)
                if one == source
            }
            for source in sources
        },
        "rows": sum(len(rows) for _, rows, _ in written),
    }


def _summed(kinds: Counter[tuple[str, str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (_, kind), count in kinds.items():
        total[kind] += count
    return dict(total)
