"""The step that knows units: tonight's spellings, the register of the nights before, and what persons said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

import duckdb
import pyarrow as pa

from flows.home.store import opened_store
from flows.ledger.facts import build_facts
from flows.ledger.sql import put_rows, run_sql
from flows.organisations import read_name
from flows.run.context import RunContext
from flows.run.stepbook import CountValues
from flows.units.link import link_nodes
from flows.units.memory import read_register
from flows.units.mentions import Mention, Node, Vocabulary, nodes_of
from flows.units.resolve import judgements_of, resolve
from flows.units.sites import Place, Site, StationRow, branch_of, firm_text, places_of, sites_as_units
from flows.units.tables import put_register
from flows.units.unit_index import Resolved, UnitIndex
from flows.units.units import Minting, Unit, UnitRegister, firms_of, is_hidden
from matchers.encoding.units import clean_unit, parse_unit
from schemas.policy import Policy


def build_step(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Write `placed_work`, `orgs`, `units`, `row_units`, `org_units`, `roll_units`, `unit_doubts`; counts, warnings."""
    warnings = build_facts(con, run)
    counts = build_units(con, run)
    return {**counts, "warnings": warnings}


def build_units(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    """Write the register of tonight and what tonight's rows name in it."""
    run_sql(con, "collect.sql", package="flows.units", default_group=run.policy.occupations.default)
    words = vocabulary(con, run.policy)
    stations = [StationRow(*row) for row in con.execute("select * from station_mentions").fetchall()]
    with opened_store(run.home, run.settings.store_url) as store:
        before, doubts_before = read_register(run.key, store)
        spoken = store.unit_judgements()
    mentions = _mentions(con, stations, before, words)
    tokens = {run.key.token("unit", one.plain): one.plain for one in mentions} if spoken else {}
    apart = frozenset(
        tokens[one] for pair, word in spoken.items() if word == "not_link" for one in pair if one in tokens
    )
    nodes = nodes_of(mentions, words, apart)
    by_token = _by_token(nodes, tokens)
    clusters = resolve(nodes, link_nodes(nodes, run.engine), judgements_of(nodes, by_token, spoken))
    resolved = Resolved(nodes, clusters, stations, words)
    known = _unit_index(con, run, resolved, before)
    doubts = put_register(con, run, known, resolved, doubts_before)
    return {"units": len(known.units), "spellings": len(mentions), "doubts": doubts}


def vocabulary(con: duckdb.DuckDBPyConnection, policy: Policy) -> Vocabulary:
    """Brands of the policy and platforms tonight's files name, and the district's own name."""
    brands = {clean_unit(name): one.name for one in policy.brands for name in (one.name, *one.inside, *one.alone)}
    for (platform,) in con.execute("select distinct platform from raw_work where platform is not null").fetchall():
        name = clean_unit(platform)
        if len(name) > 1:
            brands.setdefault(name, name)
    found = con.execute(
        "select regexp_extract(org_name, '^(?:中国共产党|中共)?([一-龥]{2,4}?)(?:区|县|市)[一-龥]', 1) as place "
        "from orgs group by place having place <> '' order by count(*) desc, place limit 1"
    ).fetchone()
    return Vocabulary(brands, frozenset(found or ()), policy.units)


def _mentions(
    con: duckdb.DuckDBPyConnection, stations: Iterable[StationRow], before: UnitRegister, words: Vocabulary
) -> list[Mention]:
    """Tonight's spellings, those of the nights before, and the firms that stations name."""
    found: dict[tuple[str, str | None], Mention] = {}

    def remembered(one: Mention) -> Mention:
        key = before.firm(one.plain, one.uscc)
        return one if key is None else replace(one, unit=key, is_name=one.plain == before.units[key].plain)

    for text, uscc, street, trade, rows, registered in con.execute("select * from unit_mentions").fetchall():
        one, other = remembered(Mention(text, uscc, street, trade, rows, registered)), found.get((text, uscc))
        found[text, uscc] = one if other is None or other.rows < rows else other
    for row in stations:
        text = firm_text(row.station, words) if row.unit_name is None else None
        if text and (text, None) not in found:
            found[text, None] = remembered(Mention(text, None, row.street, row.trade, row.rows))
    for one in [*_named_after(con), *_licences(con, found, words)]:
        found.setdefault((one.text, one.uscc), remembered(one))
    seen = {(one.plain, one.uscc) for one in found.values()}
    for text, uscc in sorted(before.spellings.keys() - seen, key=lambda one: (one[0], one[1] or "")):
        unit = before.units[before.spellings[text, uscc]]
        if not is_hidden(text):
            found[text, uscc] = remembered(Mention(text, uscc, unit.street, unit.trade, 0))
    return list(found.values())


def _named_after(con: duckdb.DuckDBPyConnection) -> list[Mention]:
    """Write `org_names` (org_id, text): firms that branches without a 关联单位 are named after; their spellings.

    重庆蓝鲸供应链党支部 is the branch of 重庆蓝鲸供应链, if there is such a unit; its name alone makes none.
    """
    rows, found = [], []
    for org, name, street in con.execute(_WITHOUT_UNITS).fetchall():
        read = read_name(name)
        if read is None or read.kind not in ("branch", "general_branch") or "#" in read.place:
            continue
        text = "".join(read.regions) + read.place
        unit = parse_unit(text)
        if unit.core and (unit.industry or unit.whole):
            rows.append((org, text))
            found.append(Mention(text, None, street, None, 0, founds=False))
    put_rows(con, "org_names", {"org_id": pa.int64(), "text": pa.string()}, rows)
    return found


_WITHOUT_UNITS = """
select org_id, org_name, street from orgs where len(unit_texts) = 0 and org_name is not null order by org_id
"""


def _licences(
    con: duckdb.DuckDBPyConnection, found: Mapping[tuple[str, str | None], Mention], words: Vocabulary
) -> list[Mention]:
    """Names of the market register that tonight's spellings may be short for; no shop that nobody works for."""
    codes = {uscc for _, uscc in found if uscc}
    short: dict[str, set[str]] = defaultdict(set)
    for core in {words.parts(text).core for text, _ in found}:
        if _SHORT_NAME[0] <= len(core) <= _SHORT_NAME[1]:
            short[core[:2]].add(core)
    some = []
    for text, uscc, street in con.execute("select * from market_units").fetchall():
        if uscc in codes or _holds(clean_unit(text), short):
            some.append(Mention(text, uscc, street, None, 0, registered=True, founds=False))
    return some


_SHORT_NAME = 2, 6
"""Characters of a 字号 that a licence may be found by."""


def _holds(name: str, short: Mapping[str, set[str]]) -> bool:
    """Whether a name holds one of the short names, which lie under their first two characters."""
    starts = range(len(name) - 1)
    return any(name.startswith(core, at) for at in starts for core in short.get(name[at : at + 2], ()))


def _by_token(nodes: list[Node], tokens: dict[str, str]) -> dict[str, set[int]]:
    if not tokens:
        return {}
    by_text: dict[str, set[int]] = defaultdict(set)
    for number, node in enumerate(nodes):
        for text in node.texts():
            by_text[text].add(number)
    return {token: by_text[text] for token, text in tokens.items() if text in by_text}


def _unit_index(con: duckdb.DuckDBPyConnection, run: RunContext, resolved: Resolved, before: UnitRegister) -> UnitIndex:
    """Every unit with its key, and what each spelling and station names."""
    nodes, words = resolved.nodes, resolved.words
    minting = Minting(lambda name: run.key.token("unit key", name), before.units)
    firms = firms_of(nodes, resolved.clusters, before, minting)
    known = UnitIndex({unit.unit_key: unit for unit in firms.values()})
    sites: dict[Place, Site] = defaultdict(Site)
    placed = _branches(resolved, firms, known, sites)
    above = {row: key for row in resolved.stations if (key := _firm_of(row, known, words))}
    at = places_of(resolved.stations, above, words)
    for row, place in at.items():
        sites[place].kind = branch_of(row.station, words)[1]
        sites[place].add(row.station, row.street, row.trade, row.rows)
    placed |= _loose(con, known, sites, words)
    streets = [street for (street,) in con.execute("select street from street_names order by street").fetchall()]
    units = sites_as_units(sites, before, minting, streets)
    known.units |= {unit.unit_key: unit for unit in units.values()}
    for unit in sorted(before.units.values(), key=lambda one: one.branch is not None):
        if _stays(unit, known):
            known.units.setdefault(unit.unit_key, unit)
    for spelling, place in placed.items():
        if place in units:
            known.names[spelling] = (place[0] or units[place].unit_key, units[place].unit_key)
    known.stations = {row: (place[0] or units[place].unit_key, units[place].unit_key) for row, place in at.items()}
    return known


def _stays(unit: Unit, known: UnitIndex) -> bool:
    """Of units no row names tonight: a branch whose firm is there, a firm whose spellings are all kept as tokens."""
    if unit.branch is not None:
        return unit.parent is None or unit.parent in known.units
    return all(is_hidden(text) for text, _ in unit.spellings)


def _branches(
    resolved: Resolved, firms: Mapping[int, Unit], known: UnitIndex, sites: dict[Place, Site]
) -> dict[tuple[str, str | None], Place]:
    """The firm of every spelling, and what hangs under it: 分公司 and stations that a unit's name shows."""
    placed: dict[tuple[str, str | None], Place] = {}
    for number, node in enumerate(resolved.nodes):
        firm = firms.get(resolved.clusters.of[number])
        for mention, name in node.mentions:
            known.names[mention.text, mention.uscc] = (firm.unit_key if firm else None, None)
            if not (name.branch and firm):
                continue
            placed[mention.text, mention.uscc] = place = (firm.unit_key, name.branch)
            if mention.rows:
                sites[place].kind = name.branch_kind
                sites[place].add(mention.text, mention.street, mention.trade, mention.rows)
    return placed


def _firm_of(row: StationRow, known: UnitIndex, words: Vocabulary) -> str | None:
    if row.unit_name is not None:
        return known.names.get((row.unit_name, row.uscc), (None, None))[0]
    text = firm_text(row.station, words)
    return known.names.get((text, None), (None, None))[0] if text else None


def _loose(
    con: duckdb.DuckDBPyConnection, known: UnitIndex, sites: dict[Place, Site], words: Vocabulary
) -> dict[tuple[str, str | None], Place]:
    """Spellings that name a station and no firm (石栈北站): the one station of that name, else one by itself."""
    by_branch: dict[str, list[Place]] = defaultdict(list)
    for place in sites:
        by_branch[place[1].partition("|")[0]].append(place)
    found: dict[tuple[str, str | None], Place] = {}
    for text, uscc, street, trade, rows, _ in con.execute("select * from unit_mentions").fetchall():
        name = words.parts(text)
        if (text, uscc) in known.names or not name.branch:
            continue
        places = by_branch.get(name.branch, [])
        place = places[0] if len(places) == 1 else (None, f"{name.branch}|")
        found[text, uscc] = place
        sites[place].kind = name.branch_kind
        sites[place].add(text, street, trade, rows)
    return found
