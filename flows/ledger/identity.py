"""Person keys: minted once from the first identity evidence, found again by any of it.

A person of tonight brings evidence tokens (keyed hashes, never values): the full ID; roll number with name; name with
full birth date, where only one person of the registry bears both; name with a full phone; record numbers of worker
rows. The store says which key a token led to before. A key is never taken over from somebody whose ID was another,
unless roll number and name stayed (a corrected ID).

Another known key that a person's ID or roll number leads to is theirs, and is merged into the one they keep. One that
only weaker evidence leads to is merged if it was a self-declared person's without any entry in the registry, whose
evidence is nobody else's tonight: two accounts that prove to be one person's, or a member found later on the roll.
"""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import duckdb
import pyarrow as pa

from flows.home.keys import DistrictKey
from flows.home.store import Store
from flows.ledger.keys_moved import follow, merges
from flows.ledger.sql import put_rows, run_sql
from flows.run.context import RunContext

KINDS = ("id", "member", "birth", "phone", "record")
_TEXT = pa.string()
_BY_ALL_THEY_SHOW = ("row|", "registry|")


@dataclass(frozen=True)
class StoredTokens:
    """What the store knows about tonight's tokens."""

    key_of: Mapping[str, str]
    ids_of: Mapping[str, set[str]]
    declared: frozenset[str] = frozenset()
    """Keys that the last version has for people who only declared themselves."""
    alike: frozenset[str] = frozenset()
    """Tokens of rows by all they show: another account, alike but for its number, has the same."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """The key that a merged one leads to."""


@dataclass
class Assigned:
    """Who gets which key tonight, and what the store has to learn."""

    keys: dict[int, str] = field(default_factory=dict)
    minted: list[str] = field(default_factory=list)
    events: list[tuple[str, str, str]] = field(default_factory=list)
    split_off: list[tuple[str, int]] = field(default_factory=list)
    """Old keys, and the persons split from them who are yet to get a key of their own."""


Evidence = dict[int, list[tuple[str, str]]]
"""(kind, token) per person, strongest first."""


def assign_keys(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store) -> None:
    """Write `person_keys`, `key_evidence` (tokens to learn), `key_minted` and `key_events` (merges and splits)."""
    evidence, alike = collect_evidence(con, run.key)
    tokens = {token for mine in evidence.values() for _, token in mine}
    key_of = store.keys_of(tokens)
    moved = merges(store)
    stored = StoredTokens(key_of, store.id_tokens_of(key_of.values()), _declared_before(con), alike, moved)
    assigned = assign(evidence, stored)
    mint(evidence, assigned, run.key, store, stored)
    assigned.events += _came_apart(assigned, moved)
    _put(con, evidence, assigned, stored)
    _put_erased(con, evidence, assigned, stored, store.erased())


def _came_apart(assigned: Assigned, moved: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """A key merged before that somebody bears again tonight: its person and the other's prove to be two."""
    borne = sorted(key for key in assigned.keys.values() if key in moved)
    return [(follow(moved, key), key, "split") for key in borne]


def _declared_before(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    rows = con.execute(
        "select person_key from previous_ledger where match_class in ('declared', 'self_report') and member_no is null "
        "and not list_has_any(list_transform(evidence, piece -> piece.role), ['roll', 'transfer', 'floating'])"
    )
    return frozenset(key for (key,) in rows.fetchall())


def collect_evidence(con: duckdb.DuckDBPyConnection, key: DistrictKey) -> tuple[Evidence, frozenset[str]]:
    """Evidence tokens per person, strongest kind first, sorted within a kind; those of rows by all they show."""
    run_sql(con, "identity.sql")
    rows = con.execute("select person_id, kind, value from identity_values order by person_id, kind, value").fetchall()
    result: Evidence = defaultdict(list)
    alike: set[str] = set()
    for person, kind, value in rows:
        token = key.token("evidence", f"{kind}|{value}")
        result[person].append((kind, token))
        if kind == "record" and value.startswith(_BY_ALL_THEY_SHOW):
            alike.add(token)
    for mine in result.values():
        mine.sort(key=lambda entry: (KINDS.index(entry[0]), entry[1]))
    return result, frozenset(alike)


def assign(evidence: Evidence, stored: StoredTokens) -> Assigned:
    """Known keys go to the person with the strongest claim; what else a person hits is merged into their key."""
    result = Assigned()
    taken: dict[str, int] = {}
    bearers = Counter(token for mine in evidence.values() for _, token in mine)
    for kind in KINDS:
        # What only one person bears speaks first: two accounts alike but for their numbers keep a key each.
        claims = sorted(
            (bearers[token] > 1, mine[0][1], person, token)
            for person, mine in evidence.items()
            for entry, token in mine
            if entry == kind and token in stored.key_of and person not in result.keys
        )
        for _, _, person, token in claims:
            key = stored.key_of[token]
            if person in result.keys or key in taken or not _may_take(evidence[person], key, kind, stored):
                continue
            result.keys[person], taken[key] = key, person
    _follow_merged(evidence, stored, result, taken)
    _merges_and_splits(evidence, stored, result, taken)
    return result


def _follow_merged(evidence: Evidence, stored: StoredTokens, result: Assigned, taken: dict[str, int]) -> None:
    """Who hits only evidence of a merged key is the person it was merged into, unless somebody else is that tonight."""
    for person in sorted(evidence, key=lambda entry: evidence[entry][0][1]):
        key = result.keys.get(person, "")
        present = follow(stored.moved, key)
        if present != key and present not in taken and _may_take(evidence[person], present, "record", stored):
            del taken[key]
            result.keys[person], taken[present] = present, person


def _may_take(mine: list[tuple[str, str]], key: str, kind: str, stored: StoredTokens) -> bool:
    """Weak evidence never takes the key of somebody whose full ID was another."""
    own = {token for entry, token in mine if entry == "id"}
    theirs = stored.ids_of.get(key, set())
    return kind in ("id", "member") or not own or not theirs or bool(own & theirs)


def _merges_and_splits(evidence: Evidence, stored: StoredTokens, result: Assigned, taken: dict[str, int]) -> None:
    declared = _declared_keys(evidence, stored)
    for person in sorted(evidence, key=lambda entry: evidence[entry][0][1]):
        strong = {
            stored.key_of[token]
            for kind, token in evidence[person]
            if kind in ("id", "member") and token in stored.key_of
        }
        strong |= declared.get(person, set())
        mine = result.keys.get(person)
        for key in sorted(strong - {mine}):
            if stored.moved.get(key) == mine and key not in taken:
                continue  # merged on an earlier night
            if key not in taken and mine is not None:
                taken[key] = person
                result.events.append((key, mine, "merged"))
            elif mine is None:
                result.split_off.append((key, person))


def _declared_keys(evidence: Evidence, stored: StoredTokens) -> dict[int, set[str]]:
    """Per person the keys of self-declared people all of whose evidence that came tonight is this person's."""
    hit: dict[str, set[int]] = defaultdict(set)
    for person, mine in evidence.items():
        for _, token in mine:
            if token not in stored.alike and (key := stored.key_of.get(token)) in stored.declared and key is not None:
                hit[key].add(person)
    result: dict[int, set[str]] = defaultdict(set)
    for key, persons in hit.items():
        person = min(persons)
        if len(persons) == 1 and _may_take(evidence[person], key, "record", stored):
            result[person].add(key)
    return result


def mint(evidence: Evidence, assigned: Assigned, key: DistrictKey, store: Store, stored: StoredTokens) -> None:
    """New keys for persons without one: from the strongest evidence, so that a replay of history gives the same.

    A key once minted from that very evidence, and held by nobody tonight, is taken up again instead of a further one.
    """
    new = [person for person in evidence if person not in assigned.keys]
    exists = store.minted(_key_name(key, evidence[person][0][1], 0) for person in new)
    used = (
        set(assigned.keys.values()) | set(stored.moved) | {old for old, _, what in assigned.events if what == "merged"}
    )
    for person in sorted(new, key=lambda entry: evidence[entry][0][1]):
        kind, token = evidence[person][0]
        for turn in count():
            name = _key_name(key, token, turn)
            # Few share their strongest evidence with another: only they ask the store for further names, one by one.
            known_name = name in exists if turn == 0 else bool(store.minted([name]))
            if name not in used and (not known_name or _may_take(evidence[person], name, kind, stored)):
                break
        used.add(name)
        assigned.keys[person] = name
        if not known_name:
            assigned.minted.append(name)
    assigned.events += [(old, assigned.keys[person], "split") for old, person in assigned.split_off]


def _put_erased(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, assigned: Assigned, stored: StoredTokens, erased: set[str]
) -> None:
    """Write `erased_again`: keys of people whose number, or name with phone, was an erased person's.

    A decision to erase holds for the person: another record number or a corrected ID does not bring them back.
    """
    result = {
        assigned.keys[person]
        for person, mine in evidence.items()
        if any(kind in ("id", "member", "phone") and stored.key_of.get(token) in erased for kind, token in mine)
    } if erased else set()  # fmt: skip
    put_rows(con, "erased_again", {"person_key": _TEXT}, [(key,) for key in sorted(result)])


def _key_name(key: DistrictKey, token: str, turn: int) -> str:
    raw = bytes.fromhex(key.token("person", f"{token}|{turn}" if turn else token))
    return "p-" + base64.b32encode(raw).decode().lower()[:26]


def _put(con: duckdb.DuckDBPyConnection, evidence: Evidence, assigned: Assigned, stored: StoredTokens) -> None:
    keys = sorted(assigned.keys.items())
    put_rows(con, "person_keys", {"person_id": pa.int64(), "person_key": _TEXT}, keys)
    owners: dict[str, tuple[str, str]] = {}
    for person in sorted(evidence, key=lambda entry: assigned.keys[entry]):
        for kind, token in evidence[person]:
            if token not in stored.key_of:
                owners.setdefault(token, (kind, assigned.keys[person]))
    learnt = sorted((token, kind, owner) for token, (kind, owner) in owners.items())
    put_rows(con, "key_evidence", {"token": _TEXT, "kind": _TEXT, "person_key": _TEXT}, learnt)
    put_rows(con, "key_minted", {"person_key": _TEXT}, [(name,) for name in sorted(assigned.minted)])
    events = {"old_key": _TEXT, "new_key": _TEXT, "event": _TEXT}
    put_rows(con, "key_events", events, sorted(set(assigned.events)))
