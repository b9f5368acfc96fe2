"""Small districts that once went wrong (`tests/cases/domain`), run night after night in a home of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.pipeline.driver import drive
from flows.pipeline.request import RunRequest
from reports.summary import RunSummary
from tests.flows.command import without_reports
from tests.flows.stores import with_empty_store

CASES = Path(__file__).parents[2] / "cases" / "domain"
FIRST = date(2026, 11, 20)


@dataclass
class Case:
    """One case's home; `night` runs a drop into it and gives the summary."""

    home: Home
    folder: Path
    summaries: list[RunSummary] = field(default_factory=list)

    def night(self, drop: str | Path, as_of: date) -> RunSummary:
        request = RunRequest(home=self.home, drop=self.folder / drop, as_of=as_of, force_reason="以后的日期")
        summary = drive(request)
        self.summaries.append(summary)
        return summary

    def table(self, name: str = "ledger") -> list[dict[str, Any]]:
        """A table of the newest version."""
        version = self.summaries[-1].version
        rows: list[dict[str, Any]] = pq.read_table(
            self.home.ledger / "versions" / version / f"{name}.parquet"
        ).to_pylist()
        return rows

    def people(self) -> dict[str, dict[str, Any]]:
        """Rows by roll number."""
        return {row["member_no"]: row for row in self.table() if row["member_no"]}

    def codes(self, number: str) -> list[str]:
        """The statuses of a member; none where they are not in the ledger."""
        return list(self.people().get(number, {}).get("statuses", ()))

    def person(self, key: str) -> dict[str, Any] | None:
        """One person's row of the newest version."""
        return next((row for row in self.table() if row["person_key"] == key), None)


def new_case(name: str, root: Path) -> Case:
    """A home of its own for the case of that name, without reports."""
    home = Home(root / name)
    home.make()
    with_empty_store(home)
    load_key(home, create=True)
    without_reports(home.root)
    # A handful of rows; two tests at a time have a core each. Larger runs keep the threads an office has.
    home.config.write_text(home.config.read_text("utf-8") + "threads = 1\n", "utf-8")
    return Case(home, CASES / name)
