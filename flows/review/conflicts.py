"""The desk's part for analysts: leads of which a street said that the facts do not fit (情况不符)."""

from __future__ import annotations

from collections.abc import Sequence

from flows.ledger.checks import LeadAnswer, record_answer
from flows.ledger.disputes import Dispute, disputes
from flows.review.office import Office, plain_text
from reports.workbench.access import Action, SignedInAccount, allowed
from reports.workbench.desk import Conflict, ConflictView, Refused
from schemas.errors import InputError
from schemas.rules import Rule


class Conflicts:
    """Disputed leads, for whoever may judge in their street."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def conflicts(self, session: str) -> Sequence[Conflict]:
        """What waits for an analyst, the oldest first; after it what waits for a register to be corrected."""
        account = self._office.with_right(session, Action.JUDGE)
        result = self._disputes(account)
        self._office.audit(account.name, "view_people", f"情况不符 {len(result)} 条")
        return [_conflict(entry) for entry in result]

    def conflict(self, session: str, key: str, code: str) -> ConflictView:
        """One of them in full. Raises Refused for another street's as for one that is not there."""
        account = self._office.with_right(session, Action.JUDGE)
        result = self._disputes(account)
        dispute = self._of(account, result, (key, code))
        policy = self._office.policy
        self._office.audit(account.name, "view_person", f"情况不符 {code}", key)
        return ConflictView(
            version=self._office.version_in_force().version,
            conflict=_conflict(dispute),
            basis=f"{policy.statuses.codes[code].name}：{policy.basis(code)}",
            checks=[
                {"code": entry.code, "state": entry.state, "note": entry.answer, "remark": entry.remark,
                 "checked_by": entry.checked_by, "checked_on": entry.checked_on}
                for entry in reversed(self._office.store.moves_of({key}))
            ],
            answers=tuple(policy.leads.analyst),
            waiting=sum(not entry.awaits_register for entry in result),
        )  # fmt: skip

    def next_conflict(self, session: str, after: tuple[str, str] | None) -> tuple[str, str] | None:
        """The one to decide after this one, in the order of the list; the first where none is after it."""
        account = self._office.with_right(session, Action.JUDGE)
        places = [_conflict(dispute).place for dispute in self._disputes(account) if not dispute.awaits_register]
        others = [place for place in places if place != after]
        if after in places:
            at = places.index(after)
            return next(iter([*places[at + 1 :], *places[:at]]), None)
        return next(iter(others), None)

    def answer_conflict(self, session: str, key: str, code: str, answer: str, why: str) -> None:
        """Note the analyst's decision; the next run takes it over, the next sheets already follow it."""
        account = self._office.with_right(session, Action.JUDGE)
        remark = plain_text(why, "说明") or None
        with self._office.writing:
            dispute = self._of(account, self._disputes(account), (key, code))
            lead_answer = LeadAnswer(answer, account.name, self._office.today(), remark=remark, analyst=True)
            record_answer(self._office.store, self._office.policy.leads, dispute.row, code, lead_answer)
            text = f"{code} {answer}" + (f"：{remark}" if remark else "")
            self._office.audit(account.name, "analyse", text, key)

    def _disputes(self, account: SignedInAccount) -> list[Dispute]:
        rows = self._office.version_in_force().people.with_leads()
        result = disputes(self._office.store, rows, self._office.policy.leads)
        return [entry for entry in result if allowed(account, Action.JUDGE, entry.row["streets"])]

    def _of(self, account: SignedInAccount, result: Sequence[Dispute], place: tuple[str, str]) -> Dispute:
        """The dispute of that place. Raises InputError where it was one and is decided, else Refused."""
        for entry in result:
            if (entry.row["person_key"], entry.code) == place:
                return entry
        row = self._office.version_in_force().people.person(place[0])
        if row is None:
            raise Refused
        if not allowed(account, Action.JUDGE, row["streets"]):
            self._office.refuse(account, Action.JUDGE, place[0][:40])
        raise InputError("这条线索已不在等分析员处理", rule=Rule.NO_DISPUTE, action="回到列表看别的")


def _conflict(dispute: Dispute) -> Conflict:
    said = dispute.answer
    return Conflict(dispute.row, dispute.code, said.checked_by, said.checked_on, said.remark, dispute.awaits_register)
