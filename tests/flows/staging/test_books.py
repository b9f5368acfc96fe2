"""A night's reading adds up, at the sizes at which the library hides rows; one whose rows are not all there stops."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from flows.ledger.build import put_clean_numbers
from flows.ledger.redact import Redactor
from flows.staging.books import check_books
from flows.staging.states import FileState, files_table
from flows.staging.step import Staging, make_relations
from matchers.relations import append, count, make
from schemas.contracts import load_sources, stage_table
from schemas.errors import TableError
from tests.flows.ledger.district import KEY
from tests.flows.staging.night import staged

SIZES = (130_000, 140_000)
CONTRACTS = load_sources()


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
def test_numbers_without_an_id_or_a_phone_are_all_published(rows: int) -> None:
    con = duckdb.connect(config={"threads": "2"})
    con.begin()
    make(
        con,
        "person_rows",
        f"select 'M' || x as record_id, 'M' || x as member_no, '张三' as name from range({rows}) t(x)",
    )
    make(con, "orgs", "select null::varchar as record_id where false")
    put_clean_numbers(con, Redactor(KEY, frozenset({"张三"})))
    assert (
        con.execute("select count(*), count(clean), count(distinct clean) from clean_numbers").fetchone() == (rows,) * 3
    )


@pytest.mark.parametrize("rows", SIZES)
def test_that_many_judged_pairs_stand_beside_scores_of_none(rows: int) -> None:
    schema = stage_table("scored").schema
    con = duckdb.connect(config={"threads": "2"})
    con.begin()
    make(con, "scored", schema.empty_table())
    append(con, "scored", rows_of(schema, rows))
    assert count(con, "scored") == rows


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
