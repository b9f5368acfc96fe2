"""One row per pair with a level and a weight in bits per comparison, total and probability (Fellegi–Sunter).

A level's weight is log2(m / u); where the model says so, u is the share of people who could bear the very value
agreed on: a rare name, a full ID or a visible head and tail weigh by what they rule out.
"""

from __future__ import annotations

import math

import duckdb
import pyarrow as pa

from matchers.candidates import PlannedRule, find_candidates
from matchers.comparable import load_sides
from matchers.digits import shown_places
from matchers.engine import embedded, sql, unrolled
from matchers.model import COMPARISONS, NULL_LEVEL, LinkageModel

_NAME_OTHER = "(substr(l.name_key, {i}, 1) <> substr(r.name_key, {i}, 1))::integer"


def make_levels(con: duckdb.DuckDBPyConnection) -> None:
    """Make the relation `levels` from `candidates`."""
    con.execute(sql("levels").replace("{name_other}", unrolled(_NAME_OTHER, 6, "+")))


def prior_of(con: duckdb.DuckDBPyConnection, model: LinkageModel) -> float:
    """Probability that a random pair is true: share of rows with a full ID whose ID stands on the right, per person."""
    counted = con.execute(
        "select count(*), "
        "count(*) filter (where id_full in (select id_full from right_rows where id_full is not null)), "
        "(select count(*) from right_rows) from left_rows where id_full is not null"
    ).fetchone()
    shown, found, people = counted if counted else (0, 0, 0)
    share = float(found) / float(shown) if shown >= 200 else model.prior_share
    return min(max(share, model.prior_share_least), model.prior_share_most) / max(int(people), 1)


def count_shares(con: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """Make the relations of shares: how many other people could bear each name, phone and ID part."""
    chances = ", ".join(f"('{kind}', {chance!r})" for kind, chance in model.name_chance.items())
    text = sql("frequencies").replace("{name_chances}", chances)
    for name in ("pseudo_people", "others_on_phone", "head_tail_chance"):
        text = text.replace("{" + name + "}", repr(getattr(model, name)))
    con.execute(text)


def _id_masks(con: duckdb.DuckDBPyConnection, model: LinkageModel) -> pa.Table:
    """One row per way two IDs show places together: chance that random people agree there, and the region's part."""
    found = con.execute("select distinct head_mask, tail_mask from levels order by 1, 2").fetchall()
    shown = [shown_places(head, tail) for head, tail in found]
    chances = [
        math.prod(chance for seen, chance in zip(places[6:], model.id_place_chance, strict=True) if seen)
        for places in shown
    ]
    regions = [next((length for length in (6, 4, 2, 1) if all(places[:length])), 0) for places in shown]
    columns = {
        "head_mask": pa.array([head for head, _ in found], pa.uint64()),
        "tail_mask": pa.array([tail for _, tail in found], pa.uint64()),
        "chance": pa.array(chances, pa.float64()),
        "region": pa.array(regions, pa.int32()),
    }
    return pa.table(columns)


def _bits(comparison: str, model: LinkageModel) -> str:
    """SQL: the weight of one comparison's level in bits; 0 where a side shows nothing."""
    cases = []
    for name, level in model.comparisons[comparison].items():
        chance = f"coalesce(c.{comparison}, {level.m / 2!r})" if level.chance else repr(level.u)
        cases.append(f"when '{name}' then log2({level.m!r} / least({chance}, 1.0))")
    return f"case v.{comparison} when '{NULL_LEVEL}' then 0.0 {' '.join(cases)} end"


def make_scores(con: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """Make the relation `scored` (contract of that name) from `levels`, without the pairs that cannot matter."""
    count_shares(con, model)
    con.register("id_masks", _id_masks(con, model))
    con.execute(sql("weights"))
    # Whole bits for the prior and tenths for the rest: a few rows more tonight do not stir every weight of the ledger.
    prior = prior_of(con, model)
    prior_bits = float(round(math.log2(prior / (1 - prior))))
    columns = ", ".join(f"round({_bits(comparison, model)}, 1) as {comparison}_bits" for comparison in COMPARISONS)
    total = " + ".join(f"{comparison}_bits" for comparison in COMPARISONS)
    levels = ", ".join(f"{comparison} := {comparison}" for comparison in COMPARISONS)
    bits = ", ".join(f"{comparison} := {comparison}_bits" for comparison in COMPARISONS)
    con.execute(
        f"""
        create or replace table scored as
        with weighed as (
            select v.*, {columns} from levels v join chances c using (left_id, right_id)
        ),
        summed as (select *, round($prior_bits + {total}, 1) as match_weight from weighed)
        select left_id, right_id, blocking_rules, struct_pack({levels}) as levels, struct_pack({bits}) as bits,
               match_weight, round(1 / (1 + pow(2, -match_weight)), 9) as match_probability
        from summed where match_probability >= $keep or id_number = 'full' order by left_id, right_id
        """,
        {"prior_bits": prior_bits, "keep": model.keep_probability},
    )


def candidate_pairs(left: pa.Table, right: pa.Table, model: LinkageModel) -> tuple[pa.Table, list[PlannedRule]]:
    """One row per candidate pair (relation `candidates`), sorted by both ids, and the plan of the blocking rules."""
    with embedded() as con:
        load_sides(con, left, right)
        plan = find_candidates(con, model)
        return con.execute("select * from candidates order by left_id, right_id").to_arrow_table(), plan


def score_candidates(candidates: pa.Table, left: pa.Table, right: pa.Table, model: LinkageModel) -> pa.Table:
    """One row per candidate pair with levels, bits, weight and probability (relation `scored`), sorted by both ids."""
    with embedded(candidates=candidates) as con:
        load_sides(con, left, right)
        make_levels(con)
        make_scores(con, model)
        return con.execute("select * from scored order by left_id, right_id").to_arrow_table()


def score_pairs(left: pa.Table, right: pa.Table, model: LinkageModel) -> pa.Table:
    """Candidates found and scored in one go (relation `scored`), sorted by both ids."""
    with embedded() as con:
        load_sides(con, left, right)
        find_candidates(con, model)
        make_levels(con)
        make_scores(con, model)
        return con.execute("select * from scored order by left_id, right_id").to_arrow_table()
