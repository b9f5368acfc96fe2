"""What persons said about pairs of records: appended only, the newest holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.keys import DistrictKey
from flows.home.store.opened import Opened
from schemas.store import JudgementRow


@dataclass(frozen=True)
class Judged:
    """A person's newest word on one pair: `link`, `not_link` or `unsure`, and the levels they saw."""

    verdict: str
    basis: Mapping[str, str] | None = None
    on: date | None = field(default=None, compare=False)
    """The day it was said, where the store tells it."""


class Judgements(Opened):
    """Judgements on pairs, by pair id."""

    def judge(self, pair_id: str, judged: Judged, by: str, on: date, *, note: str | None = None) -> None:
        """Append a judgement on a waiting pair of `review.parquet`."""
        values = {"left_token": "", "right_token": "", "pair_id": pair_id, "judgement": judged.verdict}
        basis = None if judged.basis is None else dict(judged.basis)
        with Session(self.engine) as session, session.begin():
            session.add(JudgementRow(**values, judged_by=by, judged_on=on, note=note, basis=basis))

    def judged_pairs(self, key: DistrictKey) -> dict[str, Judged]:
        """The newest judgement per pair id, whichever way the pair was named."""
        named = JudgementRow.pair_id, JudgementRow.left_token, JudgementRow.right_token
        query = select(*named, JudgementRow.judgement, JudgementRow.basis, JudgementRow.judged_on).order_by(
            JudgementRow.id
        )
        result: dict[str, Judged] = {}
        with Session(self.engine) as session:
            for pair_id, left, right, word, basis, on in session.execute(query).tuples():
                result[pair_id or key.token("pair", f"{left}|{right}")] = Judged(word, basis, on)
        return result
