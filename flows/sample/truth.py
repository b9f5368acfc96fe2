"""Truth of one night, a file per decision: rows, members, units, hosts, suggestions, leads, and the dirt by kind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from flows.sample.hosts import LARGE_BRANCH_MEMBERS, RightHosts, right_hosts
from flows.sample.ids import Strings
from flows.sample.leads import SampleLead
from flows.sample.linkable import LINKS, evidence, shown_alone
from flows.sample.night import SampleNight, Sent, agreed, home_streets, membership_claim
from flows.sample.options import data, rates
from flows.sample.people import Numbers
from flows.sample.scope import PLATFORM_WORK, scope_reasons
from flows.sample.statuses import LinkableWork
from flows.sample.suggestions import SuggestionMember, advice, tally
from flows.sample.tables import HOSTS, LEADS, MEMBERS, ROWS, SUGGESTIONS, UNITS
from flows.sample.world import World


def write_truth(world: World, tonight: SampleNight, leads: Iterable[SampleLead], folder: Path) -> None:
    """Write every truth file of a night under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = roll_numbers(world, tonight)
    came = [entry for entry in tonight.sent if entry.places is not None and entry.sheet.source != "party_organisations"]
    answers = _hosts(world, tonight)
    _write((_rows_of(tonight, entry, numbers) for entry in came), ROWS, folder / "rows.parquet")
    _write([_members(tonight, numbers)], MEMBERS, folder / "members.parquet")
    _write(_unit_tables(world, tonight, came), UNITS, folder / "units.parquet")
    hosts = [
        {"person": _person(person), "member_no": numbers[person], "hosts": list(answer.hosts), "rule": answer.rule}
        for person, answer in answers.items()
    ]
    _write([pa.Table.from_pylist(hosts, HOSTS)], HOSTS, folder / "hosts.parquet")
    suggestions = _suggestions(world, tonight, answers)
    _write([pa.Table.from_pylist(suggestions, SUGGESTIONS)], SUGGESTIONS, folder / "suggestions.parquet")
    held = [_lead(lead, numbers) for lead in leads]
    _write([pa.Table.from_pylist(held, LEADS)], LEADS, folder / "leads.parquet")
    (folder / "dirt.json").write_text(
        json.dumps(_dirt(world, tonight.sent), ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8"
    )


_Column = Sequence[Any] | NDArray[Any]


def _write(parts: Iterable[pa.Table], schema: pa.Schema, path: Path) -> None:
    whole = pa.concat_tables([*parts, schema.empty_table()]).combine_chunks()
    pq.write_table(whole, path, compression="zstd")


def _table(schema: pa.Schema, columns: dict[str, _Column]) -> pa.Table:
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema)


def _person(number: int) -> str:
    return f"P{number:06d}"


def _people(numbers: Numbers) -> list[str]:
    return [_person(number) for number in numbers.tolist()]


def roll_numbers(world: World, tonight: SampleNight) -> Strings:
    """Roll number of every person of the world; None of those the roll does not show."""
    numbers: Strings = np.full(len(world.people), None, object)
    registry = tonight.registry
    for at, sheet in enumerate(registry.sheets):
        if sheet.source == "party_members":
            person = sheet.person[registry.row[registry.which == at]]
            numbers[person] = world.member_no[person]
    return numbers


def _rows_of(tonight: SampleNight, entry: Sent, numbers: Strings) -> pa.Table:
    """One row per row of a file that came."""
    sheet, rows, count = entry.sheet, entry.rows, len(entry.rows)
    person, listed, nothing = sheet.person[rows], rows.tolist(), [None] * count
    columns: dict[str, _Column] = {
        "source": [sheet.source] * count,
        "file": [sheet.file_on(tonight.night.as_of)] * count,
        "sheet": [sheet.layout.sheet] * count,
        "row": entry.places if entry.places is not None else nothing,
        "person": _people(person),
        "member_no": numbers[person],
        "shows": shown_alone(sheet, rows),
        "dirt": [sorted(sheet.tags.get(row, ())) for row in listed],
        "declares": [membership_claim(sheet, row) for row in listed] if sheet.asks else nothing,
    }
    if sheet.side == "registry":
        columns |= dict.fromkeys(("linkable", "in_scope", "scope_reason", "trade"), nothing)
        columns["resolved"] = tonight.resolved(sheet)[rows]
        return _table(ROWS, columns)
    reasons = scope_reasons(tonight.platform_units, sheet, rows)
    scoped = np.array([reason == PLATFORM_WORK for reason in reasons], bool)
    ties = tonight.identities.seen[person] & np.isin(evidence(sheet, rows, tonight.identities), LINKS)
    agrees = np.array([agreed(sheet, row) for row in listed], bool)
    trade = sheet.facts["trade"]
    return _table(ROWS, columns | {
        "linkable": ties & agrees & scoped,
        "in_scope": scoped,
        "scope_reason": reasons,
        "resolved": nothing,
        "trade": [trade[row] if item else None for row, item in zip(listed, scoped, strict=True)],
    })  # fmt: skip


def _members(tonight: SampleNight, numbers: Strings) -> pa.Table:
    """One row per person of the registry, or who only declares."""
    people = np.union1d(np.flatnonzero(tonight.identities.seen), np.array(sorted(tonight.codes), np.int64))
    carried = np.zeros(len(numbers), bool)
    for entry in tonight.sent:
        if entry.places is None and len(entry.rows):
            carried[entry.sheet.person[entry.rows]] = True
    works = [tonight.works.get(person) for person in people.tolist()]
    codes = [tonight.codes.get(person, []) for person in people.tolist()]
    member_no = numbers[people]
    return _table(MEMBERS, {
        "member_no": member_no,
        "person": _people(people),
        "statuses": codes,
        "primary_status": [some[0] if some else None for some in codes],
        "on_roll": [item is not None for item in member_no],
        "worker_rows": [work.rows if work else 0 for work in works],
        "linkable_rows": [work.linked if work else 0 for work in works],
        "home_org": _homes(tonight)[people],
        "trades": [
            sorted({place.trade for place in _places(tonight, person) if place.trade}) if work else []
            for person, work in zip(people.tolist(), works, strict=True)
        ],
        "open_codes": [sorted(work.open_codes) if work else [] for work in works],
        "carried": carried[people],
    })  # fmt: skip


def _homes(tonight: SampleNight) -> Strings:
    """Branch of every person by their first entry on the roll."""
    result: Strings = np.full(len(tonight.identities.seen), None, object)
    registry = tonight.registry
    for at, sheet in reversed(list(enumerate(registry.sheets))):
        if sheet.source == "party_members":
            rows = np.sort(registry.row[registry.which == at])[::-1]
            result[sheet.person[rows]] = np.array(sheet.facts["branch_name"], object)[rows]
    return result


def _places(tonight: SampleNight, person: int) -> list[Any]:
    """Where a person works: by linkable rows, or by all their rows where no register knows them."""
    work = tonight.works.get(person, LinkableWork())
    return work.claimed if tonight.codes.get(person) == ["D1"] else work.places


def _unit_tables(world: World, tonight: SampleNight, came: list[Sent]) -> Iterable[pa.Table]:
    """One row per cell that names a unit, file by file."""
    for entry in came:
        for field in [name for name in ("unit_name", "station") if name in entry.sheet.facts]:
            yield _units_of(world, tonight, entry, field)


def _units_of(world: World, tonight: SampleNight, entry: Sent, field: str) -> pa.Table:
    sheet, firms = entry.sheet, tonight.register.firms
    units, cells, forms = sheet.facts[field], sheet.cells[field], sheet.facts[f"{field}_form"]
    codes = sheet.cells.get("uscc", [None] * len(sheet))
    named = np.array([bool(units[row] and cells[row]) for row in entry.rows.tolist()], bool)
    rows = entry.rows[named].tolist()
    known = {str(units[row]): _unit(world, str(units[row]), str(cells[row])) for row in rows}
    keys = [str(units[row]) for row in rows]
    described = [
        known[key] if key[0] != "O" else _unit(world, key, str(cells[row])) for key, row in zip(keys, rows, strict=True)
    ]
    return _table(UNITS, {
        "source": [sheet.source] * len(rows),
        "file": [sheet.file_on(tonight.night.as_of)] * len(rows),
        "sheet": [sheet.layout.sheet] * len(rows),
        "row": entry.places[named] if entry.places is not None else [None] * len(rows),
        "field": [field] * len(rows),
        "spelling": [str(cells[row]) for row in rows],
        "form": [forms[row] for row in rows],
        "unit": keys,
        "firm": [firms.get(key, key) for key in keys],
        "code_shown": [bool(codes[row]) for row in rows],
        **{name: [item[name] for item in described] for name in ("name", "kind", "street", "trade")},
    })  # fmt: skip


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


def _hosts(world: World, tonight: SampleNight) -> dict[int, RightHosts]:
    """Nobody's host is stated whose membership is stopped: domain.md does not say who takes them in."""
    answers = _answers(world, tonight)
    wanted = Counter(answer.hosts[0] for answer in answers.values() if answer.rule in ("floating", "trade_joint"))
    tonight.register.overfull = frozenset(name for name, count in wanted.items() if count >= LARGE_BRANCH_MEMBERS)
    return _answers(world, tonight) if tonight.register.overfull else answers


def _answers(world: World, tonight: SampleNight) -> dict[int, RightHosts]:
    result = {}
    for person, codes in sorted(tonight.codes.items()):
        if codes and "S1" not in codes:
            rows = tonight.registry.rows_of(person)
            floats = bool({"F1", "F2"} & set(codes))
            homes = home_streets(world, person) if tonight.addressed[person] else []
            result[person] = right_hosts(tonight.register, rows, _places(tonight, person), floats, homes)
    return result


def _suggestions(world: World, tonight: SampleNight, answers: dict[int, RightHosts]) -> list[dict[str, Any]]:
    """One row per unit any of tonight's members is counted in."""
    people = []
    for person, codes in sorted(tonight.codes.items()):
        rows = [
            (sheet.facts, row) for sheet, row in tonight.registry.rows_of(person) if sheet.source == "party_members"
        ]
        if not codes or codes == ["D1"]:
            continue
        full = any(facts["full_member_on"][row] is not None for facts, row in rows)
        people.append(SuggestionMember(
            tuple(_places(tonight, person)), full, bool(rows) and not full, bool({"F1", "F2"} & set(codes)),
            bool({"S1", "L1"} & set(codes)), frozenset(str(facts["branch_name"][row]) for facts, row in rows),
            person in answers and answers[person].rule == "registers",
        ))  # fmt: skip
    counted = tally(tonight.register, people)
    result = []
    for unit, count in sorted(counted.items()):
        branch, floating = advice(tonight.register, unit, count)
        result.append({
            "unit": unit, "name": _unit(world, unit, unit)["name"], "full_members": count.full,
            "probationary": count.probationary, "floating": count.floating, "suggestion": branch,
            "floating_suggestion": floating,
        })  # fmt: skip
    return result


def _lead(lead: SampleLead, numbers: Strings) -> dict[str, Any]:
    return {
        "person": _person(lead.person), "member_no": numbers[lead.person], "code": lead.code, "state": lead.state,
        "opened_on": lead.opened_on, "closed_on": lead.closed_on, "cause": lead.cause,
    }  # fmt: skip


def _dirt(world: World, sent: list[Sent]) -> dict[str, Any]:
    """Counts per kind and source beside the stated rate and the rows that could have had it."""
    level = world.options.dirt
    stated = {"worker": rates(level, "worker").by_kind, "registry": rates(level, "registry").by_kind}
    kinds: Counter[tuple[str, str]] = Counter()
    able: Counter[tuple[str, str]] = Counter()
    came = [item for item in sent if item.places is not None]
    for entry in came:
        there = np.zeros(len(entry.sheet), bool)
        there[entry.rows] = True
        kinds.update((entry.sheet.source, tag) for row, tags in entry.sheet.tags.items() if there[row] for tag in tags)
        able.update({(entry.sheet.source, kind): count for kind, count in entry.sheet.eligible.items()})
    sources = sorted({source for source, _ in able})
    return {
        "level": level,
        "rates": stated,
        "kinds": dict(sorted(Counter({kind: 0 for _, kind in able} | _summed(kinds)).items())),
        "sources": {
            source: {
                kind: {"count": kinds[source, kind], "eligible": able[source, kind]}
                for item, kind in sorted(able)
                if item == source
            }
            for source in sources
        },
        "rows": sum(len(item.rows) for item in came),
    }


def _summed(kinds: Counter[tuple[str, str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (_, kind), count in kinds.items():
        total[kind] += count
    return dict(total)
