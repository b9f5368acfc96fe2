"""A step gets what it says it reads and leaves what it says it writes: nothing by the back door, nothing unchecked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.home.folders import Home
from flows.pipeline.driver import drive
from flows.pipeline.request import RunRequest
from flows.pipeline.steps import STEPS, Step, run_step
from flows.run.context import RunContext
from flows.run.stepbook import StepResult
from flows.run.written import check_written, keep_only, named_by, relations_of
from matchers.relations import make
from reports.words import RUN_STEPS
from schemas.contracts import load_sources, workspace_table
from schemas.errors import TableError
from tests.flows.command import without_reports

ASIDE = "aside_"


def with_only_its_own(run: RunContext, step: Step) -> StepResult:
    """The step runs while every relation it does not declare lies under another name."""

    def alone(con: duckdb.DuckDBPyConnection, context: RunContext) -> dict[str, Any]:
        declared = named_by((*step.reads, *step.writes), relations_of(con))
        hidden = [name for name in relations_of(con) if name not in declared]
        for name in hidden:
            con.execute(f'alter table "{name}" rename to "{ASIDE}{name}"')
        counts = step.run(con, context)
        for name in hidden:
            con.execute(f'alter table "{ASIDE}{name}" rename to "{name}"')
        return counts

    return run_step(run, replace(step, run=alone))


@pytest.mark.slow
def test_every_step_lives_on_what_it_declares_two_nights_running(drop: Path, tmp_path: Path) -> None:
    home = Home(without_reports(tmp_path / "home"))
    for day in (19, 20):
        request = RunRequest(home=home, drop=drop, as_of=date(2026, 11, day))
        assert drive(request, each=with_only_its_own).version


def test_whatever_a_step_reads_an_earlier_one_hands_on() -> None:
    handed_on: set[str] = set()
    for step in STEPS:
        missing = [name for name in step.reads if not any(fnmatchcase(name, one) for one in handed_on)]
        assert not missing, f"{step.name} reads what nobody wrote: {missing}"
        handed_on |= set(step.writes)


def test_whatever_a_step_hands_on_a_later_one_reads() -> None:
    for place, step in enumerate(STEPS):
        read = {name for later in STEPS[place + 1 :] for name in later.reads}
        unread = [name for name in step.writes if not any(fnmatchcase(name, one) for one in read)]
        assert not unread, f"{step.name} hands on what nobody reads: {unread}"


def test_every_relation_handed_on_has_a_contract_with_a_grain() -> None:
    sources = load_sources()
    for step in STEPS:
        for name in step.writes:
            if "*" not in name:
                assert workspace_table(name, sources).schema.names


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


def test_what_a_step_makes_for_itself_is_gone_and_what_was_there_stays(con: duckdb.DuckDBPyConnection) -> None:
    make(con, "person_rows", "select 1 as row_key")
    before = relations_of(con)
    make(con, "scratch", "select 1 as a")
    make(con, "key_minted", "select 'k' as person_key")
    keep_only(con, before, ["key_minted"])
    assert relations_of(con) == ("key_minted", "person_rows")


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("select 'k' as person_key, 1 as more", "columns"),
        ("select 1::bigint as person_key", "type"),
        ("select null::varchar as person_key", "not_null"),
        ("select 'k' as person_key from range(2)", "unique"),
    ],
)
def test_a_relation_that_breaks_its_contract_stops_the_step(
    con: duckdb.DuckDBPyConnection, query: str, rule: str
) -> None:
    make(con, "key_minted", query)
    with pytest.raises(TableError) as caught:
        check_written(con, ["key_minted"], {})
    assert (caught.value.rule, caught.value.where) == (rule, "key_minted")


def test_a_relation_that_was_not_written_stops_the_step(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(TableError, match="key_minted"):
        check_written(con, ["key_minted"], {})


def test_a_relation_without_a_contract_is_a_fault_of_its_step(con: duckdb.DuckDBPyConnection) -> None:
    make(con, "whatever", "select 1 as a")
    with pytest.raises(TableError, match="没有合同"):
        check_written(con, ["whatever"], {})


def test_every_step_is_called_the_same_wherever_a_run_is_told_of() -> None:
    assert {step.name: step.title for step in STEPS} == RUN_STEPS
