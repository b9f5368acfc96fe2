"""One row per scored pair a person has judged, found again tonight by the keyed tokens of its records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb
import pyarrow as pa

from flows.home.keys import DistrictKey
from flows.home.store import Judged, opened_store
from flows.ledger.review import Side, pair_token, record_token
from flows.ledger.sql import put
from flows.run.context import RunContext

JUDGED = pa.schema(
    {
        "left_id": pa.int64(),
        "right_id": pa.int64(),
        "verdict": pa.string(),
        "basis": pa.map_(pa.string(), pa.string()),
        "judged_on": pa.date32(),
    }
)
_Row = tuple[int, int, str, object, date | None]
_LEFT = (
    "select row_key as id, name, id_number, id_kind, phones, member_no, source, record_id from person_rows "
    "where role in ('worker', 'self_report')"
)
_RIGHT = (
    "select registry_id as id, name, id_number, id_kind, phones, member_no, 'registry' as source, "
    "null::varchar as record_id from registry_persons"
)
_ROWS = (
    "select row_key as id, name, id_number, id_kind, phones, member_no, source, record_id from person_rows "
    "where role in ('roll', 'transfer', 'floating')"
)


def judged_pairs(con: duckdb.DuckDBPyConnection, run: RunContext) -> pa.Table:
    """Write and return `judged_pairs`: tonight's scored pairs with a person's `link` or `not_link`."""
    judged = _settled(run)
    rows: list[_Row] = []
    if judged:
        left = _tokens(con, run.key, f"{_LEFT} and row_key in (select left_id from scored)")
        right = _tokens(con, run.key, f"{_RIGHT} where registry_id in (select right_id from scored)")
        pairs = con.execute("select left_id, right_id from scored order by all").fetchall()
        rows = _judged_pairs(pairs, (left, right), judged, run.key)
    rows += _denied(con, run, {(left_id, right_id) for left_id, right_id, *_ in rows})
    table = _table(rows)
    put(con, "judged_pairs", table)
    return table.select(["left_id", "right_id", "verdict"])


def _denied(con: duckdb.DuckDBPyConnection, run: RunContext, judged: set[tuple[int, int]]) -> list[_Row]:
    """Pairs of a member and the rows tied to them when a street found that it is not them (非本人)."""
    with opened_store(run.home, run.settings.store_url) as store:
        known = store.denials(run.policy.leads.not_the_person)
    if not known:
        return []
    rows = {token: key for token, kind, key in known if kind == "record"}
    people = {token: key for token, kind, key in known if kind in ("id", "member")}
    result: list[_Row] = []
    for left, right, numbered, said, full_id, member in con.execute(_IDENTIFIED).fetchall():
        owners = {rows.get(_evidence(run.key, value)) for value in (numbered, said) if value}
        members = {people.get(_evidence(run.key, value)) for value in (full_id, member) if value}
        if (owners & members) - {None} and (left, right) not in judged:
            result.append((left, right, "not_link", None, None))
    return result


def _evidence(key: DistrictKey, value: str) -> str:
    return key.token("evidence", value)


# The same values that identity.sql makes tokens of.
_IDENTIFIED = """
select s.left_id, s.right_id, 'record|' || w.source || '|' || w.record_id,
    'record|row|' || w.source || '|' || coalesce(w.name, '') || '|' || coalesce(w.id_number, '') || '|'
        || array_to_string(w.phones, ','),
    case when r.id_kind = 'full' then 'id|' || r.id_number end, 'member|' || r.member_no || '|' || r.name
from scored s join person_rows w on w.row_key = s.left_id join registry_persons r on r.registry_id = s.right_id
order by 1, 2
"""


def judged_links(con: duckdb.DuckDBPyConnection, run: RunContext) -> list[tuple[int, int]]:
    """Pairs somebody judged to be one person that stand in both sides tonight, candidates or not."""
    links = {pair: word for pair, word in _settled(run).items() if word.verdict == "link"}
    if not links:
        return []
    left, right = _tokens(con, run.key, _LEFT), _tokens(con, run.key, _RIGHT)
    return [
        (a, b)
        for a, b in con.execute(_LIKELY).fetchall()
        if a in left and b in right and pair_token(run.key, left[a], right[b]) in links
    ]


def judged_doubts(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[tuple[int, int], str]:
    """Verdict per pair of registry rows that the resolver doubts."""
    judged = _settled(run)
    pairs = con.execute("select left_row_key, right_row_key from registry_doubts order by all").fetchall()
    if not judged or not pairs:
        return {}
    tokens = _tokens(con, run.key, _ROWS)
    return {(left, right): word for left, right, word, *_ in _judged_pairs(pairs, (tokens, tokens), judged, run.key)}


def _settled(run: RunContext) -> dict[str, Judged]:
    with opened_store(run.home, run.settings.store_url) as store:
        judged = store.judged_pairs(run.key)
    return {pair: word for pair, word in judged.items() if word.verdict in ("link", "not_link")}


def _tokens(con: duckdb.DuckDBPyConnection, key: DistrictKey, query: str) -> dict[int, str]:
    cursor = con.execute(f"{query} order by 1")
    names = [column[0] for column in cursor.description or []]
    sides: Iterable[Side] = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
    return {int(str(side["id"])): record_token(key, side) for side in sides}


def _judged_pairs(
    pairs: list[tuple[int, int]],
    tokens: tuple[dict[int, str], dict[int, str]],
    judged: dict[str, Judged],
    key: DistrictKey,
) -> list[_Row]:
    result: list[_Row] = []
    for left, right in pairs:
        word = judged.get(pair_token(key, tokens[0][left], tokens[1][right]))
        if word is not None:
            basis = None if word.basis is None else sorted(word.basis.items())
            result.append((left, right, word.verdict, basis, word.on))
    return result


# A pair id cannot be taken apart, so likely pairs are tried: one name, a shared full ID or a shared phone.
_LIKELY = """
select distinct w.row_key, r.registry_id
from person_rows w join registry_persons r on w.name = r.name
where w.role in ('worker', 'self_report')
union
select w.row_key, r.registry_id
from person_rows w join registry_persons r on w.id_number = r.id_number
where w.role in ('worker', 'self_report') and w.id_kind = 'full'
union
select w.row_key, r.registry_id
from (select row_key, unnest(phones) as phone from person_rows where role in ('worker', 'self_report')) w
join (select registry_id, unnest(phones) as phone from registry_persons) r using (phone)
where regexp_full_match(phone, '1\\d{10}')
order by 1, 2
"""


def _table(rows: list[_Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(JUDGED)
    return pa.table([pa.array(list(column), kind.type) for column, kind in zip(columns, JUDGED, strict=True)], JUDGED)
