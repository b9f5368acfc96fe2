"""The desk's part about the register of units: what is asked, and what persons answer."""

from __future__ import annotations

from collections.abc import Sequence

from flows.review.office import Office
from flows.units.asking import Speaker, answer_doubt, doubts_waiting
from flows.units.remits import RemitAnswer, answer_remit, remits_waiting
from reports.workbench.access import Action
from reports.workbench.desk import Listed, Row


class UnitsDesk:
    """Units of the district, for accounts of the whole of it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def units(self, session: str) -> Listed[Row]:
        """The published register, firms before what hangs under them."""
        self._office.with_right(session, Action.SEE_COVERAGE)
        version = self._office.version_in_force()
        rows = version.table("units").to_pylist()
        rows.sort(key=lambda row: (-row["members"], -row["workers"], row["name"], row["unit_key"]))
        return Listed(version.version, version.as_of, rows, len(rows))

    def unit_doubts(self, session: str) -> Sequence[Row]:
        """What waits for a person's word."""
        self._office.with_right(session, Action.SEE_COVERAGE)
        return doubts_waiting(self._office.key, self._office.store)

    def answer_unit(self, session: str, doubt_id: str, verdict: str) -> None:
        """One unit, two, or not to be told; it stands from the next night on."""
        speaker = self._speaker(session, "单位")
        with self._office.writing:
            answer_doubt(self._office.key, self._office.store, doubt_id, verdict, speaker)

    def remit_doubts(self, session: str) -> Sequence[Row]:
        """Organisations of which nothing tells whom they take in; they host nobody until a person says."""
        self._office.with_right(session, Action.SEE_COVERAGE)
        return remits_waiting(self._office.key, self._office.store)

    def occupation_groups(self, session: str) -> Sequence[str]:
        """The groups a trade's organisation may be for."""
        self._office.with_right(session, Action.SEE_COVERAGE)
        return tuple(self._office.policy.trades)

    def answer_remit(self, session: str, doubt_id: str, remit: str, group: str | None) -> None:
        """Whom an organisation takes in; it stands from the next night on."""
        speaker = self._speaker(session, "党组织接收范围")
        with self._office.writing:
            answer_remit(self._office.key, self._office.store, doubt_id, RemitAnswer(remit, group), speaker)

    def _speaker(self, session: str, about: str) -> Speaker:
        """Who may answer for the whole district. Raises Refused for anybody else."""
        account = self._office.with_right(session, Action.JUDGE)
        if not account.whole_district:
            self._office.refuse(account, Action.JUDGE, about)
        return Speaker(account.name, self._office.now())
