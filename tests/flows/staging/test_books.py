"""A night's reading adds up, at the sizes at which the library hides rows; one whose rows are not all there stops."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from flows.ledger.build import put_clean_ids
from flows.staging.books import check_books
from flows.staging.states import FileState, files_table
from flows.staging.step import Staging, make_relations
from matchers.relations import append, count, make
from schemas.contracts import load_sources, stage_table
from schemas.errors import TableError
from tests.flows.ledger.district import context
from tests.flows.staging.night import staged

SIZES = (130_000, 140_000)
CONTRACTS = load_sources()


_NUMBERED = """
select 'R' || x as record_id, 'M' || x as member_no, '张三' as name, null::varchar as id_number, 'full' as id_kind,
    x::bigint as row_key, '名册.csv' as file, null::varchar as sheet
from range({rows}) t(x)
"""
"""Two numbers a row, neither an ID nor a phone."""
_BESIDE_NUMBERS = {
    "persons": {"person_id": "bigint", "registry_id": "bigint", "worker_row_keys": "bigint[]"},
    "ledger_registry": {"registry_id": "bigint", "id_number": "varchar", "id_kind": "varchar"},
    "orgs": {"record_id": "varchar", "org_name": "varchar", "file": "varchar", "sheet": "varchar"},
    "person_work": {"unit_name": "varchar", "platform": "varchar"},
    "homes": {"org_name": "varchar"},
    "roll_of": {"unit_name": "varchar"},
    "units": {"name": "varchar", "branch": "varchar", "spellings": "struct(text varchar)[]"},
    "unit_doubts": {"left_text": "varchar", "right_text": "varchar"},
    "previous_ledger": {"id_token": "varchar"},
}


def rows_of(schema: pa.Schema, rows: int) -> pa.Table:
    """So many rows of a relation: numbered keys, the rest empty."""
    columns = {field.name: pa.nulls(rows, field.type) for field in schema}
    known = {"row": pa.array(range(rows), pa.int32()), "row_key": pa.array(range(rows), pa.int64())}
    known["file"] = pa.array(["名册.csv"] * rows)
    return pa.table({**columns, **{name: values for name, values in known.items() if name in columns}})


@pytest.mark.parametrize("rows", SIZES)
def test_every_relation_of_the_reading_holds_what_came_after_files_of_no_row(rows: int) -> None:
    relations = {f"stage_{name}": CONTRACTS[name].staged_schema() for name in ("party_members", "platform")}
    relations |= {name: stage_table(name).schema for name in ("stage_repairs", "quarantine")}
    con = duckdb.connect(config={"threads": "2"})
    con.begin()
    make_relations(con, CONTRACTS)
    for name, schema in relations.items():
        staging = Staging(con)
        staging.put(name, rows_of(schema, 0))
        staging.put(name, rows_of(schema, rows))
        staging.write(name)
        assert count(con, name) == rows, name


@pytest.mark.parametrize("rows", SIZES)
def test_numbers_without_an_id_or_a_phone_are_all_published(tmp_path: Path, rows: int) -> None:
    con = duckdb.connect(config={"threads": "2"})
    con.begin()
    for name, columns in _BESIDE_NUMBERS.items():
        typed = ", ".join(f"null::{kind} as {column}" for column, kind in columns.items())
        make(con, name, f"select {typed} where false")
    for name in ("person_rows", "ledger_rows"):
        make(con, name, _NUMBERED.format(rows=rows // 2))
    put_clean_ids(con, context(tmp_path))
    found = con.execute(
        "select count(*), count(clean), count(distinct clean), sum((text <> clean)::int) from clean_numbers"
    )
    assert found.fetchone() == (rows, rows, rows, 0)


def test_a_reading_whose_rows_are_not_all_there_stops_with_the_sheet_s_name(tmp_path: Path) -> None:
    roll = "姓名,公民身份号码\n向秀芬,500113196903072842\n,\n张伟,\n".encode()
    with staged(tmp_path, {"party_members/名册.csv": roll}) as night:
        check_books(night.con, CONTRACTS, night.counts["repairs"])
        night.con.execute("delete from stage_party_members where name = '向秀芬'")
        with pytest.raises(
            TableError, match=r"party_members/名册.csv：读入\d行，记为接收1行、退回\d行，工作区里是接收0行"
        ):
            check_books(night.con, CONTRACTS, night.counts["repairs"])
        night.con.execute("delete from quarantine")
        with pytest.raises(TableError, match="工作区里是接收0行、退回0行"):
            check_books(night.con, CONTRACTS, night.counts["repairs"])


def test_rows_and_repairs_that_nobody_noted_stop_it_too() -> None:
    con = duckdb.connect()
    make_relations(con, CONTRACTS)
    append(con, "stage_files", files_table([FileState("platform", "骑手.csv", rows_in=3, accepted=1, quarantined=1)]))
    append(con, "quarantine", rows_of(stage_table("quarantine").schema, 1).set_column(
        stage_table("quarantine").schema.get_field_index("source"), "source", pa.array(["transport"])))  # fmt: skip
    with pytest.raises(TableError, match="修复的单元格记了2个，工作区里是0个") as caught:
        check_books(con, CONTRACTS, 2)
    assert "transport/名册.csv：读入0行，记为接收0行、退回0行，工作区里是接收0行、退回1行" in str(caught.value)
    assert "platform/骑手.csv：读入3行" in str(caught.value)
