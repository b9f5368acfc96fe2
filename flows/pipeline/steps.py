"""The steps of a run, listed once, in order; both drivers walk this list through `run_step`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

import duckdb

from flows.drift import check_drift, last_qualities, remember_night
from flows.home.runlog import log_event
from flows.landing import land, note_dropped_columns, replay, seal_relation, unseal_relation
from flows.landing.expected import remember_expected
from flows.ledger import build_ledger, build_persons, publish
from flows.ledger.publish.behind import behind
from flows.ledger.publish.read import TABLES
from flows.lineage import followed_step
from flows.matching import steps as matching
from flows.pipeline.closing import close
from flows.pipeline.limits import check_quarantine
from flows.pipeline.presence import absent_sources, check_required
from flows.pipeline.purging import purge
from flows.pipeline.reporting import Quality
from flows.returns import seal_marks, write_notes
from flows.run.context import RunContext
from flows.run.questions import ask_senders, open_questions
from flows.run.runs import destroy_workspace, workspace_key
from flows.run.stepbook import CountValues, StepCounts, StepResult, book, booked, open_book, unbook_from
from flows.run.timeouts import limited
from flows.run.workspace import open_workspace
from flows.run.written import check_written, keep_only, relations_of
from flows.staging.step import stage
from flows.staging.unknown_words import unknown_words
from flows.units.build import build_step

StepFunction = Callable[[duckdb.DuckDBPyConnection, RunContext], CountValues]


@dataclass(frozen=True)
class Step:
    """One station of the way of the data.

    What it is called, what it does, which relations of earlier steps it reads, which it hands on (each under its
    contract, `*` for the part of a name that follows a source), and how often a retry may help.
    """

    name: str
    title: str
    run: StepFunction
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    retries: int = 0
    takes: tuple[str, ...] = ()
    """What it reads outside the workspace, `*` for each source: told to who follows the run (`flows/lineage`)."""
    gives: tuple[str, ...] = ()
    """What it writes outside the workspace."""


def _land(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Read the drop, or take an earlier night's sealed copies over as this run's own; not on top of an old ledger."""
    older = behind(run.home, run.settings.store_url)
    if older is not None:
        raise older
    open_questions(con)
    return replay(con, run) if run.replay else land(con, run)


def _stage(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Read the landed files, then hold them against the policy's limits and against the last published night."""
    counts = dict(stage(con, run))
    note_dropped_columns(con, run)
    check_required(con, run)
    result = [*absent_sources(run), *check_quarantine(con, run), *check_drift(con, run)]
    result += ask_senders(con, "stage", [*counts.pop("questions"), *unknown_words(con, run.contracts)])
    return {**counts, "warnings": [*counts.get("warnings", ()), *result]}


def _scored(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Score the candidates, or take an earlier night's scores; either way they are sealed beside the landing copies."""
    if run.keep_scores:
        counts: CountValues = {"pairs": unseal_relation(con, run, "scored", run.replay)}
    else:
        counts = matching.scored(con, run)
    seal_relation(con, run, "scored")
    return counts


def _decided(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Decide, and keep sealed how each link and each doubt came about, for `sanzhao explain`."""
    counts = matching.decided(con, run)
    seal_relation(con, run, "explained")
    return counts


def _ledger(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Build the ledger, and seal `known_pairs` beside the landing copies, whose retention it has."""
    counts = build_ledger(con, run)
    seal_relation(con, run, "known_pairs")
    return counts


def _close(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Write what the run leaves; the list below gives its steps their titles. What is past its retention goes."""
    before, qualities = last_qualities(run), remember_night(con, run)
    counts = close(con, run, booked(con), {step.name: step.title for step in STEPS}, Quality(qualities, before))
    version = next(entry.counts.version for entry in booked(con) if entry.name == "published")
    write_notes(con, run, qualities, before, run.home.reports / version)
    remember_expected(run)
    returned = seal_marks(con, run)
    today = min(run.as_of, run.started_at.date())
    gone = purge(run.home, run.settings, run.key, today=today, who="sanzhao")
    return {**counts, "returned_rows": returned, "destroyed": len(gone)}


_STAGED = ("stage_*", "stage_files", "stage_repairs")
_SIDES = ("person_rows", "other_names", "registry_persons")
"""What both sides of the matching are made from."""

STEPS: tuple[Step, ...] = (
    Step(
        "land", "收件", _land, writes=("source_questions",), retries=2, takes=("drop.*",), gives=("landing.*",)
    ),
    Step(
        "stage", "读取", _stage, ("source_questions",), ("stage_*", "quarantine", "drift_keys_*"), retries=2,
        takes=("landing.*",),
    ),
    Step(
        "people", "整理人员", matching.people, _STAGED,
        ("person_rows", "other_names", "own_trades", "row_trades", "outside_scope", "trades_of_files"),
    ),
    Step(
        "registry", "归并名册", matching.registry, ("person_rows", "other_names"),
        ("registry_persons", "registry_doubts", "encoded_columns"),
    ),
    Step("candidates", "找候选", matching.candidates, ("encoded_columns",), ("candidates",)),
    Step("scored", "打分", _scored, (*_SIDES, "encoded_columns", "candidates"), ("scored",)),
    Step("decided", "判定", _decided, (*_SIDES, "encoded_columns", "scored"), ("decided", "judged_pairs")),
    Step(
        "units", "认单位", build_step, ("stage_*", "row_trades", "own_trades"),
        (
            "units", "unit_doubts", "row_units", "roll_units", "placed_work", "named_stations", "text_street",
            "street_names", "lent_addresses", "orgs", "org_units", "organisation_rows", "registers_absent",
            "trades", "trade_words", "committee_words",
        ),
        retries=2,
    ),
    Step(
        "persons", "归人", build_persons,
        ("person_rows", "registry_persons", "decided", "own_trades", "placed_work", "row_units", "units",
         "named_stations", "text_street"),
        ("persons", "link_rows", "own_job_rows", "work_rows"),
        retries=2,
    ),
    Step(
        "ledger", "成账", _ledger,
        (
            "stage_*", "source_questions", *_SIDES, "registry_doubts", "decided", "judged_pairs",
            "persons", "link_rows", "own_job_rows", "own_trades", "work_rows", "placed_work",
            "units", "unit_doubts", "row_units", "roll_units", "orgs", "org_units", "registers_absent",
            "street_names", "text_street", "lent_addresses", "trades", "trade_words", "committee_words",
        ),
        (
            "ledger", "review", "coverage", "units_published", "remit_doubts",
            "person_keys", "key_events", "key_evidence", "key_minted", "moved_tokens", "id_tokens",
            "clean_texts", "clean_files", "clean_numbers", "evidence_rows", "person_work", "roll_of", "homes",
            "statuses", "leavers", "leads_ended", "reopened", "erased_persons", "open_objections", "carried_sources",
        ),
        retries=2,
    ),
    Step(
        "published", "发布", publish,
        (
            "stage_files", *_SIDES, "judged_pairs", "persons", "units", "unit_doubts", "organisation_rows",
            "ledger", "review", "coverage", "units_published", "remit_doubts",
            "person_keys", "key_events", "key_evidence", "key_minted", "moved_tokens", "id_tokens",
            "clean_texts", "clean_files", "clean_numbers", "evidence_rows", "person_work", "roll_of", "homes",
            "statuses", "leavers", "leads_ended", "reopened", "erased_persons", "open_objections", "carried_sources",
        ),
        ("changes",),
        retries=2,
        gives=tuple(f"ledger.{name}" for name in TABLES),
    ),
    Step(
        "close", "收尾", _close,
        ("stage_*", "source_questions", "quarantine", "drift_keys_*", "outside_scope", "trades_of_files",
         "person_rows", "registry_persons",
         "decided", "persons", "person_keys", "ledger", "changes"),
        retries=2,
        gives=("reports",),
    ),
)  # fmt: skip
STEP_NAMES: tuple[str, ...] = tuple(step.name for step in STEPS)
_BY_NAME = {step.name: step for step in STEPS}


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
    with followed_step(run, step) as followed, _workspace(run) as con:
        con.begin()
        try:
            started = perf_counter()
            with limited(con, run.settings.night.step_timeout_minutes * 60, step.title):
                before = relations_of(con)
                followed.before(con)
                counts = StepCounts.of(step.run(con, run))
                keep_only(con, before, step.writes)
                check_written(con, step.writes, run.contracts)
                followed.after(con)
            result = StepResult(step.name, round(perf_counter() - started, 3), counts)
            book(con, STEP_NAMES.index(step.name), result)
            con.commit()
        except BaseException:
            con.interrupt()  # a query that a signal broke off still holds the connection
            with suppress(duckdb.Error):  # a commit that failed has ended the transaction already
                con.rollback()
            raise
    log_event(run.home, "step", run_id=run.run_id, step=step.name, seconds=result.seconds, **counts.numbers)
    if step.name == "close":
        destroy_workspace(run.home, run.run_id, at=datetime.now(UTC), why="closed", relations=counts.relations)
    return result


def committed(run: RunContext) -> list[StepResult]:
    """The steps already done in this run's workspace, in order."""
    if not run.workspace.exists():
        return []
    with _workspace(run) as con:
        return booked(con)


def forget_from(run: RunContext, name: str) -> None:
    """Unbook a step and all after it, so that they run again over what stands."""
    with _workspace(run) as con:
        unbook_from(con, STEP_NAMES.index(name))


@contextmanager
def _workspace(run: RunContext) -> Iterator[duckdb.DuckDBPyConnection]:
    """The run's open workspace, with its step book."""
    with open_workspace(run.workspace, workspace_key(run), run.engine) as con:
        open_book(con)
        yield con
