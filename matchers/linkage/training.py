"""Learn a model's weights from two tables, or one, without labels: the pure function behind `sanzhao train`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from matchers.linkage.agreeing import chance_agreements
from matchers.linkage.chances import counted_levels, id_columns
from matchers.linkage.crosscheck import CrossCheck, cross_check
from matchers.linkage.expected import Outcome, Unlinkable, expected_outcomes, unlinkable_rows
from matchers.linkage.judged import candidate_patterns, checked_judgements, place_judgements
from matchers.linkage.learn import MOST_ROUNDS, Learned, Patterns, learn, levels_by_column, posterior
from matchers.linkage.link import Options, candidates, id_column
from matchers.linkage.model import LevelWeight, LinkModel, TrainedOn
from matchers.linkage.pairs import RulePlan
from matchers.linkage.tables import Sides
from matchers.linkage.trust import in_order, refuse_untrusted


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


def train(
    left: pa.Table,
    right: pa.Table | None,
    model: LinkModel,
    *,
    judging: Judging | None = None,
    options: Options | None = None,
    rounds: int = MOST_ROUNDS,
) -> Training:
    """Learn m, u and the prior. Raises TableError where the result cannot be trusted; `right` null is one table."""
    judgements = checked_judgements(judging.judgements) if judging else None
    with candidates(left, right, model, options or Options()) as (con, sides, plan):
        unknown = 0
        if judging and judgements:
            other = left if right is None else right
            ids = id_column(left, judging.ids[0]), id_column(other, judging.ids[1])
            unknown = place_judgements(con, judgements, ids, sides)
        patterns = candidate_patterns(con, model, judged=judging is not None)
        chances = chance_agreements(con, model, sides)
        learned = learn(patterns, chances.u, model, sides, rounds=rounds)
        learned = learn(patterns, chances.without_matches(learned), model, sides, rounds=rounds)
        matches = learned.prior * sides.pairs
        refuse_untrusted(learned, model, matches)
        learned, said = in_order(learned, model, matches)
        fitted = _fitted(model, learned, patterns, sides)
        outcomes, unlinkable = _expected(con, fitted, sides)
    return Training(
        before=model, model=fitted, plan=tuple(plan), learned=learned, expected_matches=matches, outcomes=outcomes,
        unlinkable=unlinkable, crosscheck=cross_check(patterns, learned, model),
        judged=_judged_shown(learned, patterns, model, unknown) if judging else None, warnings=said,
    )  # fmt: skip


def _expected(
    con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides
) -> tuple[tuple[Outcome, ...], tuple[Unlinkable, ...]]:
    outcomes = expected_outcomes(con, model, sides)
    return outcomes, unlinkable_rows(con, model, sides)


def _judged_shown(learned: Learned, patterns: Patterns, model: LinkModel, unknown: int) -> JudgedShown:
    chance = posterior(learned, levels_by_column(model, patterns.numbers), patterns.all)[0]
    return JudgedShown(
        int(patterns.same.sum()), int(patterns.other.sum()), unknown,
        int(patterns.same[chance < 0.5].sum()), int(patterns.other[chance >= 0.5].sum()),
    )  # fmt: skip


def _fitted(model: LinkModel, learned: Learned, patterns: Patterns, sides: Sides) -> LinkModel:
    """The model with what was learned, and a version that its weights alone decide."""
    prior = min(max(learned.prior * sides.pairs / sides.left, 1e-6), 0.999)
    trained_on = TrainedOn(
        left_rows=sides.left, right_rows=sides.right, pairs=int(patterns.all.sum()), rounds=learned.rounds,
        converged=learned.converged, expected_matches=round(learned.prior * sides.pairs, 1),
        judged=int(patterns.same.sum() + patterns.other.sum()), base=f"{model.name} {model.version}",
    )  # fmt: skip
    return versioned(model, _weights(model, learned), float(f"{prior:.6g}"), trained_on)


def versioned(
    model: LinkModel, comparisons: dict[str, dict[str, LevelWeight]], prior: float, trained_on: TrainedOn
) -> LinkModel:
    """The model with new weights, under a version that its weights alone decide."""
    told = json.dumps([prior, {c: {n: w.model_dump() for n, w in v.items()} for c, v in comparisons.items()}])
    version = f"{model.version.partition('+')[0]}+{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    update = {"version": version, "prior": prior, "comparisons": comparisons, "trained_on": trained_on}
    return model.model_copy(update=update)


def _weights(model: LinkModel, learned: Learned) -> dict[str, dict[str, LevelWeight]]:
    counted = {(column, number) for column, number, _ in counted_levels(model)}
    counted |= {
        (column, number)
        for column in id_columns(model)
        for number, name in enumerate(model.comparisons[column], 1)
        if name in ("full", "visible")
    }
    return {
        column: {
            name: LevelWeight(
                m=float(f"{learned.m[column][number]:.6g}"),
                u="counted" if (column, number) in counted else float(f"{learned.u[column][number]:.6g}"),
            )
            for number, name in enumerate(levels, 1)
        }
        for column, levels in model.comparisons.items()
    }
