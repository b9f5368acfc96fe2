"""Learn a model's weights from two tables, or one, without labels: the pure function behind `sanzhao train`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import distinct, distinct_batches
from matchers.blocking.budget import refuse_long_lists
from matchers.blocking.copies import copies, pairs_of_copies
from matchers.blocking.plan import RulePlan, plan_blocks
from matchers.deciding.judgements import JudgedPairs, checked_judgements, place_judgements
from matchers.engine import Options, embedded
from matchers.model.link_model import LevelWeight, LinkModel, TrainedOn
from matchers.sides.encoded import NIBBLES, Both, Sides, encode_sides
from matchers.sides.named_rows import Rows
from matchers.sides.unread import Unread
from matchers.training.chance_agreements import Chances, chance_agreements
from matchers.training.crosscheck import CrossCheck, cross_check
from matchers.training.em import MOST_ROUNDS, Patterns, learn, levels_by_column, posterior
from matchers.training.expected import Outcome, Unlinkable, expected_outcomes, unlinkable_rows
from matchers.training.judged_patterns import candidate_patterns
from matchers.training.trust import in_order, refuse_empty, refuse_too_many, refuse_uneven, refuse_untrusted
from matchers.weighing.chances import counted_levels, id_levels
from matchers.weighing.entities import identical_rows
from matchers.weighing.weights import Learned


@dataclass(frozen=True)
class Judging:
    """Pairs persons judged (left_id, right_id, judgement), and the tables' id columns they name."""

    judgements: pa.Table
    ids: tuple[str, str]


@dataclass(frozen=True)
class JudgedShown:
    """What came of the judgements: pairs judged, rows that name no row here, and pairs the weights see otherwise."""

    same: int
    other: int
    unknown: int
    same_unlikely: int
    other_likely: int


@dataclass(frozen=True)
class Training:
    """A trained model and what its training showed."""

    before: LinkModel
    model: LinkModel
    plan: tuple[RulePlan, ...]
    learned: Learned
    expected_matches: float
    outcomes: tuple[Outcome, ...]
    unlinkable: tuple[Unlinkable, ...]
    crosscheck: CrossCheck | None
    judged: JudgedShown | None
    warnings: tuple[str, ...]
    unread: Mapping[str, Mapping[str, Unread]] = field(default_factory=dict)
    """By side and column, filled cells that showed nothing."""


def train(
    left: Rows,
    right: Rows | None,
    model: LinkModel,
    *,
    judging: Judging | None = None,
    options: Options | None = None,
    rounds: int = MOST_ROUNDS,
) -> Training:
    """Learn m, u and the prior. Raises TableError where the result cannot be trusted; `right` null is one table."""
    chosen = options or Options()
    with embedded(chosen) as con:
        con.execute(NIBBLES)
        both = encode_sides(left, right, model, ids=judging.ids if judging else None, threads=chosen.threads)
        refuse_empty(both.counts)
        placed = _placed(both, judging.judgements) if judging else None
        entities = identical_rows(both.left) if both.same else np.zeros(0, np.int64)
        copied = copies(entities)
        blocks = plan_blocks(con, model, both, threads=chosen.threads, without=copied)
        refuse_long_lists(model, blocks)
        batches = [*distinct_batches(blocks), *([pairs_of_copies(entities, copied)] if len(copied) else [])]
        pairs = distinct(np.concatenate(batches)) if batches else np.zeros(0, np.uint64)
        patterns = candidate_patterns(con, model, both, pairs, placed)
        chances = chance_agreements(con, model, both, threads=chosen.threads)
        learned = _learned(chances, patterns, model, both, rounds)
        matches = learned.prior * both.counts.pairs
        refuse_untrusted(learned, model, matches)
        refuse_too_many(matches, model, both.counts)
        learned, warnings = in_order(learned, model, matches)
        refuse_uneven(learned, model)
        fitted = _fitted(model, learned, chances, patterns, both.counts)
        with ThreadPoolExecutor(max_workers=1) as beside:  # the cross-check spends most of its time loading libraries
            checked = beside.submit(cross_check, patterns, learned, model)
            outcomes, unlinkable = expected_outcomes(con, fitted, both, pairs), unlinkable_rows(con, fitted, both)
    return Training(
        before=model, model=fitted, plan=tuple(RulePlan(block.rule, block.pairs) for block in blocks), learned=learned,
        expected_matches=matches, outcomes=outcomes, unlinkable=unlinkable,
        crosscheck=checked.result(),
        judged=_judged_shown(learned, patterns, model, placed.unknown) if placed else None, warnings=warnings,
        unread=both.unread,
    )  # fmt: skip


def _placed(both: Both, judgements: pa.Table) -> JudgedPairs:
    return place_judgements(
        checked_judgements(judgements), (both.left.whole_ids(), both.right.whole_ids()), same=both.same
    )


def _learned(chances: Chances, patterns: Patterns, model: LinkModel, both: Both, rounds: int) -> Learned:
    """EM twice: the second time without the matches of the first among the rows that u was drawn from."""
    first = learn(patterns, chances.given_same_name(chances.u), model, both.counts, rounds=rounds)
    return learn(patterns, chances.given_same_name(chances.without_matches(first)), model, both.counts, rounds=rounds)


def _judged_shown(learned: Learned, patterns: Patterns, model: LinkModel, unknown: int) -> JudgedShown:
    chance = posterior(learned, levels_by_column(model, patterns.numbers), patterns.all)[0]
    return JudgedShown(
        int(patterns.same.sum()), int(patterns.other.sum()), unknown,
        int(patterns.same[chance < 0.5].sum()), int(patterns.other[chance >= 0.5].sum()),
    )  # fmt: skip


def _fitted(model: LinkModel, learned: Learned, chances: Chances, patterns: Patterns, sides: Sides) -> LinkModel:
    """The model with what was learned, and a version that its weights alone decide."""
    prior = min(max(learned.prior * sides.pairs / sides.left, 1e-6), 0.999)
    trained_on = TrainedOn(
        left_rows=sides.left, right_rows=sides.right, pairs=int(patterns.all.sum()), rounds=learned.rounds,
        converged=learned.converged, expected_matches=round(learned.prior * sides.pairs, 1),
        judged=int(patterns.same.sum() + patterns.other.sum()), base=f"{model.name} {model.version}",
    )  # fmt: skip
    return versioned(model, _weights(model, learned, chances), _short(prior), trained_on)


def versioned(
    model: LinkModel, comparisons: dict[str, dict[str, LevelWeight]], prior: float, trained_on: TrainedOn
) -> LinkModel:
    """The model with new weights, under a version that its weights alone decide."""
    weights_text = json.dumps([prior, {c: {n: w.model_dump() for n, w in v.items()} for c, v in comparisons.items()}])
    version = f"{model.version.partition('+')[0]}+{hashlib.sha256(weights_text.encode()).hexdigest()[:8]}"
    update = {"version": version, "prior": prior, "comparisons": comparisons, "trained_on": trained_on}
    return model.model_copy(update=update)


def _weights(model: LinkModel, learned: Learned, chances: Chances) -> dict[str, dict[str, LevelWeight]]:
    counted = {(column, number) for column, number, _ in counted_levels(model)} | set(id_levels(model))
    return {
        column: {
            name: LevelWeight(
                m=_short(learned.m[column][number]),
                u="counted"
                if (column, number) in counted
                else _short(learned.u[column][number] / chances.name_correlation(column, name)),
                lift=chances.name_correlations.get((column, name)),
            )
            for number, name in enumerate(levels, 1)
        }
        for column, levels in model.comparisons.items()
    }


def _short(number: float) -> float:
    """Six digits: what a person reads, and what every later run uses."""
    return float(f"{number:.6g}")
