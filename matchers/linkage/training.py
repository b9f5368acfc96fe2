"""Learn a model's weights from two tables, or one, without labels: the pure function behind `sanzhao train`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from matchers.linkage.chances import counted_levels, id_columns
from matchers.linkage.learn import Learned, chance_agreements, learn, pattern_counts
from matchers.linkage.link import Options, candidates
from matchers.linkage.model import LevelWeight, LinkModel, TrainedOn
from matchers.linkage.pairs import RulePlan
from schemas.errors import TableError

_DEFAULT = Options()


@dataclass(frozen=True)
class Training:
    """A trained model and what its training showed."""

    model: LinkModel
    plan: tuple[RulePlan, ...]
    learned: Learned
    expected_matches: float
    warnings: tuple[str, ...]


def train(left: pa.Table, right: pa.Table | None, model: LinkModel, *, options: Options = _DEFAULT) -> Training:
    """Learn m, u and the prior without labels. Raises TableError where the result cannot be trusted."""
    with candidates(left, right, model, options) as (con, sides, plan):
        patterns, counts = pattern_counts(con, model)
        learned = learn(patterns, counts, chance_agreements(con, model, sides), model, sides)
        pairs = int(counts.sum())
    warnings = _trust(learned, model, learned.prior * sides.pairs)
    trained_on = TrainedOn(
        left_rows=sides.left, right_rows=sides.right, pairs=pairs, rounds=learned.rounds, converged=learned.converged
    )
    fitted = model.model_copy(
        update={
            "prior": min(max(learned.prior * sides.pairs / sides.left, 1e-6), 0.999),
            "comparisons": _weights(model, learned),
            "trained_on": trained_on,
        }
    )
    return Training(fitted, tuple(plan), learned, learned.prior * sides.pairs, warnings)


def _trust(learned: Learned, model: LinkModel, matches: float) -> tuple[str, ...]:
    """Warnings on levels hardly seen; TableError where EM did not converge, swapped its classes, or broke an order."""
    if not learned.converged:
        raise TableError("训练没有收敛，保留原模型", rule="em_not_converged", action="检查分组规则是否带来足够多的真对")
    warnings = []
    for column, levels in model.comparisons.items():
        m, u = learned.m[column][1:], learned.u[column][1:]
        bits = np.log2(m / u)
        if bits[0] <= 0 or bits[-1] >= 0:
            raise TableError(
                f"{column} 一列一致反而降低、不一致反而提高把握，两类可能颠倒，保留原模型", rule="em_classes_swapped",
                action="检查该列是否两边含义不同",
            )  # fmt: skip
        for upper, lower, name in zip(bits[:-1], bits[1:], list(levels)[:-1], strict=True):
            if lower > upper + 1.0:
                warnings.append(
                    f"{column}.{name} 的权重低于其后一级，真对中约 {m[list(levels).index(name)] * matches:.0f} 对"
                )
    return tuple(warnings)


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
