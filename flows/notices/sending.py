"""Which endings have not been told yet, told now: once per run, ending and channel, however often this is called."""

from __future__ import annotations

from datetime import datetime, timedelta

from flows.home.folders import Home
from flows.home.runlog import log_event
from flows.home.settings import Settings
from flows.home.store import opened_store
from flows.notices.channels import Channel, channels_of
from flows.notices.notice import Notice, missed_notice, notice_of
from flows.run.runs import RunRecord, list_runs, run_is_going

_LOOKED_BACK = timedelta(days=3)
"""Older endings are no news; a service that was down longer does not flood anyone."""


def tell_endings(home: Home, settings: Settings, now: datetime) -> int:
    """Tell how the last days' runs ended; gives how many notices went out."""
    if not channels_of(settings.notices):
        return 0
    notices = [notice_of(home, record, settings.district) for record in _ended(home, now)]
    return tell(home, settings, notices, now)


def tell_missed(home: Home, settings: Settings, missed: tuple[datetime, int], now: datetime) -> int:
    """Tell that nights were missed: the last due time and how many."""
    due, nights = missed
    return tell(home, settings, [missed_notice(due, nights, settings.night.catch_up, settings.district)], now)


def tell(home: Home, settings: Settings, notices: list[Notice], now: datetime) -> int:
    """Send what no one has sent yet. A channel that fails is tried again at a later call, ever less often."""
    channels = channels_of(settings.notices)
    wanted = [notice for notice in notices if notice.ending in settings.notices.on]
    if not channels or not wanted:
        return 0
    sent = 0
    with opened_store(home, settings.store_url) as store:
        told = store.settled(notice.about for notice in wanted)
        for notice in wanted:
            for name, send in channels.items():
                key = (notice.about, notice.ending, name)
                if key in told or not store.claim(key, now):
                    continue
                problem = _problem_of(send, notice)
                store.settle_notice(key, sent=problem is None)
                log_event(home, "notice", about=notice.about, ending=notice.ending, channel=name, problem=problem)
                sent += problem is None
    return sent


def _problem_of(send: Channel, notice: Notice) -> str | None:
    """What went wrong, by its type: a server's own words may hold an address or a secret."""
    try:
        send(notice)
    except Exception as error:
        return type(error).__name__
    return None


def _ended(home: Home, now: datetime) -> list[RunRecord]:
    """Runs of the last days that no one is at any more, oldest first."""
    before = {run.run_id for run in list_runs(home, newest=50) if run.state == "running"}
    going = run_is_going(home)
    recent = [run for run in list_runs(home, newest=50) if now - run.started_at <= _LOOKED_BACK]
    return [run for run in recent if run.state != "running" or (run.run_id in before and not going)]
