"""The pages of the workbench, each in its own module; `register` puts them all under their addresses."""

from __future__ import annotations

from reports.workbench.desk import Desk


def register(desk: Desk) -> None:
    """Add every page."""
    from reports.workbench.pages import (
        accounts,
        audit,
        conflicts,
        coverage,
        ledger,
        objections,
        pair,
        person,
        queue,
        runs,
        units,
    )

    for page in (queue, pair, conflicts, ledger, person, coverage, units, objections, runs, audit, accounts):
        page.add(desk)
