"""What must hold of every lead on a night: open, or ended, since when and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from flows.sample.sheets import SampleSheet

CAUSES = (
    "letter_received", "contact_restored", "membership_restored", "moved_in", "declaration_corrected",
    "declaration_withdrawn", "consent_withdrawn",
)  # fmt: skip


@dataclass(frozen=True)
class SampleLead:
    """One code of one person: `open`; `closed` by a register or the person; `lapsed` where the rows are gone."""

    person: int
    code: str
    state: str
    opened_on: date
    closed_on: date | None = None
    cause: str | None = None


class SampleLeadBook:
    """Every lead there ever was, turned night by night."""

    def __init__(self) -> None:
        self._leads: dict[tuple[int, str], SampleLead] = {}

    def turn(self, day: date, codes: dict[int, list[str]], causes: dict[int, str]) -> list[SampleLead]:
        """The leads after a night: codes held tonight are open, the others end with tonight's cause of their person.

        N0 is kept with them, though it is no lead: it tells who left from who withdrew.
        """
        held = {(person, code) for person, some in codes.items() for code in some}
        for key in held:
            known = self._leads.get(key)
            if known is None or known.state != "open":
                self._leads[key] = SampleLead(*key, "open", day)
        for key, lead in self._leads.items():
            if lead.state == "open" and key not in held:
                cause = causes.get(lead.person)
                state = "closed" if cause else "lapsed"
                self._leads[key] = replace(lead, state=state, closed_on=day, cause=cause or "rows_gone")
        return [self._leads[key] for key in sorted(self._leads)]


def causes_of(sheets: Iterable[SampleSheet], night: int) -> dict[int, str]:
    """Person to the cause of what the registers settled this night."""
    return {
        int(sheet.person[edit.row]): edit.cause
        for sheet in sheets
        for edit in sheet.edits
        if edit.night == night and edit.cause
    }
