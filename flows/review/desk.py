"""The desk: what the pages ask for, each part in its own module, behind one log-in."""

from __future__ import annotations

from datetime import datetime

from flows.review.conflicts import Conflicts
from flows.review.office import Office
from flows.review.pairs import Pairs
from flows.review.people import LedgerPeople
from flows.review.records import Records
from flows.review.units import UnitsDesk
from flows.review.waiting import Queues
from reports.workbench.access import SignedInAccount


class OfficeDesk(Pairs, LedgerPeople, Conflicts, Records, UnitsDesk, Queues):
    """One home's desk."""

    def __init__(self, office: Office) -> None:
        Pairs.__init__(self, office)

    def account(self, session: str, *, act: bool = True) -> SignedInAccount:
        """Who is logged in. Raises LoggedOut."""
        return self._office.account(session, act=act)

    def form_token(self, session: str) -> str:
        return self._office.sessions.form_token(session)

    def now(self) -> datetime:
        return self._office.now()
