"""Learn the weights of a model with evidence tiers from two tables, or one; its tiers stay a person's."""

from __future__ import annotations

import duckdb
import numpy as np

from matchers.blocking.blocks import Pairs, distinct, distinct_batches, packed, unpacked
from matchers.blocking.budget import refuse_long_lists
from matchers.blocking.copies import copies, pairs_of_copies
from matchers.blocking.keys import finding_rules
from matchers.blocking.plan import RulePlan, plan_blocks
from matchers.deciding.judgements import JudgedPairs, checked_judgements, place_judgements
from matchers.deciding.settling import Decision, decide_scored
from matchers.deciding.tier_scores import score_by_tiers
from matchers.deciding.tiers import Keep
from matchers.engine import Options, embedded
from matchers.model.link_model import COUNTED, LevelWeight, LinkModel, TrainedOn
from matchers.sides.encoded import NIBBLES, Both, Sides, encode_sides
from matchers.sides.named_rows import Rows
from matchers.training.by_weight import JudgedShown, Judging, Training, versioned
from matchers.training.crosscheck import cross_check
from matchers.training.em import Floats
from matchers.training.expected import Outcome, Unlinkable
from matchers.training.pair_evidence import PairEvidence, class_of_level, pair_evidence, patterns_of
from matchers.training.tier_em import chances_of, learn_tiers, posterior_of
from matchers.training.trust import refuse_empty, refuse_too_many, refuse_unlearned
from matchers.weighing.entities import identical_rows
from matchers.weighing.population import PopulationChances
from matchers.weighing.weights import Learned
from schemas.errors import TableError

_CROSSED = 600
_SAMPLED_ROWS = 20_000
_UNEVEN = 0.15
"""Levels that speak against a match have one share over all classes, so that a class's sum is near 1, not 1."""


def train_tiers(
    left: Rows,
    right: Rows | None,
    model: LinkModel,
    whole: LinkModel,
    *,
    judging: Judging | None = None,
    options: Options | None = None,
) -> Training:
    """Learn m, the prior, and u where it is not counted. `model` is `whole` as fitted to the tables.

    Raises TableError where the result cannot be trusted; the last model stays.
    """
    chosen = options or Options()
    with embedded(chosen) as con:
        con.execute(NIBBLES)
        both = encode_sides(left, right, model, ids=judging.ids if judging else None, threads=chosen.threads)
        sides = both.counts
        refuse_empty(sides)
        placed = _placed(both, judging) if judging else None
        u = chances_of(pair_evidence(con, model, both, _strangers(both)), model)
        found, plan = _candidates(con, model, both, threads=chosen.threads)
        chances = PopulationChances(con, model, both, identical_rows(both.left) if both.same else None)
        pairs = pair_evidence(con, model, both, found, chances=chances, placed=placed)
        learned = learn_tiers(pairs, u, model, sides)
        matches = learned.prior * sides.pairs
        _refuse_untrusted(learned, model, matches)
        refuse_too_many(matches, model, sides)
        _refuse_uneven(learned, model)
        fitted = _fitted(whole, model, learned, len(pairs.verdict), sides, int((~np.isnan(pairs.verdict)).sum()))
        smaller = fitted.fitted_to(set(model.columns))
        outcomes, unlinkable = _outcomes(con, smaller, both, found), _unlinkable(con, smaller, both)
    alone = posterior_of(pairs, learned, model, u)
    return Training(
        before=whole, model=fitted, plan=tuple(plan), learned=_all_columns(learned, fitted), expected_matches=matches,
        outcomes=outcomes, unlinkable=unlinkable, crosscheck=cross_check(patterns_of(pairs, model), learned, model),
        judged=_judged_shown(pairs, alone, placed.unknown) if placed else None,
        warnings=_warnings(learned, model), unread=both.unread,
    )  # fmt: skip


def _placed(both: Both, judging: Judging) -> JudgedPairs:
    ids = (both.left.whole_ids(), both.right.whole_ids())
    return place_judgements(checked_judgements(judging.judgements), ids, same=both.same)


def _candidates(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, *, threads: int
) -> tuple[Pairs, list[RulePlan]]:
    """Pairs that share the key of a rule in full, and copies of a row each with the first of them."""
    entities = identical_rows(both.left) if both.same else np.zeros(0, np.int64)
    copied = copies(entities)
    blocks = plan_blocks(con, model, both, threads=threads, without=copied)
    refuse_long_lists(model, blocks)
    batches = list(distinct_batches(blocks))
    found = distinct(np.concatenate(batches)) if batches else np.zeros(0, np.uint64)
    found = found[np.logical_or.reduce(list(finding_rules(con, model, both, unpacked(found)).values()))]
    found = distinct(np.concatenate([found, pairs_of_copies(entities, copied)])) if len(copied) else found
    return found, [RulePlan(block.rule, block.pairs) for block in blocks]


def _strangers(both: Both) -> Pairs:
    """Every pair of two evenly spaced samples of rows: nearly all of them strangers."""
    left, right = (
        np.arange(0, side.rows, max(1, side.rows // _CROSSED), dtype=np.int64) for side in (both.left, both.right)
    )
    first, second = np.repeat(left, len(right)), np.tile(right, len(left))
    return packed(first[first != second], second[first != second])


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


def _outcomes(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, pairs: Pairs) -> tuple[Outcome, ...]:
    """Link, review and reject among the candidates, and the matches expected in each by the probabilities."""
    entities = identical_rows(both.left) if both.same else None
    scored = score_by_tiers(con, model, both, [pairs], keep=Keep.SCORED, entities=entities)
    decided = decide_scored(con, model, both, scored)
    names = {"link": Decision.LINK, "review": Decision.REVIEW, "below": None, "reject": Decision.REJECT}
    places = {name: decided.decision == decision for name, decision in names.items() if decision is not None}
    return tuple(
        Outcome(name, int(places[name].sum()), float(scored.probability[places[name]].sum()))
        if name in places
        else Outcome(name, 0, 0.0)
        for name in names
    )


def _unlinkable(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> tuple[Unlinkable, ...]:
    """Rows of each side, evenly sampled, that would not link even with a partner that shows all the same."""
    found = []
    for name, side in (("left", both.left),) if both.same else (("left", both.left), ("right", both.right)):
        seqs = np.arange(0, side.rows, max(1, side.rows // _SAMPLED_ROWS), dtype=np.int64)
        itself = Both(side, side, both.same)
        entities = identical_rows(side) if both.same else None
        scored = score_by_tiers(con, model, itself, [packed(seqs, seqs)], keep=Keep.ALL, entities=entities)
        linked = decide_scored(con, model, Both(side, side, True), scored).linked
        found.append(Unlinkable(name, len(seqs), int((~linked).sum())))
    return tuple(found)


def _judged_shown(pairs: PairEvidence, chance: Floats, unknown: int) -> JudgedShown:
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
