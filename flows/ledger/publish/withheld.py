"""What a change row may say of somebody under an objection (异议): nothing from which the statuses could be read."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.contracts import ledger_table
from schemas.words import words

WITHHELD = ledger_table("ledger").withheld
"""Columns that say a status or let it be guessed, the row's own past included."""


def without_withheld(row: dict[str, object]) -> dict[str, object]:
    """A row of the ledger, or part of one, without those columns."""
    return {name: value for name, value in row.items() if name not in WITHHELD}


def columns_of_objection(columns: Iterable[str], names: Iterable[str]) -> list[str]:
    """The columns a change under an objection names, in the ledger's order: all withheld ones, whichever moved."""
    said = {*columns, *WITHHELD}
    return [name for name in names if name in said]


def no_evidence_rows() -> list[str]:
    """What stands in place of the rows a change rests on."""
    return [words("withheld")["match_reason"]]
