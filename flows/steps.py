"""The steps of a run, listed once, in order; both drivers walk this list through `run_step`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from time import perf_counter
from typing import Any

import duckdb

from flows.context import RunContext
from flows.limits import check_quarantine
from flows.runlog import log_event
from flows.runs import destroy_workspace, workspace_key
from flows.workspace import open_workspace

Counts = dict[str, Any]
StepFunction = Callable[[duckdb.DuckDBPyConnection, RunContext], Counts]


@dataclass(frozen=True)
class Step:
    """One station of the way of the data: what it is called, what it does, how often a retry may help."""

    name: str
    title: str
    run: StepFunction
    retries: int = 0


@dataclass(frozen=True)
class StepResult:
    """What one committed step counted and how long it took."""

    name: str
    seconds: float
    counts: Counts


def _of(module: str, name: str) -> StepFunction:
    def call(con: duckdb.DuckDBPyConnection, run: RunContext) -> Counts:
        return dict(getattr(import_module(module), name)(con, run))

    return call


def _land(con: duckdb.DuckDBPyConnection, run: RunContext) -> Counts:
    """Read the drop, or take an earlier night's sealed copies over as this run's own."""
    return _of("flows.landing", "replay" if run.replay else "land")(con, run)


def _stage(con: duckdb.DuckDBPyConnection, run: RunContext) -> Counts:
    """Read the landed files, then hold what was sent back against the policy's limits."""
    counts = _of("flows.staging", "stage")(con, run)
    return {**counts, "warnings": [*counts.get("warnings", ()), *check_quarantine(con, run)]}


def _scored(con: duckdb.DuckDBPyConnection, run: RunContext) -> Counts:
    """Score the candidates, or take an earlier night's scores; either way they are sealed beside the landing copies."""
    landing = import_module("flows.landing")
    if run.keep_scores:
        counts: Counts = {"pairs": landing.unseal_relation(con, run, "scored", run.replay)}
    else:
        counts = _of("flows.matching", "scored")(con, run)
    landing.seal_relation(con, run, "scored")
    return counts


STEPS: tuple[Step, ...] = (
    Step("land", "收件", _land, retries=2),
    Step("stage", "读取", _stage),
    Step("people", "整理人员", _of("flows.matching", "people")),
    Step("registry", "归并名册", _of("flows.matching", "registry")),
    Step("candidates", "找候选", _of("flows.matching", "candidates")),
    Step("scored", "打分", _scored),
    Step("decided", "判定", _of("flows.matching", "decided")),
    Step("persons", "归人", _of("flows.ledger", "build_persons")),
    Step("ledger", "成账", _of("flows.ledger", "build_ledger")),
    Step("published", "发布", _of("flows.ledger", "publish"), retries=1),
    Step("close", "收尾", _of("flows.closing", "close")),
)
STEP_NAMES: tuple[str, ...] = tuple(step.name for step in STEPS)
_BY_NAME = {step.name: step for step in STEPS}

_BOOK = """
create table if not exists _steps (
    place integer primary key, name varchar not null, seconds double not null, counts varchar not null
)
"""


def step_named(name: str) -> Step:
    """The step of that name."""
    return _BY_NAME[name]


def plan(run: RunContext) -> tuple[Step, ...]:
    """The steps this run walks: all of them, without looking for candidates where the scores are kept."""
    return tuple(step for step in STEPS if not (run.keep_scores and step.name == "candidates"))


def run_step(run: RunContext, step: Step) -> StepResult:
    """One step in one transaction, booked in `_steps` with it; afterwards it is wholly done or never was.

    After `close` has committed, the workspace is destroyed.
    """
    with _workspace(run) as con:
        con.begin()
        try:
            started = perf_counter()
            counts = step.run(con, run)
            result = StepResult(step.name, round(perf_counter() - started, 3), counts)
            _book(con, result)
            con.commit()
        except BaseException:
            con.rollback()
            raise
    log_event(run.home, "step", run_id=run.run_id, step=step.name, seconds=result.seconds, **_numbers(counts))
    if step.name == "close":
        destroy_workspace(run.home, run.run_id, at=datetime.now(UTC), why="closed", relations=counts["relations"])
    return result


def committed(run: RunContext) -> list[StepResult]:
    """The steps already done in this run's workspace, in order."""
    if not run.workspace.exists():
        return []
    with _workspace(run) as con:
        return booked(con)


def booked(con: duckdb.DuckDBPyConnection) -> list[StepResult]:
    """The rows of `_steps`, in order."""
    rows = con.execute("select name, seconds, counts from _steps order by place").fetchall()
    return [StepResult(name, seconds, json.loads(counts)) for name, seconds, counts in rows]


def forget_from(run: RunContext, name: str) -> None:
    """Unbook a step and all after it, so that they run again over what stands."""
    with _workspace(run) as con:
        con.execute("delete from _steps where place >= $place", {"place": STEP_NAMES.index(name)})


@contextmanager
def _workspace(run: RunContext) -> Iterator[duckdb.DuckDBPyConnection]:
    """The run's open workspace, with its step book."""
    settings = run.settings
    with open_workspace(
        run.workspace, workspace_key(run), threads=settings.threads, memory_limit=settings.memory_limit
    ) as con:
        con.execute(_BOOK)
        yield con


def _book(con: duckdb.DuckDBPyConnection, result: StepResult) -> None:
    con.execute(
        "insert or replace into _steps values ($place, $name, $seconds, $counts)",
        {
            "place": STEP_NAMES.index(result.name),
            "name": result.name,
            "seconds": result.seconds,
            "counts": json.dumps(result.counts, ensure_ascii=False, default=str),
        },
    )


def _numbers(counts: Counts) -> dict[str, int | float]:
    """Only numbers go to the log."""
    return {name: value for name, value in counts.items() if isinstance(value, int | float)}
