"""One decision per scored pair under the model's evidence tiers: link, review or reject, and why.

The evidence tier of a pair's pattern bounds its decision; shared values, rival pairs and judgements decide within it.
On a unique side a row has one partner at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Keys, Pairs, Seqs, packed, unpacked
from matchers.blocking.keys import key_values
from matchers.deciding.owners import ValueOwners, value_owners
from matchers.deciding.tiers import named_levels, tier_of
from matchers.model.evidence_tiers import DecisionRules
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.weighing.entities import joined
from matchers.weighing.scored import ScoredPairs

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]


class Decision(IntEnum):
    """The decision on a pair, in the order of the file of pairs."""

    LINK = 0
    REVIEW = 1
    REJECT = 2


class Judgement(IntEnum):
    """A person's judgement on a pair."""

    NONE = 0
    LINK = 1
    NOT_LINK = 2


class LinkRank(IntEnum):
    """The rank of a link among those of one row: a judgement, then a full ID, then strong evidence."""

    NONE = 0
    STRONG = 1
    EXACT = 2
    CONFIRMED = 3


class Remark(IntEnum):
    """What decided the pair beside its evidence tier."""

    NONE = 0
    SAME = 1
    NOT_SAME = 2
    BETTER = 3
    SEVERAL = 4
    SHARED = 5
    UNSURE = 6


@dataclass(frozen=True)
class DecidedPairs:
    """One entry per scored pair. `tier`: its place in the model's list; `two_candidates`: a rival is within the margin.

    `mixed_ids`: a link that waits because the rows it would join show different IDs.
    """

    scored: ScoredPairs
    tier: Seqs
    decision: Codes
    judged: Codes
    remark: Codes
    two_candidates: Bools
    mixed_ids: Bools
    owners: ValueOwners
    value_shared: Bools

    def where(self, kept: Bools) -> DecidedPairs:
        """Some of them."""
        owners = self.owners
        return DecidedPairs(
            self.scored.where(kept), self.tier[kept], self.decision[kept], self.judged[kept], self.remark[kept],
            self.two_candidates[kept], self.mixed_ids[kept],
            ValueOwners(owners.names[kept], owners.persons[kept], owners.of_another[kept]), self.value_shared[kept],
        )  # fmt: skip

    @property
    def linked(self) -> Bools:
        """Pairs that link."""
        return np.asarray(self.decision == Decision.LINK, np.bool_)


@dataclass(frozen=True)
class _Tiers:
    """The tiers' properties as arrays, one entry per pair."""

    number: Seqs
    decision: Codes
    exact: Bools
    doubted: Bools
    needs: dict[str, Bools]


@dataclass(frozen=True)
class _PairFacts:
    """What is known of each pair before any is decided: its tier, owners of what it shares, a person's judgement."""

    model: LinkModel
    both: Both
    scored: ScoredPairs
    tiers: _Tiers
    owners: ValueOwners
    shared: Bools
    judged: Codes


_NEEDS = ("needs_probability", "needs_review_probability", "needs_own_value", "needs_single_owner")


def decide_scored(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, scored: ScoredPairs, judged: Codes | None = None
) -> DecidedPairs:
    """One decision per scored pair. `judged`: per pair its judgement, which beats the match weight."""
    judged = np.zeros(len(scored), np.int8) if judged is None else judged
    owners = value_owners(con, model, both, scored.pairs, scored.patterns)
    return _refuse_mixed_ids(con, model, both, settle(model, both, scored, judged, owners))


def settle(model: LinkModel, both: Both, scored: ScoredPairs, judged: Codes, owners: ValueOwners) -> DecidedPairs:
    """One decision per pair from its evidence tier, the owners of shared values, judgements and rival pairs.

    All pairs of a row on the unique side must be among them; of both sides only the ids are read.
    """
    tiers = _tiers_of(model, scored.patterns)
    rule = model.decision_rules.owners if model.decision_rules else None
    shared = owners.names >= (rule.shared_from_names if rule else 2)
    facts = _PairFacts(model, both, scored, tiers, owners, shared, judged)
    first = _first_decisions(facts)
    decision, several_near = _against_rivals(facts, first)
    remark = _remarks(facts, decision, first, several_near)
    return DecidedPairs(
        scored, tiers.number, decision, judged, remark, several_near, np.zeros(len(scored), bool), owners, shared
    )


def decision_rules_of(model: LinkModel) -> DecisionRules:
    """The model's [decision_rules], which every model with tiers has. Raises ValueError for another."""
    if model.decision_rules is None:
        raise ValueError(f"model {model.name} has no evidence tiers to decide by")
    return model.decision_rules


def _tiers_of(model: LinkModel, patterns: npt.NDArray[np.uint64]) -> _Tiers:
    """The tier that decides each pair: looked up once per distinct pattern."""
    distinct, place = np.unique(patterns, return_inverse=True)
    numbers = {tier.name: number for number, tier in enumerate(model.evidence_tiers)}
    by_pattern = [numbers[tier_of(model, named_levels(model, int(pattern))).name] for pattern in distinct]
    number = np.array(by_pattern, np.int64)[place] if len(place) else np.zeros(0, np.int64)

    def each(values: list[int]) -> npt.NDArray[np.int64]:
        return np.array(values, np.int64)[number]

    return _Tiers(
        number,
        each([Decision[tier.decision.upper()] for tier in model.evidence_tiers]).astype(np.int8),
        each([tier.match_class == "exact" for tier in model.evidence_tiers]).astype(bool),
        each([tier.doubt is not None for tier in model.evidence_tiers]).astype(bool),
        {need: each([getattr(tier, need) for tier in model.evidence_tiers]).astype(bool) for need in _NEEDS},
    )


def _first_decisions(facts: _PairFacts) -> Codes:
    """Per pair its decision before rival pairs are looked at."""
    model, judged, probability = facts.model, facts.judged, facts.scored.probability
    reviewed = np.where(probability >= model.review_probability, Decision.REVIEW, Decision.REJECT)
    needs = facts.tiers.needs
    decisions = np.select(
        [
            judged == Judgement.LINK,
            judged == Judgement.NOT_LINK,
            needs["needs_own_value"] & facts.shared,
            needs["needs_single_owner"] & (facts.owners.persons > 1),
            needs["needs_probability"] & (probability < model.link_probability),
            needs["needs_review_probability"] & (probability < model.review_probability),
        ],
        [Decision.LINK, Decision.REJECT, reviewed, Decision.REVIEW, reviewed, Decision.REJECT],
        facts.tiers.decision,
    )
    return decisions.astype(np.int8)


def _against_rivals(facts: _PairFacts, first: Codes) -> tuple[Codes, Bools]:
    """Per pair its decision among the pairs of its row on the unique side, and whether a rival is within the margin.

    Judgements rank first, then a full ID, then strong evidence, then review; by match weight within a rank.
    """
    model, scored = facts.model, facts.scored
    decision, several_near = first.copy(), np.zeros(len(scored), bool)
    rows = np.flatnonzero(first != Decision.REJECT)
    group, groups = _rival_groups(model, scored.pairs[rows], same=facts.both.same)
    weight, link = scored.weight[rows], first[rows] == Decision.LINK
    standing = np.where(link, np.where(facts.tiers.exact[rows], LinkRank.EXACT, LinkRank.STRONG), LinkRank.NONE)
    standing[facts.judged[rows] == Judgement.LINK] = LinkRank.CONFIRMED
    best_standing = _highest(standing.astype(np.float64), group, groups)[group]
    best_weight = _highest(weight, group, groups)[group]
    best_link = _highest(np.where(standing > 0, weight, -np.inf), group, groups)[group]
    exact_links = np.bincount(group[standing == LinkRank.EXACT], minlength=groups)[group]
    near = weight >= best_weight - model.margin_bits
    near_ones = np.bincount(group[near], minlength=groups)[group]
    place = _places(facts, rows, group, first[rows])
    link, review, reject = Decision.LINK, Decision.REVIEW, Decision.REJECT
    exact = standing == LinkRank.EXACT
    decision[rows] = np.select(
        [
            best_standing == LinkRank.CONFIRMED,
            (best_standing == LinkRank.EXACT) & (exact_links > 1),
            best_standing == LinkRank.EXACT,
            (best_standing == LinkRank.STRONG) & (near_ones > 1),
            best_standing == LinkRank.STRONG,
            place > decision_rules_of(model).max_reviews_per_row,
        ],
        [
            np.where(standing == LinkRank.CONFIRMED, link, reject),
            np.where(exact, review, reject),
            np.where(exact, link, reject),
            np.where(near, review, reject),
            np.where((standing == LinkRank.STRONG) & (weight == best_link), link, reject),
            reject,
        ],
        review,
    )
    several_near[rows] = (near_ones > 1) | (exact_links > 1)
    return decision, several_near


def _rival_groups(model: LinkModel, pairs: Pairs, *, same: bool) -> tuple[Seqs, int]:
    """Per pair the number of its row on the unique side; each pair by itself where no side is unique."""
    if not model.unique or same:
        return np.arange(len(pairs)), len(pairs)
    rows = unpacked(pairs)[0 if model.unique[0] == "left" else 1]
    distinct, group = np.unique(rows, return_inverse=True)
    return group, len(distinct)


def _highest(values: Floats, group: Seqs, groups: int) -> Floats:
    highest = np.full(groups, -np.inf)
    np.maximum.at(highest, group, values)
    return highest


def _places(facts: _PairFacts, rows: Seqs, group: Seqs, first: Codes) -> Seqs:
    """Each pair's place, from 1, among those of its row and decision: heaviest first, then by the rows' ids.

    Where a row has no more pairs than are enough, their places do not matter and all are 1.
    """
    pairs, weight, both = facts.scored.pairs[rows], facts.scored.weight[rows], facts.both
    enough = decision_rules_of(facts.model).max_reviews_per_row
    places = np.ones(len(pairs), np.int64)
    many = np.flatnonzero(np.bincount(group, minlength=1)[group] > enough)
    seqs = unpacked(pairs[many])
    left, right = (side.in_order_of_ids(rows) for side, rows in zip((both.left, both.right), seqs, strict=True))
    group, first = group[many], first[many]
    order = np.lexsort((left, right, -weight[many], first, group))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (group[order][1:] != group[order][:-1]) | (first[order][1:] != first[order][:-1])
    starts = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    places[many[order]] = np.arange(len(order)) - starts + 1
    return places


def _remarks(facts: _PairFacts, decision: Codes, first: Codes, several_near: Bools) -> Codes:
    judged = facts.judged
    review = decision == Decision.REVIEW
    remarks = np.select(
        [
            judged == Judgement.LINK,
            judged == Judgement.NOT_LINK,
            (decision == Decision.REJECT) & (first != Decision.REJECT),
            review & several_near,
            review & (first == Decision.REVIEW) & facts.shared,
            review & ~facts.tiers.doubted,
        ],
        [Remark.SAME, Remark.NOT_SAME, Remark.BETTER, Remark.SEVERAL, Remark.SHARED, Remark.UNSURE],
        Remark.NONE,
    )
    return remarks.astype(np.int8)


def _refuse_mixed_ids(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, decided: DecidedPairs
) -> DecidedPairs:
    """The decided pairs; links by strong evidence become review where they would put two full IDs in one cluster."""
    key, links = unique_key_of_cluster(model), np.flatnonzero(decided.linked)
    if key is None or not len(links):
        return decided
    left, right = unpacked(decided.scored.pairs[links])
    groups = joined(np.arange(both.left.rows), packed(left, right))[left] if both.same else right
    values = [key_values(con, model, key, side) for side in (both.left, both.right)]
    mixed = links[np.isin(groups, _of_two_values(groups, values[0][left], values[1][right]))]
    strong = np.isin(decided.tier[mixed], strong_tiers(model))
    mixed = mixed[strong & (decided.judged[mixed] != Judgement.LINK)]
    decided.decision[mixed], decided.mixed_ids[mixed] = Decision.REVIEW, True
    return decided


def unique_key_of_cluster(model: LinkModel) -> str | None:
    """The key of which a cluster may have one value only; null where the tables lack its column."""
    key = decision_rules_of(model).unique_per_cluster
    return key if key is not None and key.partition(".")[0] in model.columns else None


def strong_tiers(model: LinkModel) -> list[int]:
    """The places of evidence tiers that link by strong evidence; a conflict of values turns their links into review."""
    return [place for place, tier in enumerate(model.evidence_tiers) if tier.match_class == "strong"]


def _of_two_values(groups: Seqs, *values: Keys) -> Seqs:
    """The clusters whose rows have more than one value."""
    group, value = np.concatenate([groups] * len(values)), np.concatenate(values)
    group, value = group[value != 0], value[value != 0]
    order = np.lexsort((value, group))
    group, value = group[order], value[order]
    other = (group[1:] == group[:-1]) & (value[1:] != value[:-1])
    return np.unique(group[1:][other])
