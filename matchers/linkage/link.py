"""Link two tables, or one with itself, and learn a model's weights: the pure functions behind the commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from matchers.engine import embedded
from matchers.linkage.chances import counted_levels, id_columns
from matchers.linkage.learn import Learned, chance_agreements, learn, pattern_counts
from matchers.linkage.model import LevelWeight, LinkModel, TrainedOn
from matchers.linkage.pairs import RulePlan, key_table, make_pairs, plan_pairs, present_patterns
from matchers.linkage.result import write_decisions
from matchers.linkage.score import decide, given_weights, score
from matchers.linkage.tables import Sides, load_sides
from schemas.errors import TableError


@dataclass(frozen=True)
class Options:
    """How the engine may use the machine; the rows that come out do not depend on it."""

    threads: int = 2
    memory: str = "4GB"


@dataclass(frozen=True)
class Training:
    """A trained model and what its training showed."""

    model: LinkModel
    plan: tuple[RulePlan, ...]
    learned: Learned
    expected_matches: float
    warnings: tuple[str, ...]


@contextmanager
def _candidates(
    left: pa.Table, right: pa.Table | None, model: LinkModel, options: Options
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Sides, list[RulePlan]]]:
    """A connection with both sides loaded and the relation `pairs` made."""
    with embedded(threads=options.threads, memory=options.memory) as con:
        sides = load_sides(con, left, right, model)
        key_table(con, model)
        plan = plan_pairs(con, model)
        make_pairs(con, model, sides)
        yield con, sides, plan


def link_tables(
    left: pa.Table, right: pa.Table | None, model: LinkModel, *, ids: tuple[str, str], options: Options = Options()
) -> pa.Table:
    """One row per pair that reaches the review threshold: ids, weight, probability, decision, rules, levels.

    `right` null holds the left table against itself. Sorted by both ids.
    """
    with _candidates(left, right, model, options) as (con, sides, _):
        score(con, model, given_weights(model, sides), present_patterns(con, model))
        decide(con, model)
        return write_decisions(con, model, id_column(left, ids[0]), id_column(left if right is None else right, ids[1]))


def id_column(table: pa.Table, column: str) -> pa.Array:
    """Ids as strings. Raises TableError where the column is missing, empty or not unique."""
    if column not in table.schema.names:
        raise TableError(f"没有编号列 {column}", rule="id_column", action="用 --left-id、--right-id 或 --id 指定编号列")
    ids = table[column].combine_chunks().cast(pa.string())
    if ids.null_count or len(ids.unique()) != len(ids):
        raise TableError(f"编号列 {column} 有空值或重复", rule="id_unique", action="换一列不重复的编号，或先补全")
    return ids


def train(left: pa.Table, right: pa.Table | None, model: LinkModel, *, options: Options = Options()) -> Training:
    """Learn m, u and the prior without labels. Raises TableError where the result cannot be trusted."""
    with _candidates(left, right, model, options) as (con, sides, plan):
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
