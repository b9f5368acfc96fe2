"""What an unattended night waits for before it reads: late sources till their hour, another run till it is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.connectors import list_names
from flows.home.folders import Home
from flows.home.runlog import log_event
from flows.home.settings import Settings
from flows.pipeline.request import RunRequest
from flows.run.runs import list_runs
from reports.summary import RunSummary
from schemas.errors import HomeError, InputError, SanzhaoError
from schemas.nights import ZONE, SourcePolicy
from schemas.rules import Rule

_POLL_SECONDS = 30.0
_QUIET_SECONDS = 20.0
"""A file younger than this may still be on its way."""


@dataclass(frozen=True)
class Clock:
    """The time and the waiting; tests have their own."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    poll_seconds: float = _POLL_SECONDS


@dataclass(frozen=True)
class UnattendedNight:
    """One unattended night: what is asked for, when it was due, and how to drive it."""

    request: RunRequest
    settings: Settings
    due: datetime
    drive: Callable[[RunRequest], RunSummary]
    clock: Clock = field(default_factory=Clock)

    @property
    def home(self) -> Home:
        return self.request.home

    @property
    def drop(self) -> Path:
        return self.request.drop or self.settings.drop or self.home.root / "drop"

    def deadlines(self) -> dict[str, datetime]:
        """Per awaited source the first moment of its `until` after the night was due."""
        return {
            name: first_after(self.due, policy)
            for name, policy in self.settings.night.sources.items()
            if policy.missing == "wait"
        }


def first_after(due: datetime, policy: SourcePolicy) -> datetime:
    """The first moment of `until` after `due`, in the district's time."""
    local = due.astimezone(ZoneInfo(ZONE))
    if policy.until is None:
        return local
    moment = datetime.combine(local.date(), policy.until, local.tzinfo)
    return moment if moment > local else moment + timedelta(days=1)


def through_the_night(night: UnattendedNight) -> RunSummary:
    """Wait for what the configuration awaits, then run; a night that awaited files spoil is tried again when they
    change, as long as there is time. Raises SanzhaoError as the last attempt did.
    """
    while True:
        awaited = _wait_for_sources(night)
        seen = _fingerprint(night, awaited)
        stops = {name for name, policy in night.settings.night.sources.items() if policy.stops}
        required = tuple(sorted(stops | set(awaited)))
        try:
            return drive_when_free(replace(night.request, required=required), night)
        except InputError as error:
            if not awaited or not (error.rule and error.rule.better_files_may_help):
                raise
            _wait_for_change(night, seen, awaited, error)


def drive_when_free(request: RunRequest, night: UnattendedNight) -> RunSummary:
    """Drive as soon as no other run is going, up to the patience of the configuration."""
    end = night.clock.now() + timedelta(minutes=night.settings.night.wait_for_lock_minutes)
    while True:
        try:
            return night.drive(request)
        except HomeError as error:
            if error.rule is not Rule.RUN_LOCK or night.clock.now() >= end:
                raise
            log_event(night.home, "waiting", what="another run")
            night.clock.sleep(night.clock.poll_seconds)


def _wait_for_sources(night: UnattendedNight) -> tuple[str, ...]:
    """Returns when every awaited source is there or its hour is over; the sources whose hour is not over yet."""
    deadlines = night.deadlines()
    told: set[str] = set()
    while True:
        now = night.clock.now()
        awaited = {name for name, deadline in deadlines.items() if now < deadline}
        late = {name for name in awaited if not has_come(night, name)}
        if not late:
            return tuple(sorted(awaited))
        for name in sorted(late - told):
            log_event(night.home, "waiting", what=name, until=deadlines[name].isoformat(timespec="minutes"))
        told |= late
        night.clock.sleep(_until(night, min(deadlines[name] for name in late)))


def has_come(night: UnattendedNight, source: str) -> bool:
    """Whether the drop has whole files of a source, or its connector lists some; fresh ones where that is asked."""
    policy = night.settings.night.sources[source]
    since = _last_start(night.home) if policy.fresh else None
    files = _dropped(night.drop, source)
    if files:
        newest = max(path.stat().st_mtime for path in files)
        quiet = night.clock.now().timestamp() - newest >= _QUIET_SECONDS
        return quiet and (since is None or newest > since.timestamp())
    connector = night.settings.connectors.get(source)
    if connector is None:
        return False
    try:
        return bool(list_names(source, connector))
    except SanzhaoError:
        return False


def _wait_for_change(night: UnattendedNight, seen: object, awaited: tuple[str, ...], error: InputError) -> None:
    """Returns when the awaited sources' files have changed, or the last of their hours is over."""
    end = max(night.deadlines()[name] for name in awaited)
    log_event(night.home, "waiting", what="better files", rule=error.rule, until=end.isoformat(timespec="minutes"))
    while night.clock.now() < end and _fingerprint(night, awaited) == seen:
        night.clock.sleep(_until(night, end))


def _until(night: UnattendedNight, moment: datetime) -> float:
    """Seconds to the next look: one poll, or less where the hour is nearer."""
    return min(night.clock.poll_seconds, max((moment - night.clock.now()).total_seconds(), 0.05))


def _fingerprint(night: UnattendedNight, sources: tuple[str, ...]) -> tuple[tuple[str, int, float], ...]:
    """Names, sizes and times of the awaited sources' dropped files."""
    files = [path for source in sources for path in _dropped(night.drop, source)]
    return tuple(sorted((str(path), path.stat().st_size, path.stat().st_mtime) for path in files))


def _dropped(drop: Path, source: str) -> list[Path]:
    """Files of a source in the drop, without its provenance; a file that vanishes meanwhile is not there."""
    folder = drop / source
    if not folder.is_dir():
        return []
    return [
        path
        for path in folder.iterdir()
        if path.is_file() and path.name != "provenance.toml" and not path.name.startswith((".", "~$"))
    ]


def _last_start(home: Home) -> datetime | None:
    done = [run.started_at for run in list_runs(home) if run.state == "done"]
    return max(done, default=None)
