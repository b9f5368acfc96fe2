"""What persons said of spellings of units: one unit, two, or not to be told."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened
from schemas.store import UnitJudgement


class UnitJudgements(Opened):
    """Judgements on pairs of spellings, by their keyed tokens."""

    def judge_units(self, pair: tuple[str, str], judgement: str, by: str, on: date) -> None:
        """Append `link`, `not_link` or `unsure` for a pair of spelling tokens."""
        left, right = sorted(pair)
        with Session(self.engine) as session, session.begin():
            values = {"left_token": left, "right_token": right, "judgement": judgement}
            session.add(UnitJudgement(**values, judged_by=by, judged_on=on))

    def unit_judgements(self) -> dict[tuple[str, str], str]:
        """The newest judgement per pair of spelling tokens."""
        query = select(UnitJudgement.left_token, UnitJudgement.right_token, UnitJudgement.judgement)
        with Session(self.engine) as session:
            return {(a, b): word for a, b, word in session.execute(query.order_by(UnitJudgement.id))}
