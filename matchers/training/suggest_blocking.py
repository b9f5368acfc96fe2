"""One row per candidate blocking rule of a new table: pairs it would bring, matches it finds, recall lost without it.

Candidates are keys of single columns, and pairs and triples of columns where fewer would bring too many pairs. Probable
matches come from all affordable candidates together, scored by the model, for an even sample of the left rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import distinct_batches, unpacked
from matchers.blocking.keys import finding_rules
from matchers.blocking.plan import plan_blocks
from matchers.engine import Options, embedded
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import NIBBLES, Both, Side, encode_sides
from matchers.sides.named_rows import Rows
from matchers.training.trust import refuse_empty
from matchers.weighing.score import given_weights, score_pairs
from schemas.errors import TableError
from schemas.rules import Rule

_PAIRS_PER_ROW = 10
_SAMPLED_ROWS = 50_000
_POOL_PAIRS = 20_000_000
_BATCH = 8
_LEAST_GAIN = 0.0005
_PLAIN_FORMS = ("key", "value", "full", "day")
Rules = dict[str, tuple[str, ...]]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """One rule: planned pairs, share of the probable matches it finds, share that the other chosen rules would miss."""

    rule: str
    keys: tuple[str, ...]
    pairs: int
    recall: float
    lost: float
    chosen: bool


@dataclass(frozen=True)
class Suggestion:
    """Rules in the order chosen, then the others by what they find; the recall of the chosen together."""

    candidates: tuple[Candidate, ...]
    recall: float
    pairs: int
    budget: int
    matches: float

    @property
    def blocking(self) -> Rules:
        """The chosen rules as a model's `[blocking]` section."""
        return {candidate.rule: candidate.keys for candidate in self.candidates if candidate.chosen}


def suggest_blocking(left: Rows, right: Rows | None, model: LinkModel, *, options: Options | None = None) -> Suggestion:
    """Rules that together find nearly all probable matches within the budget (ten pairs a row, at most `max_pairs`).

    Raises TableError where there are no two rows to compare, or none that share anything.
    """
    chosen = options or Options()
    rows = left.num_rows + (0 if right is None else right.num_rows)
    budget = min(model.max_pairs, _PAIRS_PER_ROW * rows)
    with embedded(chosen) as con:
        con.execute(NIBBLES)
        both = encode_sides(left, right, model, threads=chosen.threads)
        refuse_empty(both.counts)
        planned = _planned(con, model, both, budget)
        affordable = {rule: keys for rule, (keys, pairs) in planned.items() if 0 < pairs <= budget}
        pool = _pool(affordable, {rule: pairs for rule, (_, pairs) in planned.items()})
        if not pool:
            raise TableError(
                "没有一条规则能在预算内把行配成对，推荐不出分组规则", rule=Rule.NO_BLOCKING,
                action="核对两张表的列是不是都有值，或自己在模型的 [blocking] 里写规则",
            )  # fmt: skip
        sampled, step = _sampled(both)
        matches, weights = _matches_by_rule(con, _blocked(model, pool), sampled)
    return _chosen(pool, {rule: planned[rule][1] for rule in pool}, (matches, weights * step), budget)


def _blocked(model: LinkModel, rules: Rules) -> LinkModel:
    """The model with other rules, none of which is refused."""
    return model.model_copy(update={"blocking": rules, "max_block_rows": {}, "max_pairs": 10**15})


def _sampled(both: Both) -> tuple[Both, int]:
    """An even sample of the left rows, and how many rows each stands for; one table held against itself is whole."""
    step = 1 if both.same else max(1, both.left.rows // _SAMPLED_ROWS)
    seqs = np.arange(0, both.left.rows, step, dtype=np.int64)
    if step == 1:
        return both, 1
    return Both(Side(len(seqs), both.left.take(tuple(both.left.columns), seqs)), both.right, False), step


def _planned(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, budget: int
) -> dict[str, tuple[tuple[str, ...], int]]:
    """Every rule worth looking at with its pairs: longer rules only where all their parts bring too many."""
    keys = [f"{column}.{form}" for column in model.columns for form in model.kind(column).keys]
    planned: dict[str, tuple[tuple[str, ...], int]] = {}
    large: set[tuple[str, ...]] = set()
    for size in (1, 2, 3):
        rules = {
            rule_name(combined): combined
            for combined in itertools.combinations(keys, size)
            if size == 1 or (_columns_differ(combined) and large.issuperset(itertools.combinations(combined, size - 1)))
        }
        counts = _pairs_per_rule(con, model, both, rules)
        planned |= {rule: (rules[rule], pairs) for rule, pairs in counts.items()}
        large = {rules[rule] for rule, pairs in counts.items() if pairs > budget // 20}
    return planned


def _columns_differ(keys: tuple[str, ...]) -> bool:
    return len({key.partition(".")[0] for key in keys}) == len(keys)


def rule_name(keys: Iterable[str]) -> str:
    """`same_name_and_phone_tail4`: what the rule says."""
    parts = []
    for key in keys:
        column, _, form = key.partition(".")
        parts.append(column if form in _PLAIN_FORMS else f"{column}_{form}")
    return f"same_{'_and_'.join(parts)}"


def _pairs_per_rule(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, rules: Rules) -> dict[str, int]:
    """Pairs each rule would bring by itself, a few rules at a time so that their keys fit in memory."""
    names = list(rules)
    counts: dict[str, int] = {}
    for start in range(0, len(names), _BATCH):
        some = {name: rules[name] for name in names[start : start + _BATCH]}
        counts |= {block.rule: block.pairs for block in plan_blocks(con, _blocked(model, some), both)}
    return counts


def _pool(affordable: Rules, pairs: Mapping[str, int]) -> Rules:
    """The affordable rules, cheapest first, as far as the pool of pairs that are looked at reaches."""
    pool: Rules = {}
    total = 0
    for rule in sorted(affordable, key=lambda rule: (pairs[rule], rule)):
        total += pairs[rule]
        if pool and total > _POOL_PAIRS:
            break
        pool[rule] = affordable[rule]
    return pool


def _matches_by_rule(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> tuple[Flags, Floats]:
    """Probable matches by rules (does the rule find it), and each one's probability; a row's best partner only."""
    sure = model.model_copy(update={"review_probability": 0.5})
    batches = distinct_batches(plan_blocks(con, sure, both))
    scored = score_pairs(con, sure, given_weights(sure, both.counts), both, batches)
    left, right = unpacked(scored.pairs)
    best = np.lexsort((left, -scored.bits, right))
    partner = right[best]
    kept = np.sort(best[np.concatenate([np.ones(min(len(best), 1), bool), partner[1:] != partner[:-1]])])
    by_rule = finding_rules(con, sure, both, (left[kept], right[kept]))
    flags = np.array(list(by_rule.values())).reshape(len(by_rule), -1)
    return flags, np.asarray(1 / (1 + np.exp2(-scored.bits[kept])), np.float64)


def _chosen(pool: Rules, pairs: dict[str, int], matches: tuple[Flags, Floats], budget: int) -> Suggestion:
    flags, weights = matches
    total = max(float(weights.sum()), 1e-9)
    names = list(pool)
    picked = _greedy(names, pairs, flags, weights, budget)
    picked = _needed(picked, flags, weights)
    taken = {names[at] for at in picked}

    def row(at: int) -> Candidate:
        others = [rule for rule in picked if rule != at]
        covered = flags[others].any(axis=0) if others else np.zeros(len(weights), bool)
        return Candidate(
            names[at], pool[names[at]], pairs[names[at]], float(weights[flags[at]].sum() / total),
            float(weights[flags[at] & ~covered].sum() / total), names[at] in taken,
        )  # fmt: skip

    rest = sorted(
        (row(at) for at in range(len(names)) if at not in picked), key=lambda rule: (-rule.recall, rule.pairs)
    )
    covered = flags[picked].any(axis=0) if picked else np.zeros(len(weights), bool)
    return Suggestion(
        (*(row(at) for at in picked), *rest), float(weights[covered].sum() / total),
        sum(pairs[names[at]] for at in picked), budget, total,
    )  # fmt: skip


def _greedy(names: list[str], pairs: dict[str, int], flags: Flags, weights: Floats, budget: int) -> list[int]:
    """Rule after rule, each the one that finds most new matches per pair, while it fits and still finds some."""
    picked: list[int] = []
    left, spent = weights.copy(), 0
    floor = max(_LEAST_GAIN * weights.sum(), 1e-9)
    while True:
        gains = flags @ left
        fits = [at for at in range(len(names)) if gains[at] > floor and spent + pairs[names[at]] <= budget]
        if not fits:
            return picked
        best = max(fits, key=lambda at: (gains[at] / np.sqrt(pairs[names[at]] + 1000), -at))
        picked.append(best)
        spent += pairs[names[best]]
        left[flags[best]] = 0


def _needed(picked: list[int], flags: Flags, weights: Floats) -> list[int]:
    """Without the rules that later ones made superfluous."""
    kept = list(picked)
    for at in picked:
        others = [rule for rule in kept if rule != at]
        if others and weights[flags[at] & ~flags[others].any(axis=0)].sum() <= 1e-9:
            kept = others
    return kept
