"""Explain one pair: its comparison levels and match weights, its blocking rules, and what it lacks for a link.

Term frequencies are counted over the whole tables, and the decision is taken from a full run of `link_tables`, so that
rival pairs count as they do there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import Pairs, packed, unpacked
from matchers.blocking.keys import finding_rules
from matchers.deciding.tier_scores import score_by_tiers
from matchers.deciding.tiers import Keep, named_levels, tier_of
from matchers.engine import Options, embedded
from matchers.engines.link import link_tables
from matchers.model.evidence_tiers import NULL_LEVEL, EvidenceTier
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import NIBBLES, Both, encode_sides
from matchers.sides.named_rows import Rows
from matchers.weighing.chances import ValueChances
from matchers.weighing.entities import identical_rows
from matchers.weighing.score import given_weights, log_odds, unpruned, weighing_in
from schemas.errors import TableError
from schemas.rules import Rule


@dataclass(frozen=True)
class Rival:
    """Another pair of one of the two rows, among the pairs that `link_tables` returns; match_weight in bits."""

    left_id: str
    right_id: str
    decision: str
    match_weight: float


@dataclass(frozen=True)
class Lacking:
    """An evidence tier that would link the pair; `needs`: per column that does not fit it, the levels it accepts."""

    tier: str
    decision: str
    needs: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Why:
    """One pair explained. `bits`: per comparison the match weight added to `prior` (log2 odds); all weights in bits.

    `found_by`: the blocking rules that make it a candidate pair. `decision`: null where `link_tables` does not return
    the pair; `reason` is then empty. `to_link`, `to_review`: the threshold less the match weight, below 0 if it is met.
    """

    levels: Mapping[str, str]
    bits: Mapping[str, float]
    prior: float
    match_weight: float
    found_by: tuple[str, ...]
    not_found_by: Mapping[str, tuple[str, ...]]
    """The blocking rules that do not make it a candidate pair, with their keys."""
    decision: str | None
    reason: str
    tier: str | None
    lacking: tuple[Lacking, ...]
    to_link: float
    to_review: float
    rivals: tuple[Rival, ...]


def why(
    left: Rows, right: Rows, model: LinkModel, *, ids: tuple[str, str], pair: tuple[str, str],
    options: Options | None = None,
) -> Why:  # fmt: skip
    """The explanation of the pair with these left and right ids.

    Raises TableError where an id is not in its table, and all that `link_tables` raises.
    """
    chosen = options or Options()
    pairs = link_tables(left, right, model, ids=ids, options=chosen)
    with embedded(chosen) as con:
        con.execute(NIBBLES)
        both = encode_sides(left, right, model, ids=ids, threads=chosen.threads)
        at = _placed(both, pair)
        pattern, bits, prior = _weighed(con, model, both, at)
        rules = finding_rules(con, model, both, unpacked(at))
    levels = named_levels(model, pattern)
    weight = prior + sum(bits.values())
    decided, rivals = _among(pairs, pair)
    tier = tier_of(model, levels) if model.evidence_tiers else None
    return Why(
        levels, bits, prior, weight,
        tuple(rule for rule, found in rules.items() if found[0]),
        {rule: tuple(model.blocking[rule]) for rule, found in rules.items() if not found[0]},
        str(decided["decision"]) if decided else None, str(decided.get("reason", "")) if decided else "",
        tier.name if tier else None, _lacking(model, levels, tier),
        log_odds(model.link_probability) - weight, log_odds(model.review_probability) - weight, rivals,
    )  # fmt: skip


def _placed(both: Both, pair: tuple[str, str]) -> Pairs:
    """One packed pair of row numbers. Raises TableError where an id is not in its table."""
    import pyarrow.compute as pc  # loads slowly

    rows = []
    for side, (name, key) in zip((both.left, both.right), zip(("左表", "右表"), pair, strict=True), strict=True):
        found = np.flatnonzero(pc.equal(side.whole_ids(), key).to_numpy(zero_copy_only=False))
        if not len(found):
            raise TableError(f"{name}没有编号为 {key} 的行", rule=Rule.NO_ROW, action="核对编号和编号列")
        rows.append(found[:1])
    return packed(rows[0], rows[1])


def _weighed(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, at: Pairs
) -> tuple[int, dict[str, float], float]:
    """The pair's level pattern, the match weight of each comparison and the prior, in bits; nothing is pruned.

    Under evidence tiers the match weight is rounded to tenths, and the prior takes up the difference.
    """
    if model.evidence_tiers:
        entities = identical_rows(both.left) if both.same else None
        scored = score_by_tiers(con, model, both, [at], keep=Keep.ALL, entities=entities)
        bits = {column: float(one[0]) for column, one in scored.bits.items()}
        return int(scored.patterns[0]), bits, float(scored.weight[0]) - sum(bits.values())
    learned = given_weights(model, both.counts)
    prior, chances = log_odds(learned.prior), ValueChances(con, model, both)
    nothing = {column: np.zeros(len(levels) + 1) for column, levels in model.comparisons.items()}
    free = {column: (none, none) for column, none in nothing.items()}
    found = unpruned(con, weighing_in(model, list(free), free, prior, np.array(-np.inf)), both, [at])
    counted = chances.bits_by_column(found.pairs, found.patterns)
    levels = named_levels(model, int(found.patterns[0]))
    bits = {}
    for column, level in levels.items():
        number = 0 if level == NULL_LEVEL else list(model.comparisons[column]).index(level) + 1
        one = float(np.log2(learned.m[column][number])) + counted[column] if column in counted else None
        bits[column] = float(learned.bits(column)[number]) if one is None else one
    return int(found.patterns[0]), bits, prior


def _among(pairs: pa.Table, pair: tuple[str, str]) -> tuple[dict[str, object] | None, tuple[Rival, ...]]:
    """The row of this pair, null where there is none, and the other pairs with its left or its right id."""
    import pyarrow.compute as pc  # loads slowly

    near = pc.or_(pc.equal(pairs["left_id"], pair[0]), pc.equal(pairs["right_id"], pair[1]))
    rows = pairs.drop_columns(["blocking_rules", "levels"]).filter(near).to_pylist()
    own = next((row for row in rows if (row["left_id"], row["right_id"]) == pair), None)
    rivals = tuple(
        Rival(row["left_id"], row["right_id"], row["decision"], row["match_weight"])
        for row in rows
        if (row["left_id"], row["right_id"]) != pair
    )
    return own, rivals


def _lacking(model: LinkModel, levels: Mapping[str, str], tier: EvidenceTier | None) -> tuple[Lacking, ...]:
    """The evidence tiers that link and of which the fewest columns do not fit the pair; none if its own tier links."""
    if tier is None or tier.decision == "link":
        return ()
    found = []
    for one in model.evidence_tiers:
        if one.decision == "link":
            needs = {c: wanted for c, wanted in one.when.items() if levels.get(c, NULL_LEVEL) not in wanted}
            found.append(Lacking(one.name, one.decision, needs))
    fewest = min((len(one.needs) for one in found), default=0)
    return tuple(one for one in found if len(one.needs) == fewest)
