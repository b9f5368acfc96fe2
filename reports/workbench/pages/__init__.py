"""The pages of the workbench, each in its own module; `register` puts them all under their addresses."""

from __future__ import annotations

from reports.workbench.desk import Desk


def register(desk: Desk) -> None:
    """Add every page."""
    from reports.workbench.pages import (
        accounts,
        agreement,
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
        waiting,
    )

    for page in (
        waiting,
        queue,
        pair,
        conflicts,
        ledger,
        person,
        coverage,
        units,
        agreement,
        objections,
        runs,
        audit,
        accounts,
    ):
        page.add(desk)
