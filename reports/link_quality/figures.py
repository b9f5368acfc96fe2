"""One set of counts per run on how its matching went; kept as JSON beside the page for the next run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from matchers.relations import run_script, script
from reports.link_quality.trust import Trust

_VIEWS = ("levels", "bins", "rules", "tiers", "rows")


class LinkFigures(BaseModel):
    """Counts and mean weights of one run; no value of a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    as_of: str
    model: str
    levels: tuple[dict[str, Any], ...]
    bins: tuple[dict[str, Any], ...]
    rules: tuple[dict[str, Any], ...]
    tiers: tuple[dict[str, Any], ...]
    rows: tuple[dict[str, Any], ...]
    trust: Trust | None = None
    """How far the judgements and the rules can be trusted; none in figures of an earlier edition."""

    def decisions(self) -> dict[str, int]:
        """Pairs per decision."""
        result = dict.fromkeys(("link", "review", "reject"), 0)
        for row in self.tiers:
            result[row["decision"]] = result.get(row["decision"], 0) + int(row["pairs"])
        return result


def count_links(con: duckdb.DuckDBPyConnection, *, version: str, as_of: str, model: str) -> LinkFigures:
    """Count the run's workspace."""
    run_script(con, script("reports.link_quality", "figures.sql"))
    result: dict[str, Any] = {name: tuple(con.table(f"quality_{name}").to_arrow_table().to_pylist()) for name in _VIEWS}
    return LinkFigures(version=version, as_of=as_of, model=model, **result)


def read_figures(path: Path) -> LinkFigures | None:
    """The figures of an earlier run; None where there are none that can be read."""
    try:
        return LinkFigures.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
