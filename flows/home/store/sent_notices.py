"""Which endings of nights were told, by channel: claimed before they are sent, settled after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.database import TELLING, serialised
from flows.home.store.opened import Opened
from schemas.store import NoticeSent

_ATTEMPTS, _FIRST_WAIT = 8, timedelta(seconds=60)
_MINE_FOR = timedelta(minutes=5)
"""Whoever claimed a notice and did not settle it within this time is gone."""

Key = tuple[str, str, str]


class SentNotices(Opened):
    """One row per (about, ending, channel)."""

    def settled(self, abouts: Iterable[str]) -> set[Key]:
        """Those that need no more sending: sent, or given up after many attempts."""
        wanted = sorted(set(abouts))
        query = select(NoticeSent.about, NoticeSent.ending, NoticeSent.channel).where(
            NoticeSent.about.in_(wanted), NoticeSent.state.in_(("sent", "given_up"))
        )
        with Session(self.engine) as session:
            return {(about, ending, channel) for about, ending, channel in session.execute(query)}

    def claim(self, key: Key, now: datetime) -> bool:
        """Whether this process is to send it now: nobody has, nobody is at it, the last attempt is long enough ago."""
        about, ending, channel = key
        with Session(self.engine) as session, session.begin():
            serialised(session.connection(), TELLING)
            row = session.get(NoticeSent, key)
            if row is None:
                values = {"about": about, "ending": ending, "channel": channel}
                session.add(NoticeSent(**values, state="sending", attempts=1, tried_at=now))
                return True
            if row.state in ("sent", "given_up") or now < _aware(row.tried_at) + _wait(row):
                return False
            row.state, row.attempts, row.tried_at = "sending", row.attempts + 1, now
            return True

    def settle_notice(self, key: Key, *, sent: bool) -> None:
        """How the sending went; after many attempts that failed it is given up."""
        with Session(self.engine) as session, session.begin():
            row = session.get_one(NoticeSent, key)
            row.state = "sent" if sent else "given_up" if row.attempts >= _ATTEMPTS else "failed"

    def untold(self) -> int:
        """How many notices could not be sent at all."""
        with Session(self.engine) as session:
            return len(session.scalars(select(NoticeSent.about).where(NoticeSent.state == "given_up")).all())


def _wait(row: NoticeSent) -> timedelta:
    """Twice as long after every failure."""
    return _MINE_FOR if row.state == "sending" else _FIRST_WAIT * 2 ** (row.attempts - 1)


def _aware(moment: datetime) -> datetime:
    """SQLite forgets the zone; all is written in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
