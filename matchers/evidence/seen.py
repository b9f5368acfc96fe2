"""What a table of pairs shows, column by column: level, class and chance per pair, as arrays for learning."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.evidence.weights import chance_joins, counted_chance
from matchers.linkage.learn import Floats, Patterns
from matchers.linkage.model import COUNTED, LinkModel

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """One entry per pair: level (0 null), class (0 nothing shown), chance of the value agreed on; per column."""

    level: dict[str, Numbers]
    shown: dict[str, Numbers]
    chance: dict[str, Floats]
    verdict: Floats
    """1 where a person said it is one, 0 where not, NaN where nobody did."""


def patterns_of(pairs: Seen, model: LinkModel) -> Patterns:
    """The pairs by their pattern of levels, as they are counted for a check by other means."""
    number, radix = np.zeros(len(pairs.verdict), np.int64), 1
    for column, levels in model.comparisons.items():
        number += pairs.level[column] * radix
        radix *= len(levels) + 1
    numbers, place = np.unique(number, return_inverse=True)
    parts = (np.isnan(pairs.verdict), pairs.verdict == 1, pairs.verdict == 0)
    free, same, other = (np.bincount(place[part], minlength=len(numbers)).astype(np.float64) for part in parts)
    return Patterns([int(one) for one in numbers], free, same, other)


def class_of_level(model: LinkModel, column: str) -> Numbers:
    """Per level number the class it agrees in; 0 for null, and for levels that any class may show."""
    classes = model.kind(column).classes
    found = [0]
    for name in model.comparisons[column]:
        found.append(next((place for place, (_, names) in enumerate(classes, 1) if name in names), 0))
    return np.array(found, np.int64)


def seen(con: duckdb.DuckDBPyConnection, model: LinkModel, *, counted: bool) -> Seen:
    """Read `levels` with the rows they came from; chances only where `counted` (their relations are made)."""
    parts = []
    for column in model.comparisons:
        chance = _chance(model, column) if counted else "1.0::double"
        parts.append(f"v.{column}_level as {column}_level, {_class(model, column)} as {column}_class, "
                     f"{chance} as {column}_chance")  # fmt: skip
    joins = chance_joins(model) if counted else ""
    rows = con.execute(
        f"select {', '.join(parts)}, j.verdict as verdict from levels v{joins} "
        "left join (select la, ra, case verdict when 'link' then 1.0::double when 'not_link' then 0.0::double end "
        "as verdict from judged) j using (la, ra) join l on l.seq = la join r on r.seq = ra order by la, ra"
    ).fetchnumpy()
    return Seen(
        {c: np.asarray(rows[f"{c}_level"]).astype(np.int64) for c in model.comparisons},
        {c: np.asarray(rows[f"{c}_class"]).astype(np.int64) for c in model.comparisons},
        {c: np.asarray(rows[f"{c}_chance"], np.float64) for c in model.comparisons},
        np.ma.filled(np.ma.asarray(rows["verdict"], np.float64), np.nan),
    )


def _class(model: LinkModel, column: str) -> str:
    cases = " ".join(f"when {shown} then {place}" for place, (shown, _) in enumerate(model.kind(column).classes, 1))
    return f"case when v.{column}_level = 0 then 0 {cases} else 1 end".replace("{c}", column)


def _chance(model: LinkModel, column: str) -> str:
    cases = " ".join(
        f"when {number} then {counted_chance(model, column, name)}"
        for number, (name, level) in enumerate(model.comparisons[column].items(), start=1)
        if level.u == COUNTED
    )
    return f"case v.{column}_level {cases} else 1.0 end::double" if cases else "1.0::double"
