"""What persons said of whom an organisation takes in."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened
from schemas.store import RemitJudgement


class RemitJudgements(Opened):
    """Answers on doubtful remits, by the organisation's keyed token."""

    def judge_remit(self, token: str, remit: str, group: str | None, by: str, on: date) -> None:
        """Append `street`, `community`, `trade` (with its group), `closed` or `unsure` for an organisation."""
        with Session(self.engine) as session, session.begin():
            session.add(RemitJudgement(token=token, remit=remit, trade_group=group, judged_by=by, judged_on=on))

    def remit_judgements(self) -> dict[str, tuple[str, str | None]]:
        """The newest answer per organisation token: remit, and the group of a trade."""
        query = select(RemitJudgement.token, RemitJudgement.remit, RemitJudgement.trade_group)
        with Session(self.engine) as session:
            return {token: (remit, group) for token, remit, group in session.execute(query.order_by(RemitJudgement.id))}
