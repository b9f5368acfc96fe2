"""What tells how good the judgements and the rules are: streets' answers per rule, words on pairs known beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened, insert_rows
from schemas.store import LeadEvent
from schemas.store_workbench import KnownReading, RuleAnswer


@dataclass(frozen=True)
class StreetAnswer:
    """One answer of a street on one person."""

    event_id: int
    person_key: str
    answer: str


@dataclass(frozen=True)
class KnownPairReading:
    """One word of a reviewer on a pair whose answer was known."""

    pair_id: str
    same: bool
    verdict: str
    by: str
    on: date


class ReadingBook(Opened):
    """Answers per rule, and readings of known pairs."""

    def answers_without_rule(self, answers: Iterable[str]) -> list[StreetAnswer]:
        """Answers of these words of which no rule is noted yet, oldest first."""
        noted = select(RuleAnswer.event_id)
        query = select(LeadEvent.id, LeadEvent.person_key, LeadEvent.note).where(
            LeadEvent.note.in_(sorted(answers)), LeadEvent.id.not_in(noted)
        )
        with Session(self.engine) as session:
            return [StreetAnswer(*row) for row in session.execute(query.order_by(LeadEvent.id)).tuples()]  # type: ignore[arg-type]

    def note_rule_answers(self, rows: Iterable[tuple[int, str, bool]]) -> None:
        """Note answer, rule and whether it was the person."""
        values = [{"event_id": event, "rule": rule, "confirmed": confirmed} for event, rule, confirmed in rows]
        with Session(self.engine) as session, session.begin():
            insert_rows(session, RuleAnswer, values)

    def rule_answers(self) -> list[tuple[str, str, bool]]:
        """Person key, rule, whether it was the person: the newest answer of each person and rule."""
        query = (
            select(LeadEvent.person_key, RuleAnswer.rule, RuleAnswer.confirmed)
            .join(LeadEvent, LeadEvent.id == RuleAnswer.event_id)
            .order_by(RuleAnswer.event_id)
        )
        with Session(self.engine) as session:
            newest = {(person, rule): confirmed for person, rule, confirmed in session.execute(query).tuples()}
        return [(person, rule, confirmed) for (person, rule), confirmed in sorted(newest.items())]

    def read_known(self, known: KnownPairReading) -> None:
        """Append a word on a known pair."""
        with Session(self.engine) as session, session.begin():
            session.add(
                KnownReading(
                    pair_id=known.pair_id, same=known.same, verdict=known.verdict, read_by=known.by, read_on=known.on
                )
            )

    def known_readings(self) -> list[KnownPairReading]:
        """The newest word per reviewer and pair, those taken back left out."""
        with Session(self.engine) as session:
            rows = session.scalars(select(KnownReading).order_by(KnownReading.id)).all()
            newest = {
                (row.read_by, row.pair_id): KnownPairReading(
                    row.pair_id, row.same, row.verdict, row.read_by, row.read_on
                )
                for row in rows
            }
        return [known for known in newest.values() if known.verdict != "withdrawn"]
