"""What a failed step says: its kind and what to do, never the words of an error that may hold a person's data."""

from __future__ import annotations

import errno
import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.runlog import log_event
from flows.pipeline.failures import may_help_to_retry, plain_failure
from flows.pipeline.steps import step_named
from flows.run.context import RunContext
from flows.run.runs import RunRecord, context_of, create_run
from schemas.errors import HomeError, InputError, SanzhaoError
from schemas.rules import Rule

PERSON = "张三 500113199003074258 13812345679"


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    home = Home(tmp_path / "home")
    home.make()
    record = RunRecord(run_id="r", as_of=date(2026, 11, 20), started_at=datetime(2026, 11, 20, tzinfo=UTC))
    create_run(home, record, load_key(home, create=True))
    return context_of(home, record)


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


FORESEEN = [
    (ValueError(PERSON), "internal"),
    (duckdb.ConversionException(PERSON), "internal"),
    (duckdb.IOException(f"could not read {PERSON}"), "internal_passing"),
    (OSError(errno.EIO, PERSON), "internal_passing"),
    (OSError(errno.ENOSPC, PERSON), "disk_full"),
    (duckdb.IOException(f"No space left on device: {PERSON}"), "disk_full"),
    (duckdb.TransactionException(f"Failed to commit: No space left on device: {PERSON}"), "disk_full"),
    (OperationalError("insert", {"name": PERSON}, Exception(PERSON)), "internal_passing"),
    (IntegrityError("insert", {"name": PERSON}, Exception(PERSON)), "internal"),
]


@pytest.mark.parametrize(("error", "rule"), FORESEEN)
def test_its_kind_is_told_and_its_words_are_not(run: RunContext, error: Exception, rule: str) -> None:
    told = plain_failure(run, step_named("decided"), raised(error))
    assert told.rule == rule
    logged = "".join(path.read_text("utf-8") for path in run.home.logs.glob("*.jsonl"))
    assert json.loads(logged.splitlines()[-1])["error"].startswith(type(error).__name__)
    for word in PERSON.split():
        assert word not in str(told) + logged


def test_a_line_cut_by_a_full_disk_spoils_no_other(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = log_event(home, "first")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-11-2')
    log_event(home, "second")
    log_event(home, "third")
    first, cut, *others = path.read_text("utf-8").splitlines()
    assert json.loads(first)["event"] == "first"
    assert cut == '{"at": "2026-11-2'
    assert [json.loads(line)["event"] for line in others] == ["second", "third"]


def test_a_disk_that_takes_no_line_breaks_nothing_off(run: RunContext) -> None:
    log = log_event(run.home, "first")
    log.unlink()
    log.symlink_to("/dev/full")
    told = plain_failure(run, step_named("decided"), raised(OSError(errno.ENOSPC, PERSON)))
    assert told.rule == "disk_full"


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (OSError("share"), True),
        (duckdb.IOException("share"), True),
        (OperationalError("s", {}, Exception()), True),
        (HomeError("库", rule=Rule.STORE), True),
        (InputError("名册", rule=Rule.NO_ROLL), False),
        (ValueError("x"), False),
        (HomeError("满", rule=Rule.DISK_FULL), False),
        (SanzhaoError("久", rule=Rule.STEP_TIMEOUT), False),
    ],
)
def test_only_what_may_pass_is_tried_again_at_once(error: Exception, helps: bool) -> None:
    assert may_help_to_retry(error) is helps
