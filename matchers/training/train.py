"""Learn a model's weights from two tables, or one, without labels: the pure function behind `sanzhao train`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import Pairs, distinct, distinct_batches, unpacked
from matchers.blocking.budget import refuse_long_lists
from matchers.blocking.copies import copies, pairs_of_copies
from matchers.blocking.keys import finding_rules
from matchers.blocking.plan import RulePlan, plan_blocks
from matchers.deciding.judgements import JudgedPairs, checked_judgements, place_judgements
from matchers.engine import Options, embedded
from matchers.model.link_model import TERM_FREQUENCY, LevelWeight, LinkModel, TrainedOn
from matchers.sides.encoded import NIBBLES, Both, encode_sides
from matchers.sides.named_rows import Rows
from matchers.sides.unread import Unread
from matchers.training.by_tiers import ByTiers
from matchers.training.by_weight import ByWeight
from matchers.training.crosscheck import CrossCheck, cross_check
from matchers.training.em import TrainingPairs, posterior, short
from matchers.training.expected import ExpectedOutcome, Unlinkable, expected_outcomes, unlinkable_rows
from matchers.training.pairs import EncodedTables, by_pattern
from matchers.training.trust import refuse_empty, refuse_too_many, refuse_unlearned
from matchers.weighing.entities import identical_rows
from matchers.weighing.weights import Learned


@dataclass(frozen=True)
class Judging:
    """Pairs persons judged (left_id, right_id, judgement), and the tables' id columns they name."""

    judgements: pa.Table
    ids: tuple[str, str]


@dataclass(frozen=True)
class JudgedFigures:
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
    outcomes: tuple[ExpectedOutcome, ...]
    unlinkable: tuple[Unlinkable, ...]
    crosscheck: CrossCheck | None
    judged: JudgedFigures | None
    warnings: tuple[str, ...]
    unread: Mapping[str, Mapping[str, Unread]] = field(default_factory=dict)
    """By side and column, filled cells that showed nothing."""


def train(
    left: Rows,
    right: Rows | None,
    model: LinkModel,
    *,
    whole: LinkModel | None = None,
    judging: Judging | None = None,
    options: Options | None = None,
) -> Training:
    """Learn m, u and the prior; `right` null is one table. `model` is `whole` as fitted to the tables.

    Raises TableError where the result cannot be trusted; the last model stays.
    """
    chosen, whole = options or Options(), whole or model
    with embedded(chosen) as con:
        con.execute(NIBBLES)
        both = encode_sides(left, right, model, ids=judging.ids if judging else None, threads=chosen.threads)
        refuse_empty(both.counts)
        placed = _placed(both, judging.judgements) if judging else None
        tables = EncodedTables(con, model, both, chosen.threads)
        candidates, plan = _candidates(tables)
        learning = (ByTiers if model.evidence_tiers else ByWeight)(tables)
        pairs = learning.pairs(candidates, placed)
        by_em = learning.learn(pairs)
        matches = by_em.prior * both.counts.pairs
        refuse_unlearned(by_em, matches)
        learned, warnings = learning.checked(learning.averaged(by_em, pairs), matches)
        refuse_too_many(matches, model, both.counts)
        fitted = _fitted(
            whole, learning.weights(learned), _trained_on(whole, learned, pairs, both), _prior(learned, both)
        )
        smaller = fitted.fitted_to(set(model.columns))
        with ThreadPoolExecutor(max_workers=1) as beside:  # the cross-check spends most of its time loading libraries
            checked = beside.submit(cross_check, by_pattern(pairs, model), learned, model)
            outcomes, unlinkable = (
                expected_outcomes(con, smaller, both, candidates),
                unlinkable_rows(con, smaller, both),
            )
    return Training(
        before=whole, model=fitted, plan=plan, learned=_of_all_columns(learned, fitted), expected_matches=matches,
        outcomes=outcomes, unlinkable=unlinkable, crosscheck=checked.result(),
        judged=_judged_figures(by_em, pairs, placed.unknown) if placed else None, warnings=warnings, unread=both.unread,
    )  # fmt: skip


def _placed(both: Both, judgements: pa.Table) -> JudgedPairs:
    ids = (both.left.whole_ids(), both.right.whole_ids())
    return place_judgements(checked_judgements(judgements), ids, same=both.same)


def _candidates(tables: EncodedTables) -> tuple[Pairs, tuple[RulePlan, ...]]:
    """Candidate pairs with the rules' plan, and copies of a row each with the first of them.

    Where evidence tiers decide, a pair shares the key of a rule in full, as a pair that is linked must.
    """
    con, model, both = tables.con, tables.model, tables.both
    entities = identical_rows(both.left) if both.same else np.zeros(0, np.int64)
    copied = copies(entities)
    blocks = plan_blocks(con, model, both, threads=tables.threads, without=copied)
    refuse_long_lists(model, blocks)
    candidates = distinct(np.concatenate([np.zeros(0, np.uint64), *distinct_batches(blocks)]))
    if model.evidence_tiers:
        candidates = candidates[
            np.logical_or.reduce(list(finding_rules(con, model, both, unpacked(candidates)).values()))
        ]
    candidates = (
        distinct(np.concatenate([candidates, pairs_of_copies(entities, copied)])) if len(copied) else candidates
    )
    return candidates, tuple(RulePlan(block.rule, block.pairs) for block in blocks)


def _judged_figures(learned: Learned, pairs: TrainingPairs, unknown: int) -> JudgedFigures:
    chance = posterior(learned, pairs.levels, pairs.bits_of_values())
    return JudgedFigures(
        int(pairs.same.sum()), int(pairs.other.sum()), unknown,
        int(pairs.same[chance < 0.5].sum()), int(pairs.other[chance >= 0.5].sum()),
    )  # fmt: skip


def _trained_on(model: LinkModel, learned: Learned, pairs: TrainingPairs, both: Both) -> TrainedOn:
    return TrainedOn(
        left_rows=both.counts.left, right_rows=both.counts.right, pairs=int(pairs.all.sum()), rounds=learned.rounds,
        converged=learned.converged, expected_matches=round(learned.prior * both.counts.pairs, 1),
        judged=int(pairs.same.sum() + pairs.other.sum()), base=f"{model.name} {model.version}",
    )  # fmt: skip


def _fitted(
    model: LinkModel, weights: dict[str, dict[str, LevelWeight]], trained_on: TrainedOn, prior: float
) -> LinkModel:
    """The model with new weights, under a version that its weights alone decide."""
    comparisons = {**model.comparisons, **weights}
    weights_text = json.dumps([prior, {c: {n: w.model_dump() for n, w in v.items()} for c, v in comparisons.items()}])
    version = f"{model.version.partition('+')[0]}+{hashlib.sha256(weights_text.encode()).hexdigest()[:8]}"
    update = {"version": version, "prior": prior, "comparisons": comparisons, "trained_on": trained_on}
    return model.model_copy(update=update)


def _prior(learned: Learned, both: Both) -> float:
    return short(min(max(learned.prior * both.counts.pairs / both.counts.left, 1e-6), 0.999))


def _of_all_columns(learned: Learned, model: LinkModel) -> Learned:
    """With the model's own weights for columns these tables do not have, for the report."""
    m, u = dict(learned.m), dict(learned.u)
    for column, levels in model.comparisons.items():
        m.setdefault(column, np.array([1.0, *(level.m for level in levels.values())]))
        u.setdefault(column, np.array([1.0, *(_given(level) for level in levels.values())]))
    return replace(learned, m=m, u=u)


def _given(level: LevelWeight) -> float:
    return level.m if level.u == TERM_FREQUENCY else float(level.u)
