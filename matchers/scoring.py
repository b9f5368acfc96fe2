"""One row per pair with a level and a weight in bits per comparison, total and probability (Fellegi–Sunter).

A level's weight is log2(m / u); where the model says so, u is the share of people who could bear the very value
agreed on: a rare name, a full ID or a visible head and tail weigh by what they rule out.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from matchers.candidates import PlannedRule, find_candidates
from matchers.engine import embedded, sql, unrolled
from matchers.model import COMPARISONS, NULL_LEVEL, LinkageModel
from matchers.names import name_table

_SEEN = "(substr(l.id_number, {i}, 1) <> '*' and substr(r.id_number, {i}, 1) <> '*')"
_OTHER = f"({_SEEN} and substr(l.id_number, {{i}}, 1) <> substr(r.id_number, {{i}}, 1))::integer"
_PHONE_SEEN = "(substr(a.phone, {i}, 1) <> '*' and substr(b.phone, {i}, 1) <> '*')"
_PHONE_OTHER = f"({_PHONE_SEEN} and substr(a.phone, {{i}}, 1) <> substr(b.phone, {{i}}, 1))::integer"
_NAME_OTHER = "(substr(l.name_key, {i}, 1) <> substr(r.name_key, {i}, 1))::integer"


def load_sides(con: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table) -> None:
    """Make `left_rows`, `right_rows` and their phones with comparable columns.

    Both tables: row_id int64, name, sex, birth_date (ISO prefix), id_number (18-place pattern), id_kind, phones.
    """
    names = {*left["name"].unique().to_pylist(), *right["name"].unique().to_pylist()} - {None}
    compared = name_table(names)
    for name, table in (("compared_names", compared), ("left_input", left), ("right_input", right)):
        con.register(name, table)
    for side in ("left", "right"):
        con.execute(sql("comparable").replace("{side}", side))


def make_levels(con: duckdb.DuckDBPyConnection) -> None:
    """Make the relation `levels` from `candidates`."""
    text = sql("levels")
    for place, terms in {
        "{both_places}": unrolled(f"{_SEEN}::integer", 18, "+"),
        "{other_places}": unrolled(_OTHER, 18, "+"),
        "{phone_both}": unrolled(f"{_PHONE_SEEN}::integer", 11, "+"),
        "{phone_other}": f"({unrolled(_PHONE_OTHER, 11, '+')})",
        "{name_other}": unrolled(_NAME_OTHER, 6, "+"),
    }.items():
        text = text.replace(place, terms)
    con.execute(text)


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


def _id_chance(model: LinkageModel) -> str:
    """SQL: chance that a random person agrees on every ID place both sides show; regions as counted."""
    head = {length: unrolled(_SEEN, length, "and") for length in (1, 2, 4, 6)}
    region = (
        f"case when {head[6]} then coalesce(g6.share, 0.0005) when {head[4]} then coalesce(g4.share, 0.001) "
        f"when {head[2]} then coalesce(g2.share, 0.01) when {head[1]} then 0.2 else 1.0 end"
    )
    places = " * ".join(
        f"case when {_SEEN.format(i=place)} then {chance!r} else 1.0 end"
        for place, chance in enumerate(model.id_place_chance, start=7)
    )
    return f"({region}) * {places}"


def _bits(comparison: str, model: LinkageModel) -> str:
    """SQL: the weight of one comparison's level in bits; 0 where a side shows nothing."""
    cases = []
    for name, level in model.comparisons[comparison].items():
        chance = f"coalesce(c.{comparison}, {level.m / 2!r})" if level.chance else repr(level.u)
        cases.append(f"when '{name}' then log2({level.m!r} / least({chance}, 1.0))")
    return f"case v.{comparison} when '{NULL_LEVEL}' then 0.0 {' '.join(cases)} end"


def make_scores(con: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """Make the relation `scored` (contract of that name) from `levels`."""
    count_shares(con, model)
    con.execute(sql("weights").replace("{id_chance}", _id_chance(model)))
    prior = prior_of(con, model)
    columns = ", ".join(f"round({_bits(comparison, model)}, 4) as {comparison}_bits" for comparison in COMPARISONS)
    total = " + ".join(f"{comparison}_bits" for comparison in COMPARISONS)
    levels = ", ".join(f"{comparison} := {comparison}" for comparison in COMPARISONS)
    bits = ", ".join(f"{comparison} := {comparison}_bits" for comparison in COMPARISONS)
    con.execute(
        f"""
        create or replace table scored as
        with weighed as (
            select v.*, {columns} from levels v join chances c using (left_id, right_id)
        ),
        summed as (select *, round(log2($prior / (1 - $prior)) + {total}, 4) as match_weight from weighed)
        select left_id, right_id, blocking_rules, struct_pack({levels}) as levels, struct_pack({bits}) as bits,
               match_weight, round(1 / (1 + pow(2, -match_weight)), 9) as match_probability
        from summed order by left_id, right_id
        """,
        {"prior": prior},
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
    return score_candidates(candidate_pairs(left, right, model)[0], left, right, model)
