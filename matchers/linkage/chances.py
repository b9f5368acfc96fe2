"""How many could bear the value two rows agree on: frequencies of values, regions of IDs, places a mask shows."""

from __future__ import annotations

import math

import duckdb
import pyarrow as pa

from matchers.digits import shown_places
from matchers.linkage.model import LinkModel

# Chance that two people agree on one place of the ID, places 7 to 18: year, month, day, sequence, check digit.
ID_PLACES = (0.9, 0.9, 0.15, 0.1, 0.6, 0.12, 0.33, 0.1, 0.2, 0.12, 0.11, 0.1)


REGION_SIZES = (6, 4, 2, 1)
_FEW_VALUES = 10_000


def make_value_shares(con: duckdb.DuckDBPyConnection, model: LinkModel, pairs: str) -> None:
    """Make `shares_<column>_<form>`: the keys that pairs agree on, with their share among rows of both sides."""
    for column, _, form in counted_levels(model):
        key = model.kind(column).keys[form].replace("{c}", column)
        con.execute(
            f"create or replace table shares_{column}_{form} as "
            f"with wanted as (select distinct {key} as k from r where seq in (select ra from {pairs})), "
            f"shown as (select {key} as k from l union all select {key} from r) "
            "select k, count(*) / (select count(k) from shown) as share "
            "from shown where k in (select k from wanted where k is not null) group by k"
        )


def counted_levels(model: LinkModel) -> list[tuple[str, int, str]]:
    """(column, level number, key form) of every level whose chance is counted per value."""
    return [
        (column, number, model.kind(column).share_of[name])
        for column, levels in model.comparisons.items()
        for number, name in enumerate(levels, start=1)
        if name in model.kind(column).share_of
    ]


def rarest_shares(con: duckdb.DuckDBPyConnection, model: LinkModel) -> dict[tuple[str, int], float]:
    """The smallest share any value of a counted level has: exact for columns of few values, one row's otherwise."""
    found = {}
    for column, number, form in counted_levels(model):
        key = model.kind(column).keys[form].replace("{c}", column)
        row = con.execute(f"select approx_count_distinct({key}), count(*) from r").fetchone() or (0, 1)
        found[column, number] = 1 / (2 * max(int(row[1]), 1))
        if int(row[0]) < _FEW_VALUES:
            least = con.execute(
                f"with shown as (select {key} as k from l union all select {key} from r), "
                "counted as (select count(*) as n from shown where k is not null group by k) "
                "select min(n) / sum(n) from counted"
            ).fetchone()
            found[column, number] = float(least[0]) if least and least[0] else found[column, number]
    return found


def make_id_shares(con: duckdb.DuckDBPyConnection, column: str) -> None:
    """Make `regions_<column>_<size>`: how the right side's IDs are spread over regions of 6, 4, 2 and 1 places."""
    for size in REGION_SIZES:
        mask = 16**size - 1
        con.execute(
            f"create or replace table regions_{column}_{size} as "
            f"with shown as (select {column}_head & {mask} as k from r where {column}_head_mask & {mask} = {mask}) "
            "select k, count(*) / (select count(*) from shown) as share from shown group by k"
        )


def make_id_masks(con: duckdb.DuckDBPyConnection, column: str, pairs: str) -> None:
    """Make `masks_<column>`: per way two IDs show places together, the chance of places 7 to 18, the region's size."""
    found = con.execute(
        f"select distinct l.{column}_head_mask & r.{column}_head_mask, l.{column}_tail_mask & r.{column}_tail_mask "
        f"from {pairs} p join l on l.seq = p.la join r on r.seq = p.ra"
    ).fetchall()
    shown = [shown_places(head, tail) for head, tail in found]
    chances = [math.prod(c for seen, c in zip(places[6:], ID_PLACES, strict=True) if seen) for places in shown]
    sizes = [next((size for size in REGION_SIZES if all(places[:size])), 0) for places in shown]
    masks = {
        "head": pa.array([head for head, _ in found], pa.uint64()),
        "tail": pa.array([tail for _, tail in found], pa.uint64()),
        "chance": pa.array(chances, pa.float64()),
        "size": pa.array(sizes, pa.int32()),
    }
    con.register("masks", pa.table(masks))
    con.execute(f"create or replace table masks_{column} as select * from masks")


def make_right_shares(con: duckdb.DuckDBPyConnection, model: LinkModel, pairs: str) -> None:
    """Make `rs`: per right row in the pairs, the share of people who could bear each of its counted values."""
    columns, joins = ["p.seq"], ""
    for column, _, form in counted_levels(model):
        name = f"{column}_{form}"
        key = model.kind(column).keys[form].replace("{c}", f"r.{column}")
        joins += f" left join shares_{name} on shares_{name}.k = {key}"
        columns.append(f"coalesce(shares_{name}.share, 1.0) as {name}_share")
    for column in id_columns(model):
        for size in REGION_SIZES:
            name = f"regions_{column}_{size}"
            joins += f" left join {name} on {name}.k = r.{column}_head & {16**size - 1}"
            columns.append(f"coalesce({name}.share, 1.0) as {column}_region{size}")
    con.execute(
        f"create or replace table rs as select {', '.join(columns)} from (select distinct ra as seq from {pairs}) p "
        f"join r on r.seq = p.seq {joins}"
    )


def id_columns(model: LinkModel) -> list[str]:
    """Compared columns that are resident IDs."""
    return [column for column in model.comparisons if model.columns[column] == "resident_id"]


def id_join(column: str) -> str:
    """SQL join that `id_chance` needs beside `rs`; `l` and `r` are the two rows."""
    return (
        f" left join masks_{column} mk_{column} on mk_{column}.head = l.{column}_head_mask & r.{column}_head_mask "
        f"and mk_{column}.tail = l.{column}_tail_mask & r.{column}_tail_mask"
    )


def id_chance(column: str) -> str:
    """SQL: chance that a random person agrees on every place both IDs show."""
    regions = " ".join(f"when {size} then rs.{column}_region{size}" for size in REGION_SIZES)
    return f"(mk_{column}.chance * case mk_{column}.size {regions} else 1.0 end)"
