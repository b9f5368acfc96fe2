"""Learn the weights of a model with ceilings from two tables, or one; its ceilings and thresholds stay a person's."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from matchers.engine import Options, embedded
from matchers.evidence.candidates import make_candidates
from matchers.evidence.deciding import decide
from matchers.evidence.judged import take_judged
from matchers.evidence.learning import chances_of, learn_by_evidence, posterior_of
from matchers.evidence.seen import Seen, class_of_level, patterns_of, seen
from matchers.evidence.shares import make_agreed, make_place_chances, make_shares
from matchers.evidence.tables import Tables, load
from matchers.evidence.weights import make_levels, make_scores
from matchers.linkage.crosscheck import cross_check
from matchers.linkage.expected import Outcome, Unlinkable
from matchers.linkage.judged import checked_judgements
from matchers.linkage.learn import Floats, Learned
from matchers.linkage.model import COUNTED, LevelWeight, LinkModel, TrainedOn
from matchers.linkage.tables import Sides
from matchers.linkage.training import JudgedShown, Training, versioned
from matchers.linkage.trust import refuse_empty, refuse_too_many, refuse_unlearned
from matchers.relations import make
from schemas.errors import TableError

_CROSSED = 600
_SAMPLED_ROWS = 20_000
_UNEVEN = 0.15
"""Levels that speak against a match have one share over all classes, so that a class's sum is near 1, not 1."""


def train_by_evidence(
    tables: Tables,
    model: LinkModel,
    whole: LinkModel,
    *,
    judgements: pa.Table | None = None,
    options: Options | None = None,
) -> Training:
    """Learn m, the prior, and u where it is not counted. `model` is `whole` as fitted to the tables.

    Raises TableError where the result cannot be trusted; the last model stays.
    """
    with embedded(options) as con:
        sides = load(con, tables, model)
        refuse_empty(sides)
        placed = take_judged(con, checked_judgements(judgements) if judgements is not None else None, tables)
        u = chances_of(_crossed(con, model, sides), model)
        plan = make_candidates(con, model, sides)
        make_levels(con, model)
        make_shares(con, model, same=sides.same)
        make_agreed(con, model)
        make_place_chances(con, model)
        pairs = seen(con, model, counted=True)
        learned = learn_by_evidence(pairs, u, model, sides)
        matches = learned.prior * sides.pairs
        _refuse_untrusted(learned, model, matches)
        refuse_too_many(matches, model, sides)
        _refuse_uneven(learned, model)
        fitted = _fitted(whole, model, learned, len(pairs.verdict), sides, int((~np.isnan(pairs.verdict)).sum()))
        smaller = fitted.fitted_to(set(model.columns))
        outcomes = _outcomes(con, smaller, sides)
        unlinkable = _unlinkable(tables, smaller, sides, options)
    alone = posterior_of(pairs, learned, model, u)
    return Training(
        before=whole, model=fitted, plan=tuple(plan), learned=_all_columns(learned, fitted), expected_matches=matches,
        outcomes=outcomes, unlinkable=unlinkable, crosscheck=cross_check(patterns_of(pairs, model), learned, model),
        judged=_judged_shown(pairs, alone, placed.unknown) if judgements is not None else None,
        warnings=_warnings(learned, model), unread=sides.unread,
    )  # fmt: skip


def _crossed(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> Seen:
    """Every pair of two evenly spaced samples of rows: nearly all of them strangers."""
    steps = {"left": max(1, sides.left // _CROSSED), "right": max(1, sides.right // _CROSSED)}
    make(
        con, "candidates",
        "select l.seq as la, r.seq as ra, []::varchar[] as blocking_rules "
        "from l join r on l.seq % $left = 0 and r.seq % $right = 0 and l.seq <> r.seq", steps,
    )  # fmt: skip
    make_levels(con, model)
    return seen(con, model, counted=False)


def _refuse_untrusted(learned: Learned, model: LinkModel, matches: float) -> None:
    refuse_unlearned(learned, matches)
    for column, levels in model.comparisons.items():
        bits = learned.bits(column)
        for number, name in enumerate(levels, start=1):
            if name not in model.kind(column).against and bits[number] < bits[-1]:
                raise TableError(
                    f"{column}.{name} 一致反而比不一致更降低把握，保留原模型",
                    rule="em_order_broken", action="核对该列两边含义、写法是否相同",
                )  # fmt: skip


def _refuse_uneven(learned: Learned, model: LinkModel) -> None:
    """Raise TableError where what pairs of one class agree and differ in comes to more than all of them."""
    for column in model.comparisons:
        classes, m = class_of_level(model, column)[1:], learned.m[column][1:]
        most = max(float(m[(classes == one) | (classes == 0)].sum()) for one in classes)
        if most > 1 + _UNEVEN:
            raise TableError(
                f"{column} 各级的 m 合计 {most:.4f}，应为 1，保留原模型",
                rule="em_m_sum", action=f"核对 {column} 两边写法是否相同；模型文件中各级的 m 是否超过 1",
            )  # fmt: skip


def _fitted(whole: LinkModel, model: LinkModel, learned: Learned, pairs: int, sides: Sides, judged: int) -> LinkModel:
    comparisons = {
        column: {
            name: LevelWeight(
                m=float(f"{learned.m[column][number]:.6g}"),
                u=COUNTED if level.u == COUNTED else float(f"{min(learned.u[column][number], 1.0):.6g}"),
            )
            for number, (name, level) in enumerate(levels.items(), start=1)
        }
        for column, levels in model.comparisons.items()
    }
    trained_on = TrainedOn(
        left_rows=sides.left, right_rows=sides.right, pairs=pairs, rounds=learned.rounds, converged=True,
        expected_matches=round(learned.prior * sides.pairs, 1), judged=judged, base=f"{whole.name} {whole.version}",
    )  # fmt: skip
    share = min(max(learned.prior * sides.pairs / sides.left, 1e-6), 0.999)
    return versioned(whole, {**whole.comparisons, **comparisons}, float(f"{share:.6g}"), trained_on)


def _all_columns(learned: Learned, model: LinkModel) -> Learned:
    """With the model's own weights for columns these tables do not have, for the report."""
    m, u = dict(learned.m), dict(learned.u)
    for column, levels in model.comparisons.items():
        m.setdefault(column, np.array([1.0, *(level.m for level in levels.values())]))
        u.setdefault(column, np.array([1.0, *(_given(level) for level in levels.values())]))
    return Learned(m, u, learned.prior, learned.rounds, learned.converged, learned.history)


def _given(level: LevelWeight) -> float:
    return level.m if level.u == COUNTED else float(level.u)


def _outcomes(con: duckdb.DuckDBPyConnection, model: LinkModel, sides: Sides) -> tuple[Outcome, ...]:
    """Link, review and reject among the candidates, and the matches expected in each by the probabilities."""
    make_scores(con, model, sides)
    decide(con, model, sides)
    rows = con.execute("select decision, count(*), sum(match_probability) from decided group by decision").fetchall()
    found = {str(decision): Outcome(str(decision), int(pairs), float(matches)) for decision, pairs, matches in rows}
    return tuple(found.get(name, Outcome(name, 0, 0.0)) for name in ("link", "review", "below", "reject"))


def _unlinkable(tables: Tables, model: LinkModel, sides: Sides, options: Options | None) -> tuple[Unlinkable, ...]:
    """Rows of each side, evenly sampled, that would not link even with a partner that shows all the same."""
    found = []
    for side, table, ids in (("left", tables.left, tables.ids[0]), ("right", tables.right, tables.ids[1])):
        if table is None:
            continue
        step = max(1, table.num_rows // _SAMPLED_ROWS)
        with embedded(options) as con:
            load(con, Tables(table, None if sides.same else table, (ids, ids)), model)
            make(
                con, "candidates",
                "select seq as la, seq as ra, []::varchar[] as blocking_rules "
                "from l where seq % $step = 0", {"step": step},
            )  # fmt: skip
            make_levels(con, model)
            make_scores(con, model, sides, keep_all=True)
            decide(con, model, Sides(table.num_rows, table.num_rows, True))
            row = con.execute("select count(*), count(*) filter (where decision <> 'link') from decided").fetchone()
        found.append(Unlinkable(side, *(int(one) for one in row or (0, 0))))
    return tuple(found)


def _judged_shown(pairs: Seen, chance: Floats, unknown: int) -> JudgedShown:
    same, other = pairs.verdict == 1, pairs.verdict == 0
    return JudgedShown(
        int(same.sum()), int(other.sum()), unknown, int((chance[same] < 0.5).sum()), int((chance[other] >= 0.5).sum())
    )


def _warnings(learned: Learned, model: LinkModel) -> tuple[str, ...]:
    kept = [
        f"{column}.{name}"
        for column, levels in model.comparisons.items()
        for number, (name, level) in enumerate(levels.items(), start=1)
        if learned.m[column][number] == level.m
    ]
    return (f"真对太少、沿用原分值的级：{'、'.join(kept)}",) if kept else ()
