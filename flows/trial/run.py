"""One trial: the steps of a night up to the published version, in a home aside, held against the home's own version."""

from __future__ import annotations

import getpass
from datetime import UTC, date, datetime
from pathlib import Path

from flows.home.folders import Home
from flows.home.keys import DistrictKey, load_key
from flows.home.runlog import log_event
from flows.home.settings import Settings, load_settings, model_of
from flows.home.store import opened_store
from flows.landing import find_night
from flows.landing.manifest import verify_night
from flows.ledger.publish.read import Published, current_version
from flows.pipeline.chronology import today
from flows.pipeline.failures import RunFailedError, plain_failure
from flows.pipeline.steps import plan, run_step
from flows.run.context import RunContext
from flows.run.runs import RunRecord, context_of, create_run, new_run_id
from flows.trial.aside import Tried, home_aside
from flows.trial.compare import pair_changes, person_changes
from matchers.engine import Progress, silent
from reports.trial import TrialReport
from schemas.errors import HomeError, InputError, SanzhaoError
from schemas.policy import load_policy
from schemas.rules import Rule


def try_out(home: Home, tried: Tried, *, progress: Progress = silent) -> TrialReport:
    """What would change if this were used tonight. The home keeps an audited act and a destruction record of it.

    Raises SanzhaoError where a run would be refused, and where nothing was published yet.
    """
    settings, key = load_settings(home), load_key(home)
    current = current_version(home, key)
    if current is None:
        raise HomeError("还没有发布过一本账，没有可比的", rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
    replayed = None if tried.drop else _night_of(home, key, current)
    _audit(home, settings, key, _tried_for_audit(tried, settings))
    with home_aside(home, settings, current, tried) as aside:
        run = _prepared(aside, replayed, tried.drop, current.as_of, progress)
        warnings = _walk(run)
        made = current_version(aside, key)
        if made is None:
            raise HomeError("试算没有做出一本账", where=run.run_id, rule=Rule.NO_LEDGER, action="看日志")
        persons, moves = person_changes(current, made)
        report = TrialReport(
            version=current.version, as_of=run.as_of, tried=_tried_lines(tried, settings, run),
            persons_before=current.table("ledger").num_rows, persons_after=made.table("ledger").num_rows,
            persons=persons, pairs=pair_changes(current, made), mere_moves=moves, warnings=tuple(warnings),
        )  # fmt: skip
    log_event(home, "trial", persons=len(report.persons), pairs=len(report.pairs), warnings=len(report.warnings))
    return report


def _night_of(home: Home, key: DistrictKey, current: Published) -> Path:
    """The sealed copies that the published version was made from, else the newest whole ones of its date."""
    own = home.landing / current.as_of.isoformat() / str(current.index["run_id"])
    try:
        verify_night(own, key)
    except InputError:
        return find_night(home, key, current.as_of)
    return own


def _prepared(aside: Home, replayed: Path | None, drop: Path | None, as_of: date, progress: Progress) -> RunContext:
    """The run aside: of the published night's copies under its date, or of the drop today."""
    started_at = datetime.now(UTC).replace(microsecond=0)
    record = RunRecord(
        run_id=new_run_id(started_at), as_of=as_of if replayed else max(today(), as_of), started_at=started_at,
        drop=drop.resolve() if drop else None, replay=replayed,
    )  # fmt: skip
    run = context_of(aside, record, progress)
    create_run(aside, record, run.key)
    return run


def _walk(run: RunContext) -> list[str]:
    """Every step up to the published version; what they warn of. `close` writes reports and purges: a trial does not.

    Raises what a run would be refused for.
    """
    warnings: list[str] = []
    steps = [step for step in plan(run) if step.name != "close"]
    for at, step in enumerate(steps):
        run.progress(step.title, at, len(steps))
        try:
            warnings += run_step(run, step).counts.warnings
        except SanzhaoError:
            raise
        except KeyboardInterrupt:
            raise RunFailedError("试算已中断，什么都没有留下", rule=Rule.INTERRUPTED, action="重新试算") from None
        except Exception as error:
            raise plain_failure(run, step, error) from None
    return list(dict.fromkeys(warnings))


def _tried_lines(tried: Tried, settings: Settings, run: RunContext) -> tuple[str, ...]:
    """What was tried, for the summary."""
    lines = []
    if tried.policy is not None:
        lines.append(f"规则 {tried.policy.name}（{load_policy(settings.policy).version} → {run.policy.version}）")
    if tried.model is not None:
        lines.append(f"模型 {tried.model.name}（{model_of(settings).version} → {model_of(run.settings).version}）")
    lines.append(f"投递 {tried.drop.name}" if tried.drop else f"{run.as_of.isoformat()} 那一晚的留存副本")
    return tuple(lines)


def _tried_for_audit(tried: Tried, settings: Settings) -> str:
    """What was tried, for the audit log: kinds and versions, no paths."""
    parts = [f"policy={load_policy(tried.policy).version}"] if tried.policy else []
    if tried.model is not None:
        parts.append(f"model={model_of(settings.model_copy(update={'model': tried.model})).version}")
    return " ".join([*parts, "drop=given" if tried.drop else "drop=kept copies"])


def _audit(home: Home, settings: Settings, key: DistrictKey, why: str) -> None:
    with opened_store(home, settings.store_url) as store:
        store.audit(key, datetime.now(UTC), getpass.getuser(), "trial", why=why)
