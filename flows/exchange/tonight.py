"""One row per person an exchange found who is there tonight, as the 协查 list prints it: only the own side's is named.

A find is known by keyed tokens alone; a person who is gone from the own rows, was erased, or objected is not listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from flows.exchange.entries import RULES
from flows.home.store import Store, opened_store
from flows.ledger.keys_moved import follow, merges
from flows.ledger.redact import Redactor
from flows.run.context import RunContext
from reports.workbook.sheets import EXCHANGED
from schemas.store_exchange import ExchangeFind

_MEMBERS = """
-- One row per person of the roll with a full ID.
select 'id|' || r.id_number, r.name, p.source, p.file, p.sheet, p."row"
from registry_persons r join person_rows p on p.row_key = r.roll_row_key where r.id_kind = 'full'
"""
_WORKERS = """
-- One row per worker row: by all it says, as ledger/identity.sql has it.
select 'record|row|' || source || '|' || coalesce(name, '') || '|' || coalesce(id_number, '') || '|'
    || array_to_string(phones, ','), name, source, file, sheet, "row"
from person_rows where role = 'worker'
"""
_NAMES = "select distinct name from person_rows where name not like '%*%' and length(name) >= 2"
STANDINGS = {"member_here": "外区从业", "works_here": "外区党员"}


@dataclass(frozen=True)
class _OwnRow:
    """The own side's row of a person: the name, and where an officer finds it."""

    name: str
    place: str


def exchanged_tonight(con: duckdb.DuckDBPyConnection, run: RunContext, ledger: pa.Table) -> pa.Table:
    """The finds of all exchanges that are people of tonight: kind, person_key (null off the ledger), masked name,
    what is to be asked of whom.
    """
    with opened_store(run.home, run.settings.store_url) as store:
        finds = _newest(store.exchange_finds())
        if not finds:
            return EXCHANGED.empty_table()
        there = _there_tonight(con, run, {token for find in finds for token in find.tokens})
        keys = _keys_of(store, {token for find in finds for token in find.tokens})
        erased = store.erased()
    objected = {
        key for key, word in zip(ledger["person_key"].to_pylist(), ledger["objection"].to_pylist(), strict=True) if word
    }
    known = set(ledger["person_key"].to_pylist())
    rows = []
    for find in finds:
        own = sorted({keys[token] for token in find.tokens if token in keys})
        row = next((there[token] for token in find.tokens if token in there), None)
        if row and not set(own) & (erased | objected):
            rows.append(_row(find, row, next((key for key in own if key in known), None)))
    return pa.Table.from_pylist(rows, EXCHANGED)


def _newest(finds: Sequence[ExchangeFind]) -> list[ExchangeFind]:
    """The finds without those that a later exchange with the same district made again."""

    def who(find: ExchangeFind) -> tuple[str, str, tuple[str, ...]]:
        return find.other, find.standing, tuple(find.tokens)

    last = {who(find): find.exchange for find in finds}  # in the order of exchanges
    return [find for find in finds if last[who(find)] == find.exchange]


def _row(find: ExchangeFind, row: _OwnRow, key: str | None) -> dict[str, object]:
    what = "本区党员在该区从业" if find.standing == "member_here" else "本区从业人员是该区党员"
    number = f"协查 {find.exchange}-{find.pair}"
    return {
        "kind": STANDINGS[find.standing], "person_key": key, "name_masked": f"{row.name[:1]}*",
        "asked": f"{find.other}：{what}（{RULES[find.rule]}）。本区见{row.place}。请与{find.contact}联系，报“{number}”",
    }  # fmt: skip


def _there_tonight(con: duckdb.DuckDBPyConnection, run: RunContext, wanted: set[str]) -> dict[str, _OwnRow]:
    """Tonight's row that a token is of. A file that is called after a person is named by its token, as everywhere."""
    result: dict[str, _OwnRow] = {}
    redactor = Redactor(run.key, frozenset(name for (name,) in con.execute(_NAMES).fetchall()))
    for value, name, source, file, sheet, row in [*con.execute(_MEMBERS).fetchall(), *con.execute(_WORKERS).fetchall()]:
        token = run.key.token("evidence", value)
        if token in wanted:
            at = f"「{redactor.file(sheet)}」" if sheet else ""
            place = f"{run.contracts[source].title} {redactor.file(file)}{at} 第{row}行"
            result.setdefault(token, _OwnRow(name or "", place))
    return result


def _keys_of(store: Store, tokens: set[str]) -> dict[str, str]:
    """The person key a token leads to, where there is one."""
    moved = merges(store)
    return {token: follow(moved, key) for token, key in store.keys_of(tokens).items()}
