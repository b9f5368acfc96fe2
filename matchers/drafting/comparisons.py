"""A model's comparisons before and after counting: levels with m to begin with, u from the tables."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import duckdb

from matchers.model.link_model import TERM_FREQUENCY, LevelWeight, LinkModel
from matchers.sides.encoded import Both
from matchers.training.chances import chance_agreements
from matchers.training.pairs import EncodedTables

Comparisons = dict[str, dict[str, LevelWeight]]
_UNCOUNTED = 0.5


@cache
def starting_levels() -> dict[str, dict[str, float]]:
    """By kind of column, m of each level to begin with (starting_levels.toml)."""
    text = (resources.files("matchers.drafting") / "starting_levels.toml").read_text("utf-8")
    levels: dict[str, dict[str, float]] = tomllib.loads(text)
    return levels


def uncounted(columns: dict[str, str]) -> Comparisons:
    """Every column's levels by kind, with the starting m and a u that is to be counted yet."""
    return {
        column: {level: LevelWeight(m=m, u=_UNCOUNTED) for level, m in starting_levels()[kind].items()}
        for column, kind in columns.items()
    }


def with_chances(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, *, threads: int) -> Comparisons:
    """The comparisons with u: by term frequency where a level's values can be counted, else from pairs of rows."""
    countable = {column: {*model.kind(column).share_of, *model.kind(column).by_places} for column in model.comparisons}
    open_model = model.model_copy(
        update={
            "comparisons": {
                column: {
                    name: level.model_copy(update={"u": TERM_FREQUENCY}) if name in countable[column] else level
                    for name, level in levels.items()
                }
                for column, levels in model.comparisons.items()
            }
        }
    )
    chances = chance_agreements(EncodedTables(con, open_model, both, threads))
    return {
        column: {
            name: level if level.u == TERM_FREQUENCY else LevelWeight(m=level.m, u=_short(chances.u[column][number]))
            for number, (name, level) in enumerate(levels.items(), 1)
        }
        for column, levels in open_model.comparisons.items()
    }


def _short(number: float) -> float:
    """Three digits: a number to begin with."""
    return float(f"{min(number, 1.0):.3g}")
