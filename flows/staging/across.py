"""What only the night's files together show: numbers that many names bear, codes that lost their leading zeros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from matchers.relations import append, make
from schemas.contracts import SourceContract
from schemas.policy import SharedNumbers

OF_MANY, ZEROS = "number_of_many", "leading_zeros"
_CODES = {"roll": "branch_code", "organisation": "org_code"}
"""Per role the field that holds the code of an organisation."""


@dataclass(frozen=True)
class _Numbers:
    """A field that holds numbers of persons: how its rows bear them, and how a number of many is taken out."""

    field: str
    bearing: str
    """SQL: name and number of the rows of a source that show a whole name."""
    originals: str
    """SQL: row_key and original of what is taken out."""
    taken_out: str
    """SQL: the update that takes it out."""


_IDS = _Numbers(
    "id_number",
    """
    select {name} as name, id_number as number from "stage_{source}"
    where id_number_kind in ('full', 'invalid') and {name} is not null and {name} not like '%*%'
    """,
    """
    select row_key, id_number as original from "stage_{source}"
    where id_number in (select number from _numbers_of_many)
    """,
    """
    update "stage_{source}" set id_number = null, id_number_kind = 'other'
    where id_number in (select number from _numbers_of_many)
    """,
)
_PHONES = _Numbers(
    "phones",
    """
    select {name} as name, unnest(phones) as number from "stage_{source}"
    where {name} is not null and {name} not like '%*%'
    """,
    """
    select row_key, number as original from (select row_key, unnest(phones) as number from "stage_{source}")
    where number in (select number from _numbers_of_many)
    """,
    """
    update "stage_{source}" set phones = s.kept from (
        select row_key, list(own order by place) filter (where n.number is null) as kept
        from (
            select row_key, unnest(phones) as own, generate_subscripts(phones, 1) as place from "stage_{source}"
            where list_has_any(phones, (select list(number) from _numbers_of_many))
        )
        left join _numbers_of_many n on n.number = own
        group by row_key having count(n.number) > 0
    ) s where s.row_key = "stage_{source}".row_key
    """,
)
# Few numbers stand in so many rows; only of those the names are counted.
_OF_MANY = """
with borne as (
    select name, number from ({rows}) where number not like '%*%'
), often as (
    select number from borne group by number having count(*) >= $names
)
select number from borne where number in (select number from often)
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


def settle_across(
    con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], numbers: SharedNumbers
) -> int:
    """Take such numbers out of the staged rows and put the zeros back, each by a repair; gives the repairs made."""
    return (
        _without_numbers_of_many(con, contracts, _IDS, numbers.names_of_an_id)
        + _without_numbers_of_many(con, contracts, _PHONES, numbers.names_of_a_phone)
        + _with_zeros(con, contracts)
    )


def _with_fields(contracts: Mapping[str, SourceContract], field: str) -> dict[str, str]:
    """Sources whose rows name a person and have a field: the field of the person's name."""
    result = {}
    for source, contract in contracts.items():
        imported = {entry.name: entry.type for entry in contract.imported}
        name = next((entry for entry, kind in imported.items() if kind == "person_name"), None)
        if name and field in imported and contract.role != "organisation":
            result[source] = name
    return result


def _without_numbers_of_many(
    con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], numbers: _Numbers, names: int
) -> int:
    """Take out the numbers that so many different names or more bear; gives the repairs made."""
    sources = _with_fields(contracts, numbers.field)
    rows = " union all ".join(
        numbers.bearing.format(source=source, name=f'"{name}"') for source, name in sources.items()
    )
    of_many = _OF_MANY.format(rows=rows)
    if not sources or not make(con, "_numbers_of_many", of_many, {"names": names}, temporary=True):
        return 0
    repairs = 0
    for source in sources:
        result = numbers.originals.format(source=source)
        repairs += append(
            con,
            "stage_repairs",
            f"select row_key, $field as field, $repair as repair, original from ({result}) order by row_key, original",
            {"field": numbers.field, "repair": OF_MANY},
        )
        con.execute(numbers.taken_out.format(source=source))
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
