"""Looks after nights while the service is up: catches up missed ones, takes up broken-off ones, tells endings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.home.folders import Home
from flows.home.runlog import log_crash, log_event
from flows.home.settings import Settings
from flows.nightly.schedule import count_due, last_due
from flows.notices import tell_endings, tell_missed
from flows.run.runs import RunRecord, last_unfinished, list_runs, run_is_going
from flows.serve.children import BY_HAND, NIGHTLY
from flows.serve.living import is_alive
from flows.serve.memory import Resumption, ServeMemory, recall, remember
from flows.serve.prefect_api import PrefectApi

_GRACE = timedelta(seconds=90)
"""A night that has not begun this long after it was due, and stands in no queue, is missed."""
_SETTLING = timedelta(seconds=30)
"""A run's process is sought only this long after the run began."""


@dataclass
class Steward:
    """One home's steward; `look` is called every few seconds, each duty apart from the others."""

    home: Home
    settings: Settings
    api: PrefectApi
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def begin(self) -> None:
        """Before the runner starts: what the last service left in the queue is settled, so that it is not run late,
        and one night, not many, makes up for those that were missed.
        """
        now = self.now()
        memory = recall(self.home, now)
        remember(self.home, memory)
        if run_is_going(self.home):
            return
        for run in self.api.unfinished(now):
            self.api.pass_over(run, "服务未开时到期或中断；见 sanzhao status")

    def look(self) -> None:
        """All duties once; what goes wrong in one is logged and tried again at the next look."""
        for duty in (self._bury, self._nights, self._broken_off, self._tell, self._tidy):
            try:
                duty()
            except Exception as error:
                log_crash(self.home, error, duty=duty.__name__)

    def _tell(self) -> None:
        tell_endings(self.home, self.settings, self.now())

    def _bury(self) -> None:
        """A run that no process is at any more has crashed: until Prefect knows, it keeps the next night waiting.

        Prefect's own watch over heartbeats does the same later; it forgets what it saw when it is set up anew.
        """
        for run in self.api.going(self.now() - _SETTLING):
            if not is_alive(str(run["id"])):
                self.api.pass_over(run, "进程已不在；见 sanzhao status")
                log_event(self.home, "crashed", flow_run=str(run["id"]))

    def _tidy(self) -> None:
        prune_logs(self.home, self.settings.night.log_days, self.now())

    def _nights(self) -> None:
        now, night = self.now(), self.settings.night
        memory, due = recall(self.home, now), last_due(night.cron, now)
        if due <= memory.settled_until:
            return
        if not any(run.started_at >= due - timedelta(seconds=5) for run in list_runs(self.home, newest=50)):
            if now - due < _GRACE or self.api.unfinished(now):
                return
            self._missed(due, count_due(night.cron, memory.settled_until, due))
        remember(self.home, memory.model_copy(update={"settled_until": due}))

    def _missed(self, due: datetime, nights: int) -> None:
        log_event(self.home, "missed", due=due.isoformat(), nights=nights)
        if self.settings.night.catch_up:
            day = due.date().isoformat()
            self.api.start_run(NIGHTLY, {"home": str(self.home.root), "as_of": day}, once=f"catch-up {due.isoformat()}")
        tell_missed(self.home, self.settings, (due, nights), self.now())

    def _broken_off(self) -> None:
        """A run cut off by a kill or by trouble that may pass is taken up again, later each time, a few times."""
        run = broken_off(self.home)
        now = self.now()
        memory = recall(self.home, now)
        if run is None:
            if memory.resumptions and last_unfinished(self.home) is None:
                remember(self.home, memory.model_copy(update={"resumptions": {}}))
            return
        resumption = memory.resumptions.get(run.run_id) or Resumption(seen_at=now)
        if resumption.attempts < self.settings.night.resume_attempts and now >= self._again_at(resumption):
            once = f"resume {run.run_id} {resumption.attempts}"
            self.api.start_run(BY_HAND, {"home": str(self.home.root), "start_from": "resume"}, once=once)
            log_event(self.home, "taken_up", run_id=run.run_id, attempt=resumption.attempts + 1)
            resumption = Resumption(seen_at=now, attempts=resumption.attempts + 1)
        remember(self.home, _with(memory, run, resumption))

    def _again_at(self, resumption: Resumption) -> datetime:
        wait = self.settings.night.resume_after_seconds
        return resumption.seen_at + timedelta(seconds=wait * 4**resumption.attempts)


def broken_off(home: Home) -> RunRecord | None:
    """The newest unfinished run, if no one is at it and going on may help.

    The record is read before and after the lock is tried: a run that ended in between is not broken off.
    """
    before = last_unfinished(home)
    if before is None or run_is_going(home):
        return None
    after = last_unfinished(home)
    if after is None or after != before:
        return None
    return after if after.state == "running" or (after.rule and after.rule.retryable) else None


def prune_logs(home: Home, days: int, now: datetime) -> list[Path]:
    """Remove daily logs older than the configuration keeps; proofs of destruction stay."""
    oldest = f"sanzhao-{now - timedelta(days=days):%Y%m%d}.jsonl"
    old = [path for path in sorted(home.logs.glob("sanzhao-????????.jsonl")) if path.name < oldest]
    for path in old:
        path.unlink()
    return old


def _with(memory: ServeMemory, run: RunRecord, resumption: Resumption) -> ServeMemory:
    return memory.model_copy(update={"resumptions": {run.run_id: resumption}})
