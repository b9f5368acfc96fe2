"""One run, from asked to published or refused; the same way for the plain driver and the Prefect flow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.runlog import log_crash, log_event
from flows.home.settings import load_settings, write_template
from flows.landing import find_night
from flows.ledger import record_failure
from flows.lineage import followed_run
from flows.metrics import write_metrics
from flows.pipeline.chronology import checked_date, today
from flows.pipeline.closing import read_summary
from flows.pipeline.failures import RunFailedError, plain_failure
from flows.pipeline.request import Afresh, FromLanding, FromStep, Resumed, RunRequest
from flows.pipeline.steps import STEP_NAMES, Step, committed, forget_from, plan, run_step
from flows.run.collecting import seldom_collected
from flows.run.context import RunContext
from flows.run.runs import (
    RunRecord,
    context_of,
    create_run,
    destroy_workspace,
    last_unfinished,
    list_runs,
    new_run_id,
    run_lock,
    save_record,
)
from flows.run.stepbook import StepResult
from matchers.engine import Progress, silent
from reports.summary import RunSummary
from schemas.errors import HomeError, SanzhaoError
from schemas.rules import Rule

Each = Callable[[RunContext, Step], StepResult]
_REPLAYED = ("land", "stage", "people", "registry", "candidates", "scored")


def drive(request: RunRequest, *, each: Each = run_step, progress: Progress = silent) -> RunSummary:
    """Walk a run to its end and give its summary. Raises SanzhaoError; the last ledger then stands untouched."""
    home = request.home
    home.make()
    write_template(home)
    load_key(home, create=True)
    settings = load_settings(home, request.config)
    with run_lock(home, settings.store_url), seldom_collected():
        try:
            return _driven(request, each, progress)
        finally:
            if settings.metrics.textfile:
                write_metrics(home, settings.metrics.textfile, _last_summary(home))


def _driven(request: RunRequest, each: Each, progress: Progress) -> RunSummary:
    """The run itself, under the lock."""
    home = request.home
    record, fresh = _entered(request)
    record = checked_date(home, record, request.force_reason)
    run = context_of(home, record, progress)
    if fresh:
        _discard_unfinished(home)
        create_run(home, record, run.key)
    else:
        save_record(home, record)
    log_event(home, "run", run_id=run.run_id, as_of=run.as_of.isoformat(), replay=run.replay is not None)
    with followed_run(run):
        _walk(run, record, each)
    summary = read_summary(home, run.run_id)
    save_record(home, record.model_copy(update={"state": "done", "version": summary.version}))
    log_event(home, "done", run_id=run.run_id, version=summary.version, warnings=len(summary.warnings))
    return summary


def _last_summary(home: Home) -> RunSummary | None:
    """The summary of the newest published run; none before the first, or where it cannot be read."""
    done = [run.run_id for run in list_runs(home) if run.state == "done"]
    with suppress(HomeError):
        return read_summary(home, done[-1]) if done else None
    return None


def _walk(run: RunContext, record: RunRecord, each: Each) -> None:
    """Every step of the plan that is not yet committed."""
    done = {result.name: result for result in committed(run)}
    if "close" in done:
        relations = done["close"].counts.relations
        destroy_workspace(run.home, run.run_id, at=datetime.now(UTC), why="closed", relations=relations)
        return
    for at, step in enumerate(steps := plan(run)):
        run.progress(step.title, at, len(steps))
        if step.name in done:
            continue
        try:
            each(run, step)
        except (Exception, KeyboardInterrupt) as error:
            raise _failed(run, record, step, error) from None
    run.progress("完成", len(steps), len(steps))


def _failed(run: RunContext, record: RunRecord, step: Step, error: BaseException) -> SanzhaoError:
    """Book the failure. What was read is kept for `--resume`, unless the input itself is at fault."""
    refusal = _refusal(run, step, error)
    at_fault = not isinstance(refusal, RunFailedError) and not (refusal.rule and refusal.rule.retryable)
    resumable = step.name not in ("land", "stage") or not at_fault
    state = "failed" if resumable else "refused"
    ending = {"state": state, "failed_step": step.name, "rule": refusal.rule, "message": str(refusal)}
    with suppress(OSError):  # a full disk takes no note: the record says "running" then, which goes on as well
        save_record(run.home, record.model_copy(update=ending))
    log_event(run.home, "failed", run_id=run.run_id, step=step.name, rule=refusal.rule, resumable=resumable)
    try:
        record_failure(run, refusal)
    except Exception as second:
        log_crash(run.home, second, run_id=run.run_id, step="record_failure")
    if not resumable:
        destroy_workspace(run.home, run.run_id, at=datetime.now(UTC), why="refused", relations={})
    return refusal


def _refusal(run: RunContext, step: Step, error: BaseException) -> SanzhaoError:
    if isinstance(error, SanzhaoError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return RunFailedError(
            f"已在「{step.title}」一步中断", rule=Rule.INTERRUPTED, action="sanzhao run --resume 接着做"
        )
    return plain_failure(run, step, error)


def _entered(request: RunRequest) -> tuple[RunRecord, bool]:
    """The record this request goes on with, and whether it is a new run."""
    match request.begin:
        case Resumed():
            return _resumed(request), False
        case FromStep(step):
            return _restarted(request, step)
        case FromLanding(night):
            return _replayed(request, night), True
        case Afresh():
            return _afresh(request), True


def _afresh(request: RunRequest) -> RunRecord:
    settings = load_settings(request.home, request.config)
    as_of = request.as_of or today()
    drop = request.drop or settings.drop or request.home.root / "drop"
    required = request.required
    if required is None:
        required = tuple(name for name, policy in settings.night.sources.items() if policy.stops)
    record = _new(request, as_of=as_of, drop=drop.resolve())
    return record.model_copy(update={"required": required})


def _new(request: RunRequest, *, as_of: date, drop: Path | None = None, replay: Path | None = None) -> RunRecord:
    started_at = datetime.now(UTC).replace(microsecond=0)
    config = request.config.resolve() if request.config else None
    return RunRecord(
        run_id=new_run_id(started_at), as_of=as_of, started_at=started_at, drop=drop, config=config, replay=replay
    )


def _resumed(request: RunRequest) -> RunRecord:
    record = last_unfinished(request.home)
    if record is None:
        raise HomeError(
            "没有中断的运行可以接着做",
            where=str(request.home.root),
            rule=Rule.NOTHING_TO_RESUME,
            action="直接运行 sanzhao run",
        )
    return _going_on(record, request)


def _going_on(record: RunRecord, request: RunRequest) -> RunRecord:
    config = request.config.resolve() if request.config else record.config
    return record.model_copy(
        update={"state": "running", "failed_step": None, "rule": None, "message": None, "config": config}
    )


def _restarted(request: RunRequest, step: str) -> tuple[RunRecord, bool]:
    """An unfinished run from `step` on; else the newest night again, keeping its scores if `step` comes after them."""
    record = last_unfinished(request.home)
    if record is not None:
        run = context_of(request.home, record)
        done = [result.name for result in committed(run)]
        before = [entry.name for entry in plan(run) if STEP_NAMES.index(entry.name) < STEP_NAMES.index(step)]
        if not set(before) <= set(done):
            raise HomeError(
                f"中断的运行还没有做到 {step} 之前的各步",
                where=record.run_id,
                rule=Rule.STEP_NOT_REACHED,
                action="用 sanzhao run --resume",
            )
        forget_from(run, step)
        return _going_on(record, request), False
    return _rerun_of_last(request).model_copy(update={"keep_scores": step not in _REPLAYED}), True


def _rerun_of_last(request: RunRequest) -> RunRecord:
    """The last finished run (of the date asked for) once more, from its landing copies."""
    wanted = request.as_of
    finished = [run for run in list_runs(request.home) if run.state == "done" and wanted in (None, run.as_of)]
    if not finished:
        raise HomeError(
            "没有做完的运行可以重做",
            where=str(request.home.root),
            rule=Rule.NO_FINISHED_RUN,
            action="直接运行 sanzhao run",
        )
    last = finished[-1]
    return _new(request, as_of=last.as_of, replay=request.home.landing / last.as_of.isoformat() / last.run_id)


def _replayed(request: RunRequest, night: date) -> RunRecord:
    result = find_night(request.home, load_key(request.home), night)
    return _new(request, as_of=date.fromisoformat(result.parent.name), replay=result)


def _discard_unfinished(home: Home) -> None:
    """Runs that were given up leave nothing but their record and the proof of destruction."""
    for record in list_runs(home):
        if record.unfinished:
            destroy_workspace(home, record.run_id, at=datetime.now(UTC), why="discarded", relations={})
            save_record(home, record.model_copy(update={"state": "discarded"}))
