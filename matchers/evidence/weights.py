"""One row per pair with a level and a weight in bits per comparison, total and probability (Fellegi–Sunter).

A level's weight is log2(m / u); where the model says `counted`, u is the share of people who could bear the very value
agreed on: a rare name, a full ID or a visible head and tail weigh by what they rule out.
"""

from __future__ import annotations

import math

import duckdb

from matchers.evidence.shares import by_places, make_agreed, make_place_chances, make_shares
from matchers.linkage.ceilings import NULL_LEVEL
from matchers.linkage.model import COUNTED, LinkModel
from matchers.linkage.pairs import level_columns
from matchers.linkage.tables import Sides
from matchers.relations import make

_HARDLY = 1e-12


def make_levels(con: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    """Make `levels` from `candidates`: la, ra and one small integer per comparison, 0 for null."""
    make(
        con,
        "levels",
        f"select c.la, c.ra, {level_columns(model)} from candidates c join l on l.seq = c.la join r on r.seq = c.ra",
    )


def prior_of(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> float:
    """Probability that a random pair is true: the share of left rows with a partner, per row of the right side.

    The share is that of the rows whose `prior_from` key stands on the right, where enough rows show one.
    """
    settling = model.settling
    share = model.prior
    key = settling.prior_from if settling else None
    if settling and key and key.partition(".")[0] in model.columns and not sides.same:
        column, _, form = key.partition(".")
        own = model.kind(column).keys[form].replace("{c}", column)
        row = con.execute(
            f"select count(*), count(*) filter (where k in (select {own} from r where ({own}) is not null)) "
            f"from (select {own} as k from l) where k is not null"
        ).fetchone()
        shown, found = row or (0, 0)
        share = found / shown if shown >= settling.prior_rows else share
    least, most = (settling.prior_least, settling.prior_most) if settling else (1e-9, 0.999)
    prior = min(max(share, least), most) * sides.left / max(sides.pairs, 1.0)
    return min(max(prior, _HARDLY), 0.5)  # a side of no rows or of one gives no odds to take a logarithm of


def make_scores(
    con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides, *, keep_all: bool = False, also: str | None = None
) -> None:
    """Make `scored` from `levels`: la, ra, blocking_rules, levels, bits, match_weight, match_probability.

    Pairs below the model's keep_probability are left out, but for those at one of its keep_levels, those of the
    relation `also` (la, ra), or `keep_all`.
    """
    make_shares(con, model, same=sides.same)
    make_agreed(con, model)
    make_place_chances(con, model)
    # Whole bits for the prior and tenths for the rest: a few rows more tonight do not stir every weight of the ledger.
    prior = prior_of(con, model, sides)
    kept = _kept(model) + (f" or (la, ra) in (select (la, ra) from {also})" if also else "")
    columns = ", ".join(f"{_bits(column, model)} as {column}_bits" for column in model.comparisons)
    total = " + ".join(f"{column}_bits" for column in model.comparisons)
    levels = ", ".join(f"{column} := {_level_name(column, model)}" for column in model.comparisons)
    bits = ", ".join(f"{column} := {column}_bits" for column in model.comparisons)
    make(
        con,
        "scored",
        f"with weighed as (select v.*, {columns} from levels v{chance_joins(model)}), "
        f"summed as (select *, round($prior + {total}, 1) as match_weight from weighed) "
        f"select la, ra, c.blocking_rules, struct_pack({levels}) as levels, struct_pack({bits}) as bits, "
        "match_weight, round(1 / (1 + pow(2, -match_weight)), 9) as match_probability "
        f"from summed join candidates c using (la, ra) where match_probability >= $keep{kept}",
        {
            "prior": float(round(math.log2(prior / (1 - prior)))),
            "keep": 0.0 if keep_all else _least(model),
        },
    )


def _least(model: LinkModel) -> float:
    return model.settling.keep_probability if model.settling else model.review_probability


def chance_joins(model: LinkModel) -> str:
    """SQL: the relations of counted chances beside `levels v`."""
    joins = "".join(f" left join places_{column} p_{column} using (la, ra)" for column in by_places(model))
    for column, levels in model.comparisons.items():
        if any(level.u == COUNTED and name in model.kind(column).share_of for name, level in levels.items()):
            joins += f" left join agreed_{column} a_{column} using (la, ra)"
    return joins


def _bits(column: str, model: LinkModel) -> str:
    """SQL: the weight of one comparison's level in tenths of bits; 0 where a side shows nothing.

    A value nobody on the right bears by itself (a mask without a surname) is worth one bit.
    """
    cases = []
    for number, (name, level) in enumerate(model.comparisons[column].items(), start=1):
        chance = counted_chance(model, column, name) if level.u == COUNTED else repr(level.u)
        cases.append(f"when {number} then round(log2({level.m!r} / {chance}), 1)")
    return f"case v.{column}_level {' '.join(cases)} else 0.0 end"


def counted_chance(model: LinkModel, column: str, name: str) -> str:
    """SQL: chance of the very value a pair agrees on; half of m where nobody on the right bears it by itself."""
    found = f"p_{column}.chance" if name in model.kind(column).by_places else f"a_{column}.share"
    return f"least(coalesce({found}, {model.comparisons[column][name].m / 2!r}), 1.0)"


def _level_name(column: str, model: LinkModel) -> str:
    names = ", ".join(f"'{name}'" for name in (NULL_LEVEL, *model.comparisons[column]))
    return f"[{names}][{column}_level + 1]"


def _kept(model: LinkModel) -> str:
    """SQL: levels whose pairs are kept whatever they weigh."""
    kept = model.settling.keep_levels if model.settling else {}
    places = [
        f"{column}_level = {list(model.comparisons[column]).index(name) + 1}"
        for column, names in kept.items()
        if column in model.comparisons
        for name in names
    ]
    return "".join(f" or {place}" for place in places)
