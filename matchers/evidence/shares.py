"""How many could bear the value a pair agrees on: one relation of shares per counted key, of the right side's rows."""

from __future__ import annotations

import math

import duckdb
import pyarrow as pa

from matchers.digits import shown_places
from matchers.linkage.ceilings import Population
from matchers.linkage.chances import ID_PLACES, REGION_SIZES
from matchers.linkage.model import COUNTED, LinkModel
from matchers.relations import make


def counted_forms(model: LinkModel) -> list[tuple[str, str]]:
    """(column, key form) of every key whose frequency is some level's chance."""
    found = {
        (column, model.kind(column).share_of[name])
        for column, levels in model.comparisons.items()
        for name, level in levels.items()
        if level.u == COUNTED and name in model.kind(column).share_of
    }
    return sorted(found)


def by_places(model: LinkModel) -> list[str]:
    """Columns with a level whose chance is that of the digits both rows show."""
    return [
        column
        for column, levels in model.comparisons.items()
        if any(level.u == COUNTED and name in model.kind(column).by_places for name, level in levels.items())
    ]


def make_shares(con: duckdb.DuckDBPyConnection, model: LinkModel, *, same: bool) -> None:
    """Make `shares_<column>_<form>`: k, share (of rows that show the key, blended with the model's population).

    Of one table held against itself, of its things (`things`), so that nobody's own duplicates count as strangers.
    """
    shown_by = "(select things.seq, thing, r.* exclude (seq) from r join things using (seq))" if same else "r"
    bearer, bearers = ("thing", "count(distinct thing)") if same else ("seq", "count(*)")
    for column, form in counted_forms(model):
        kind = model.kind(column)
        listed = form in kind.lists
        key = (f"unnest({kind.lists[form]})" if listed else kind.keys[form]).replace("{c}", column)
        given = model.population.get(f"{column}.{form}", Population())
        make(
            con,
            f"shares_{column}_{form}",
            f"with shown as (select {bearer}, {key} as k from {shown_by}), "
            f"bearers as (select count(distinct {bearer}) as n from shown where k is not null) "
            f"select k, least(({bearers} - 1 + $others) / (any_value(b.n) + $people) + $collision, 1.0) as share "
            "from shown, bearers b where k is not null group by k",
            {
                "others": given.others + given.people * given.chance or 1.0,
                "people": given.people,
                "collision": given.collision,
            },
        )


def make_agreed(con: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """Make `agreed_<column>`: la, ra, share of the value agreed on; pairs whose level is counted per value only."""
    for column, levels in model.comparisons.items():
        parts = [
            _agreed(model, column, name, number)
            for number, (name, level) in enumerate(levels.items(), start=1)
            if level.u == COUNTED and name in model.kind(column).share_of
        ]
        if parts:
            make(con, f"agreed_{column}", " union all ".join(parts))


def _agreed(model: LinkModel, column: str, name: str, number: int) -> str:
    kind = model.kind(column)
    form = kind.share_of[name]
    if form in kind.lists:
        values = [kind.lists[form].replace("{c}", f"{side}.{column}") for side in "lr"]
        value, worth = f"unnest(list_intersect({values[0]}, {values[1]}))", "max(s.share)"
    else:
        own = kind.keys[form].replace("{c}", f"r.{column}")
        value, worth = kind.agreed.get(name, own).replace("{c}", column), "any_value(s.share)"
    return (
        f"select x.la, x.ra, {worth} as share from (select v.la, v.ra, {value} as k from levels v "
        f"join l on l.seq = v.la join r on r.seq = v.ra where v.{column}_level = {number}) x "
        f"join shares_{column}_{form} s using (k) group by x.la, x.ra"
    )


def make_place_chances(con: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """Make `places_<column>`: la, ra, chance that a random person agrees on every digit of the ID both rows show.

    Only pairs whose level is worth that chance are looked at.
    """
    for column in by_places(model):
        _make_regions(con, column)
        counted = [
            str(number)
            for number, name in enumerate(model.comparisons[column], start=1)
            if name in model.kind(column).by_places
        ]
        make(
            con,
            f"agreeing_{column}",
            "select v.la, v.ra, "
            f"l.{column}_head_mask & r.{column}_head_mask as head, l.{column}_tail_mask & r.{column}_tail_mask as tail "
            "from levels v join l on l.seq = v.la join r on r.seq = v.ra "
            f"where v.{column}_level in ({', '.join(counted)})",
        )
        _make_masks(con, model, column)
        shares = " ".join(f"when {size} then g.share{size}" for size in REGION_SIZES)
        make(
            con,
            f"places_{column}",
            f"select a.la, a.ra, m.chance * coalesce(case m.size {shares} end, 1.0) as chance "
            f"from agreeing_{column} a join masks_{column} m using (head, tail) "
            f"join regions_{column} g on g.seq = a.ra",
        )


def _make_regions(con: duckdb.DuckDBPyConnection, column: str) -> None:
    """Make `regions_<column>`: seq, share6, share4 …: how many of the right side's IDs are of a row's own region."""
    keys = ", ".join(f"{_region(column, size)} as k{size}" for size in REGION_SIZES)
    shares = ", ".join(f"g{size}.share as share{size}" for size in REGION_SIZES)
    joins = " ".join(
        f"left join (select k{size}, count(*) / (select count(k{size}) from keyed) as share from keyed "
        f"where k{size} is not null group by k{size}) g{size} using (k{size})"
        for size in REGION_SIZES
    )
    make(
        con,
        f"regions_{column}",
        f"with keyed as materialized (select seq, {keys} from r) select keyed.seq, {shares} from keyed {joins}",
    )


def _region(column: str, size: int) -> str:
    """SQL: the first places of an ID, null where one of them is hidden."""
    mask = 16**size - 1
    return f"case when {column}_head_mask & {mask} = {mask} then {column}_head & {mask} end"


def _make_masks(con: duckdb.DuckDBPyConnection, model: LinkModel, column: str) -> None:
    """Make `masks_<column>`: per way two IDs show places together, the chance of places 7 to 18, the region's size."""
    found = con.execute(f"select distinct head, tail from agreeing_{column} order by all").fetchall()
    places = model.settling.id_place_chance if model.settling else ID_PLACES
    shown = [shown_places(head, tail) for head, tail in found]
    masks = {
        "head": pa.array([head for head, _ in found], pa.uint64()),
        "tail": pa.array([tail for _, tail in found], pa.uint64()),
        "chance": pa.array(
            [math.prod(c for seen, c in zip(row[6:], places, strict=True) if seen) for row in shown], pa.float64()
        ),
        "size": pa.array([next((s for s in REGION_SIZES if all(row[:s])), 0) for row in shown], pa.int32()),
    }
    make(con, f"masks_{column}", pa.table(masks))
