"""Truth of one night, a file per decision: rows, members, units, hosts, suggestions, leads, and the dirt by kind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.sample.hosts import CROWDED, Answer, right_hosts
from flows.sample.leads import Lead
from flows.sample.linkable import LINKS, evidence, shown_alone
from flows.sample.night import Sent, Told, agreed, home_streets, in_scope, said_of_membership, scope_reason
from flows.sample.options import data, rates
from flows.sample.statuses import Work
from flows.sample.suggestions import Counted, advice, tally
from flows.sample.tables import HOSTS, LEADS, MEMBERS, ROWS, SUGGESTIONS, UNITS
from flows.sample.world import World


def write_truth(world: World, told: Told, leads: Iterable[Lead], folder: Path) -> None:
    """Write every truth file of a night under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = roll_numbers(world, told)
    came = [one for one in told.sent if one.places is not None and one.sheet.source != "party_organisations"]
    _write(ROWS, [row for one in came for row in _rows_of(told, one, numbers)], folder / "rows.parquet")
    _write(MEMBERS, _members(told, numbers), folder / "members.parquet")
    _write(UNITS, [row for one in came for row in _units_of(world, told, one)], folder / "units.parquet")
    _write(HOSTS, _hosts(world, told, numbers), folder / "hosts.parquet")
    _write(SUGGESTIONS, _suggestions(world, told), folder / "suggestions.parquet")
    _write(LEADS, [_lead(one, numbers) for one in leads], folder / "leads.parquet")
    (folder / "dirt.json").write_text(
        json.dumps(_dirt(world, told.sent), ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8"
    )


def _write(schema: pa.Schema, rows: list[dict[str, Any]], path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def _person(number: int) -> str:
    return f"P{number:06d}"


def roll_numbers(world: World, told: Told) -> dict[int, str]:
    """Person to roll number, of all the roll shows."""
    return {
        int(sheet.person[row]): world.member_no[sheet.person[row]]
        for rows in told.registry.values()
        for sheet, row in rows
        if sheet.source == "party_members"
    }


def _rows_of(told: Told, one: Sent, numbers: dict[int, str]) -> Iterable[dict[str, Any]]:
    sheet, registry = one.sheet, one.sheet.side == "registry"
    for row, place in one.placed():
        person = int(sheet.person[row])
        scoped = in_scope(told, sheet, row)
        tier = evidence(sheet, row, told.known[person]) if person in told.known and not registry else None
        yield {
            "source": sheet.source,
            "file": sheet.file_on(told.night.as_of),
            "sheet": sheet.layout.sheet,
            "row": place,
            "person": _person(person),
            "member_no": numbers.get(person),
            "linkable": None if registry else bool(tier in LINKS and agreed(sheet, row) and scoped),
            "shows": shown_alone(sheet, row),
            "dirt": sorted(sheet.tags.get(row, ())),
            "declares": said_of_membership(sheet, row),
            "resolved": (id(sheet), row) in told.resolved if registry else None,
            "in_scope": scoped,
            "scope_reason": None if registry else scope_reason(told, sheet, row),
            "trade": sheet.facts["trade"][row] if scoped else None,
        }


def _members(told: Told, numbers: dict[int, str]) -> list[dict[str, Any]]:
    carried = {int(one.sheet.person[row]) for one in told.sent if one.places is None for row in one.rows}
    found = []
    for person in sorted(told.codes):
        work, codes = told.works.get(person, Work()), told.codes[person]
        rows = told.registry.get(person, [])
        home = next((sheet.facts["branch_name"][row] for sheet, row in rows if sheet.source == "party_members"), None)
        found.append({
            "member_no": numbers.get(person),
            "person": _person(person),
            "statuses": codes,
            "primary_status": codes[0] if codes else None,
            "on_roll": person in numbers,
            "worker_rows": work.rows,
            "linkable_rows": work.linked,
            "home_org": home,
            "trades": sorted({place.trade for place in _places(told, person) if place.trade}),
            "open_codes": sorted(work.open_codes),
            "carried": person in carried,
        })  # fmt: skip
    return found


def _places(told: Told, person: int) -> list[Any]:
    """Where a person works: by linkable rows, or by all their rows where no register knows them."""
    work = told.works.get(person, Work())
    return work.claimed if told.codes.get(person) == ["D1"] else work.places


def _units_of(world: World, told: Told, one: Sent) -> Iterable[dict[str, Any]]:
    """One row per cell that names a unit."""
    sheet = one.sheet
    codes = sheet.cells.get("uscc", [None] * len(sheet))
    for field in [name for name in ("unit_name", "station") if name in sheet.facts]:
        for row, place in one.placed():
            unit, cell = sheet.facts[field][row], sheet.cells[field][row]
            if unit and cell:
                yield {
                    "source": sheet.source, "file": sheet.file_on(told.night.as_of), "sheet": sheet.layout.sheet,
                    "row": place, "field": field, "spelling": str(cell), "form": sheet.facts[f"{field}_form"][row],
                    "unit": str(unit), "firm": told.register.firms.get(str(unit), str(unit)),
                    "code_shown": bool(codes[row]), **_unit(world, str(unit), str(cell)),
                }  # fmt: skip


def _unit(world: World, key: str, cell: str) -> dict[str, Any]:
    """Name, kind, street and trade of a unit by its key."""
    streets, trades = data("places.toml")["streets"], data("places.toml")["trades"]
    if key[0] == "B":
        return {"name": key[1:], "kind": "总部", "street": None, "trade": None}
    if key[0] == "O":
        return {"name": cell, "kind": "合作商", "street": None, "trade": None}
    at = int(key[1:])
    if key[0] == "S":
        station = world.district.stations[at]
        kind = {"公会": "直播公会"}.get(station.spellings[0].text[-2:], "站点")
        return {
            "name": station.name,
            "kind": kind,
            "street": streets[station.street],
            "trade": trades[station.trade]["job"],
        }
    unit = world.district.units[at]
    kind = "分公司" if unit.parent >= 0 else "合作商"
    return {"name": unit.name, "kind": kind, "street": streets[unit.street], "trade": trades[unit.trade]["job"]}


def _hosts(world: World, told: Told, numbers: dict[int, str]) -> list[dict[str, Any]]:
    """Nobody's host is stated whose membership is stopped: domain.md does not say who takes them in."""
    answers = _answers(world, told)
    wanted = Counter(answer.hosts[0] for answer in answers.values() if answer.rule in ("floating", "trade_joint"))
    told.register.crowded = frozenset(name for name, count in wanted.items() if count >= CROWDED)
    return [
        {"person": _person(person), "member_no": numbers.get(person), "hosts": list(one.hosts), "rule": one.rule}
        for person, one in (_answers(world, told) if told.register.crowded else answers).items()
    ]


def _answers(world: World, told: Told) -> dict[int, Answer]:
    found = {}
    for person, codes in sorted(told.codes.items()):
        if codes and "S1" not in codes:
            rows = told.registry.get(person, [])
            floats = bool({"F1", "F2"} & set(codes))
            homes = home_streets(world, person) if person in told.addressed else []
            found[person] = right_hosts(told.register, rows, _places(told, person), floats, homes)
    return found


def _suggestions(world: World, told: Told) -> list[dict[str, Any]]:
    """One row per unit any of tonight's members is counted in."""
    people, answers = [], _answers(world, told)
    for person, codes in sorted(told.codes.items()):
        rows = [(sheet.facts, row) for sheet, row in told.registry.get(person, []) if sheet.source == "party_members"]
        if not codes or codes == ["D1"]:
            continue
        full = any(facts["full_member_on"][row] is not None for facts, row in rows)
        people.append(Counted(
            tuple(_places(told, person)), full, bool(rows) and not full, bool({"F1", "F2"} & set(codes)),
            bool({"S1", "L1"} & set(codes)), frozenset(str(facts["branch_name"][row]) for facts, row in rows),
            person in answers and answers[person].rule == "registers",
        ))  # fmt: skip
    counted = tally(told.register, people)
    found = []
    for unit, count in sorted(counted.items()):
        branch, floating = advice(told.register, unit, count)
        found.append({
            "unit": unit, "name": _unit(world, unit, unit)["name"], "full_members": count.full,
            "probationary": count.probationary, "floating": count.floating, "suggestion": branch,
            "floating_suggestion": floating,
        })  # fmt: skip
    return found


def _lead(one: Lead, numbers: dict[int, str]) -> dict[str, Any]:
    return {
        "person": _person(one.person), "member_no": numbers.get(one.person), "code": one.code, "state": one.state,
        "opened_on": one.opened_on, "closed_on": one.closed_on, "cause": one.cause,
    }  # fmt: skip


def _dirt(world: World, sent: list[Sent]) -> dict[str, Any]:
    """Counts per kind and source beside the stated rate and the rows that could have had it."""
    level = world.options.dirt
    stated = {"worker": rates(level, "worker").by_kind, "registry": rates(level, "registry").by_kind}
    kinds: Counter[tuple[str, str]] = Counter()
    able: Counter[tuple[str, str]] = Counter()
    came = [one for one in sent if one.places is not None]
    for one in came:
        kinds.update((one.sheet.source, tag) for row in one.rows for tag in one.sheet.tags.get(int(row), ()))
        able.update({(one.sheet.source, kind): count for kind, count in one.sheet.eligible.items()})
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
        "rows": sum(len(one.rows) for one in came),
    }


def _summed(kinds: Counter[tuple[str, str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (_, kind), count in kinds.items():
        total[kind] += count
    return dict(total)
