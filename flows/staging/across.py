"""What only the night's files together show: numbers that many names bear, codes that lost their leading zeros."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from matchers.relations import append, make
from schemas.contracts import SourceContract
from schemas.policy import Numbers

OF_MANY, ZEROS = "number_of_many", "leading_zeros"
_CODES = {"roll": "branch_code", "organisation": "org_code"}
"""Per role the field that holds the code of an organisation."""
_ID_ROWS = """
select {name} as name, id_number as number from "stage_{source}"
where id_number_kind in ('full', 'invalid') and {name} is not null and {name} not like '%*%'
"""
_PHONE_ROWS = """
select {name} as name, unnest(phones) as number from "stage_{source}"
where {name} is not null and {name} not like '%*%'
"""
_OF_MANY = """
select number from ({rows}) where number not like '%*%'
group by number having count(distinct name) >= $names
"""
_CODE_ROWS = """
select {field} as code, ltrim({field}, '0') as bare, {registered} as registered from "stage_{source}"
where {field} is not null group by all
"""
_CANONICAL = """
select c.code, max_by(o.code, length(o.code)) as whole
from ({rows}) c join ({rows}) o on o.bare = c.bare
where c.bare <> ''
group by c.code
having count(distinct o.code) filter (where o.registered) = 1 and max(length(o.code)) > length(c.code)
"""


def settle_across(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], numbers: Numbers) -> int:
    """Take such numbers out of the staged rows and put the zeros back, each by a repair; gives the repairs made."""
    return (
        _without_ids_of_many(con, contracts, numbers.names_of_an_id)
        + _without_phones_of_many(con, contracts, numbers.names_of_a_phone)
        + _with_zeros(con, contracts)
    )


def _with_fields(contracts: Mapping[str, SourceContract], field: str) -> dict[str, str]:
    """Sources whose rows name a person and have a field: the field of the person's name."""
    found = {}
    for source, contract in contracts.items():
        imported = {one.name: one.type for one in contract.imported}
        name = next((one for one, kind in imported.items() if kind == "person_name"), None)
        if name and field in imported and contract.role != "organisation":
            found[source] = name
    return found


def _find(con: duckdb.DuckDBPyConnection, rows: str, sources: Mapping[str, str], names: int) -> int:
    """Make `_numbers_of_many`: one row per number that so many different names or more bear."""
    if not sources:
        return 0
    union = " union all ".join(rows.format(source=source, name=f'"{name}"') for source, name in sources.items())
    return make(con, "_numbers_of_many", _OF_MANY.format(rows=union), {"names": names}, temporary=True)


def _without_ids_of_many(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], names: int) -> int:
    sources = _with_fields(contracts, "id_number")
    if not _find(con, _ID_ROWS, sources, names):
        return 0
    repairs = 0
    for source in sources:
        repairs += append(
            con,
            "stage_repairs",
            "select row_key, 'id_number' as field, $repair as repair, id_number as original "
            f'from "stage_{source}" where id_number in (select number from _numbers_of_many) order by row_key',
            {"repair": OF_MANY},
        )
        con.execute(
            f"update \"stage_{source}\" set id_number = null, id_number_kind = 'other' "
            "where id_number in (select number from _numbers_of_many)"
        )
    return repairs


def _without_phones_of_many(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], names: int) -> int:
    sources = _with_fields(contracts, "phones")
    if not _find(con, _PHONE_ROWS, sources, names):
        return 0
    repairs = 0
    for source in sources:
        repairs += append(
            con,
            "stage_repairs",
            "select row_key, 'phones' as field, $repair as repair, number as original "
            f'from (select row_key, unnest(phones) as number from "stage_{source}") '
            "where number in (select number from _numbers_of_many) order by row_key, number",
            {"repair": OF_MANY},
        )
        con.execute(
            f'update "stage_{source}" set phones = s.kept from ('
            "select row_key, list(own order by place) filter (where n.number is null) as kept "
            "from (select row_key, unnest(phones) as own, generate_subscripts(phones, 1) as place "
            f'from "stage_{source}") '
            "left join _numbers_of_many n on n.number = own "
            f'group by row_key having count(n.number) > 0) s where s.row_key = "stage_{source}".row_key'
        )
    return repairs


def _with_zeros(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract]) -> int:
    """Codes that differ in leading zeros alone from the one the register has, all as the longest of them writes it."""
    fields = {
        source: _CODES[contract.role]
        for source, contract in contracts.items()
        if contract.role in _CODES and contract.field(_CODES[contract.role])
    }
    rows = " union all ".join(
        _CODE_ROWS.format(source=source, field=field, registered=str(contracts[source].role == "organisation").lower())
        for source, field in fields.items()
    )
    if not fields or not make(con, "_whole_codes", _CANONICAL.format(rows=rows), temporary=True):
        return 0
    repairs = 0
    for source, field in fields.items():
        repairs += append(
            con,
            "stage_repairs",
            f"select row_key, $field as field, $repair as repair, {field} as original "
            f'from "stage_{source}" where {field} in (select code from _whole_codes) order by row_key',
            {"field": field, "repair": ZEROS},
        )
        con.execute(
            f'update "stage_{source}" set {field} = w.whole from _whole_codes w where w.code = "stage_{source}".{field}'
        )
    return repairs
