"""One row per worker or self-report row: where, for whom and since when it says its person works."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from flows.home.file_names import sender_of
from flows.landing.manifest import MANIFEST, load_manifest
from flows.ledger.named import platform_in, platform_of_sender, street_in
from flows.ledger.registers import put_organisations
from flows.ledger.sql import put_rows, run_sql
from flows.run.context import RunContext
from matchers.relations import make
from schemas.contracts import SourceContract

_TEXTS = (
    "platform",
    "unit_name",
    "uscc",
    "station",
    "job",
    "street",
    "address",
    "home_address",
    "home_street",
    "home_org",
)


def build_facts(con: duckdb.DuckDBPyConnection, run: RunContext) -> list[str]:
    """Write `work_rows` (one row per worker or self-report row) and `orgs` (one row per organisation); warnings."""
    _put_rules(con, run)
    union = " union all ".join(_select(con, contract) for contract in _working(run))
    con.execute(f"create or replace temp view raw_work as select * from ({union}) where row_key in ({_IN_SCOPE})")
    _ensure_registers(con, run)
    warnings = put_organisations(con, run)
    _put_lent(con, run)
    run_sql(con, "streets.sql")
    _put_named(con, run)
    run_sql(con, "facts.sql")
    return warnings


_IN_SCOPE = "select row_key from row_trades where outside is null"


def _working(run: RunContext) -> list[SourceContract]:
    return [
        contract
        for contract in run.contracts.values()
        if contract.role in ("worker", "self_report") and contract.scope != "contact"
    ]


def _put_lent(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Write `lent_addresses`: the full ID, name and address of every row of a source that only lends addresses."""
    parts = ["select null::varchar as id_number, null::varchar as name, null::varchar as address where false"]
    for contract in run.contracts.values():
        fields = {field.name for field in contract.imported}
        places = [name for name in ("home_street", "home_address", "address", "street") if name in fields]
        if contract.scope == "contact" and places and {"id_number", "name"} <= fields:
            parts.append(
                f"select id_number, name, concat_ws(' ', {', '.join(places)}) as address "
                f"from \"stage_{contract.name}\" where id_number_kind = 'full'"
            )
    make(con, "lent_addresses", " union all ".join(parts))


def has_relation(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the workspace has a relation of that name."""
    return name in _relations(con)


def _relations(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of all relations of the workspace: asked once for many, since DuckDB goes through its catalogue for it."""
    return {name for (name,) in con.execute("select table_name from information_schema.tables").fetchall()}


def _select(con: duckdb.DuckDBPyConnection, contract: SourceContract) -> str:
    """The select over one stage relation; names come from the contract, values never."""
    names = {field.name for field in contract.imported}
    texts = [f"{name}::varchar as {name}" if name in names else f"null::varchar as {name}" for name in _TEXTS]
    start = contract.start_field or ("reported_on" if "reported_on" in names else None)
    declared = "declared_member" if "declared_member" in names else "null"
    if contract.role == "self_report":
        declared = "true"
    state = "work_state" if "work_state" in names else "null"
    columns = [
        "row_key",
        f"'{contract.name}' as source",
        f"'{contract.role}' as role",
        "file",
        "sheet",
        *texts,
        f"{start or 'null'}::date as started_on",
        f"{_literal(start)} as start_field",
        f"{'valid_to' if 'valid_to' in names else 'null'}::date as valid_to",
        f"{state}::varchar as work_state",
        f"{declared}::boolean as declared_member",
    ]
    relation = f"stage_{contract.name}"
    if not has_relation(con, relation):
        _empty(con, contract)
    return f'select {", ".join(columns)} from "{relation}"'


def _put_named(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Write `named_stations` (station, street) and `named_platforms` (source, file, sheet, platform), where sure."""
    text = pa.string()
    streets = [street for (street,) in con.execute("select street from street_names").fetchall()]
    stations = con.execute("select distinct station from raw_work where station is not null order by 1").fetchall()
    result = [(station, street) for (station,) in stations if (street := street_in(station, streets))]
    put_rows(con, "named_stations", {"station": text, "street": text}, result)
    stated = con.execute("select distinct platform from raw_work where length(platform) >= 2").fetchall()
    names = {platform: platform for (platform,) in stated}
    names |= {name: brand.name for brand in run.policy.brands for name in (brand.name, *brand.aliases)}
    asking = [entry.name for entry in _working(run) if "platform" in {field.name for field in entry.imported}]
    sheets = con.execute(_SHEETS, {"sources": asking}).fetchall()
    providers = _providers(run)
    lines = [(*place, _platform_named(place, providers.get(place[0]), names, run)) for place in sheets]
    columns = {"source": text, "file": text, "sheet": text, "platform": text}
    put_rows(con, "named_platforms", columns, [row for row in lines if row[-1]])


def _platform_named(
    place: tuple[str, str, str | None], provider: str | None, names: Mapping[str, str], run: RunContext
) -> str | None:
    """The platform that a file's or sheet's name or the provider names, else the unknown one its name begins with."""
    sender = sender_of(place[1])
    known = platform_in((*place[1:], provider), names)
    if known is not None or any(name in text for name in names for text in (place[1], place[2] or "")):
        return known
    return platform_of_sender(sender, run.policy.scope)


_SHEETS = """
select distinct source, file, sheet from raw_work
where role = 'worker' and platform is null and list_contains($sources::varchar[], source) order by all
"""


def _providers(run: RunContext) -> dict[str, str]:
    """Who gave each source, by its provenance; none where nothing was landed."""
    if not (run.landing / MANIFEST).exists():
        return {}
    return {source.name: source.provenance.provider for source in load_manifest(run.landing, run.key).sources}


def _literal(name: str | None) -> str:
    return "null::varchar" if name is None else f"'{name}'"


def _empty(con: duckdb.DuckDBPyConnection, contract: SourceContract) -> None:
    make(con, f"stage_{contract.name}", contract.staged_schema().empty_table())


def _ensure_registers(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Registers that did not come are empty, not missing."""
    known = _relations(con)
    for contract in run.contracts.values():
        if f"stage_{contract.name}" not in known:
            _empty(con, contract)


def _put_rules(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """The policy's word lists as relations, so that SQL reads data and holds none."""
    policy = run.policy
    text = pa.string()
    trades = [(group, body.trade) for group, body in policy.trades.items()]
    put_rows(con, "trades", {"grp": text, "trade": text}, trades)
    words = [(group, word) for group, body in policy.trades.items() for word in body.words]
    put_rows(con, "trade_words", {"grp": text, "word": text}, words)
    committees = [(group, word) for group, result in policy.hosts.committees.items() for word in result]
    put_rows(con, "committee_words", {"grp": text, "word": text}, committees)
