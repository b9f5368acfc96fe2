"""Where leads stand: every move appended, the newest holds, only moves the policy allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened
from schemas.errors import InputError
from schemas.policy import Leads, load_policy
from schemas.rules import Rule
from schemas.store import Evidence, LeadEvent, Version


@dataclass(frozen=True)
class Host:
    """An organisation of the register, as it was named there when somebody said that it took a person in."""

    code: str | None
    name: str


@dataclass(frozen=True)
class Lead:
    """Where one lead of one person stands, by its newest event."""

    person_key: str
    code: str
    state: str
    checked_by: str
    checked_on: date
    basis: tuple[str, ...] | None = None
    """Evidence the checker saw, as `role|source|record_id`; None when it was not noted."""
    host: Host | None = None
    """Who took the person in, where the move says so."""
    remark: str | None = None
    """What was written to the answer."""
    answer: str | None = field(default=None, compare=False)
    """The word that made the move, as the store has it."""
    number: int = field(default=0, compare=False)
    """The place of the move in the store: a later one is larger."""


class LeadBook(Opened):
    """The street checks of leads."""

    def leads(self) -> list[Lead]:
        """The newest event of every lead ever touched, sorted by person and code."""
        newest = select(func.max(LeadEvent.id)).group_by(LeadEvent.person_key, LeadEvent.code)
        query = select(LeadEvent).where(LeadEvent.id.in_(newest)).order_by(LeadEvent.person_key, LeadEvent.code)
        with Session(self.engine) as session:
            return [_lead(row) for row in session.scalars(query)]

    def lead(self, person_key: str, code: str) -> Lead | None:
        """Where one lead stands; None when nobody has touched it."""
        query = select(LeadEvent).where(LeadEvent.person_key == person_key, LeadEvent.code == code)
        with Session(self.engine) as session:
            row = session.scalars(query.order_by(LeadEvent.id.desc()).limit(1)).first()
            return None if row is None else _lead(row)

    def moves_of(self, persons: Iterable[str]) -> list[Lead]:
        """Every move of every lead of these persons, in the order in which they were noted."""
        query = select(LeadEvent).where(LeadEvent.person_key.in_(sorted(persons))).order_by(LeadEvent.id)
        with Session(self.engine) as session:
            return [_lead(row) for row in session.scalars(query)]

    def hosts(self, excluded_state: str) -> list[Lead]:
        """Per person the newest move that names an organisation, unless its lead was found unfounded since."""
        excluded = select(LeadEvent.person_key, LeadEvent.code, LeadEvent.id).where(LeadEvent.state == excluded_state)
        named = select(LeadEvent).where(LeadEvent.org_name.is_not(None)).order_by(LeadEvent.id)
        with Session(self.engine) as session:
            gone = {(person, code): at for person, code, at in session.execute(excluded.order_by(LeadEvent.id))}
            result = {
                row.person_key: _lead(row)
                for row in session.scalars(named)
                if gone.get((row.person_key, row.code), 0) < row.id
            }
        return [result[person] for person in sorted(result)]

    def add_lead_event(self, lead: Lead, note: str | None = None, *, rules: Leads | None = None) -> None:
        """Append a move of a lead, if the rules allow it from where the lead stands.

        Raises InputError naming both states and the moves there are.
        """
        rules = rules or load_policy().leads
        before = self.lead(lead.person_key, lead.code)
        old = before.state if before else rules.first_state
        if not rules.allows(old, lead.state):
            raise InputError(
                f"线索 {lead.code} 不能由“{old}”改为“{lead.state}”",
                where=lead.person_key,
                rule=Rule.LEAD_TRANSITION,
                action=f"可改为：{'、'.join(rules.transitions.get(old, ())) or '无'}",
            )
        with Session(self.engine) as session, session.begin():
            values = {"person_key": lead.person_key, "code": lead.code, "state": lead.state, "note": note}
            host = {"org_code": lead.host.code, "org_name": lead.host.name} if lead.host else {}
            basis = None if lead.basis is None else list(lead.basis)
            said = {"checked_by": lead.checked_by, "checked_on": lead.checked_on, "remark": lead.remark}
            session.add(LeadEvent(**values, **said, **host, basis=basis))

    def denials(self, answer: str) -> list[tuple[str, str, str]]:
        """(token, kind, person_key) known by the day a street answered so, of persons whose newest answer it is."""
        newest = select(func.max(LeadEvent.id)).group_by(LeadEvent.person_key, LeadEvent.code)
        denied = select(LeadEvent.person_key, LeadEvent.checked_on).where(
            LeadEvent.id.in_(newest), LeadEvent.note == answer
        )
        with Session(self.engine) as session:
            days: dict[str, date] = dict(map(tuple, session.execute(denied)))
        query = select(Evidence.token, Evidence.kind, Evidence.person_key, Version.as_of).join(
            Version, Version.version == Evidence.version
        )
        result = self._chunked(query, Evidence.person_key, days)
        return [(token, kind, key) for token, kind, key, on in result if on <= days[key]]


def _lead(row: LeadEvent) -> Lead:
    return Lead(
        row.person_key,
        row.code,
        row.state,
        row.checked_by,
        row.checked_on,
        None if row.basis is None else tuple(row.basis),
        host=None if row.org_name is None else Host(row.org_code, row.org_name),
        remark=row.remark,
        answer=row.note,
        number=row.id,
    )
