"""Whether a trained model may be used: refusals that name the comparison and level, and levels put in order.

Refused: EM that did not converge, too few matches to learn from, classes swapped, a level's weight against its order.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from matchers.linkage.learn import Floats, Learned
from matchers.linkage.model import LinkModel
from matchers.linkage.tables import Sides
from schemas.errors import TableError

LEAST_MATCHES = 30
_CERTAIN = 3.0
"""A level counts as out of order only where its share among matches is so many standard errors away."""
_TOLERANCE = 1.0
_PARTIAL = ("visible",)
"""A pattern is worth what it rules out, which differs by value: it has no place of its own in the order."""


def refuse_empty(sides: Sides) -> None:
    """Raise TableError where there is no pair to learn from."""
    if not sides.pairs:
        raise TableError(
            f"没有可比的两行（左表 {sides.left} 行，右表 {sides.right} 行），学不出分值，保留原模型",
            rule="em_no_rows", action="核对给的是不是这两张表，或直接用现有模型",
        )  # fmt: skip


def refuse_unlearned(learned: Learned, matches: float) -> None:
    """Raise TableError where nothing was learned: no convergence, or too few matches to learn from."""
    last = learned.history[-1]
    if not learned.converged:
        raise TableError(
            f"训练 {learned.rounds} 轮没有收敛：{last.column}.{last.level} 末轮仍变动 {last.moved:.6f}，保留原模型",
            rule="em_not_converged", action="各列是否足以区分两个人？加列，或加能带来真对的分组规则",
        )  # fmt: skip
    if matches < LEAST_MATCHES:
        raise TableError(
            f"估计的真对只有 {matches:.1f} 对，不足 {LEAST_MATCHES} 对，学不出分值，保留原模型",
            rule="em_no_matches", action="换更大的表来训练，或直接用现有模型",
        )  # fmt: skip


def refuse_untrusted(learned: Learned, model: LinkModel, matches: float) -> None:
    """Raise TableError where the weights must not be used; the last model stays."""
    refuse_unlearned(learned, matches)
    _refuse_swapped(learned, model)
    for column in model.comparisons:
        broken = _broken(learned, model, column, matches)
        if broken:
            raise TableError(
                f"{column}.{broken[0]} 更一致，分值却明显低于 {column}.{broken[1]}，保留原模型",
                rule="em_order_broken", action="核对该列两边含义、写法是否相同（如年月日次序）",
            )  # fmt: skip


def _refuse_swapped(learned: Learned, model: LinkModel) -> None:
    """More columns speak against a match when they agree than for one: what was found are not matches."""
    swapped = [column for column in model.comparisons if learned.bits(column)[1] <= learned.bits(column)[-1]]
    if len(swapped) * 2 > len(model.comparisons):
        named = "、".join(f"{column}.{next(iter(model.comparisons[column]))}" for column in swapped)
        raise TableError(
            f"两类颠倒：{named} 一致反而降低把握，保留原模型",
            rule="em_classes_swapped", action="核对这些列两边的代码含义是否相反",
        )  # fmt: skip


def _broken(learned: Learned, model: LinkModel, column: str, matches: float) -> tuple[str, str] | None:
    """Two levels of a column whose order the data contradicts beyond chance: (the closer one, the farther one)."""
    names = list(model.comparisons[column])
    low, high = _range(learned.m[column], matches)
    least, most = np.log2(low / learned.u[column]), np.log2(high / learned.u[column])
    for upper, lower in itertools.combinations(range(1, len(names) + 1), 2):
        if not _ordered(names[upper - 1], names[lower - 1]):
            continue
        if least[lower] > most[upper] + _TOLERANCE:
            return names[upper - 1], names[lower - 1]
    return None


def _ordered(upper: str, lower: str) -> bool:
    return upper not in _PARTIAL and lower not in _PARTIAL


def _range(m: Floats, matches: float) -> tuple[Floats, Floats]:
    """Wilson bounds of shares among so many matches."""
    z = _CERTAIN**2
    middle = (m + z / (2 * matches)) / (1 + z / matches)
    half = _CERTAIN / (1 + z / matches) * np.sqrt(m * (1 - m) / matches + z / (4 * matches**2))
    return np.maximum(middle - half, 1e-9), np.minimum(middle + half, 1.0)


def in_order(learned: Learned, model: LinkModel, matches: float) -> tuple[Learned, tuple[str, ...]]:
    """The same with levels that too few matches show set to weigh as the next level, where they weighed less; said."""
    m, said = {}, []
    for column, levels in model.comparisons.items():
        names, shares = list(levels), learned.m[column].copy()
        bits = np.log2(shares / learned.u[column])
        ranked = [number for number, name in enumerate(names, 1) if name not in _PARTIAL]
        for upper, lower in reversed(list(itertools.pairwise(ranked))):
            if bits[upper] < bits[lower]:
                said.append(
                    f"{column}.{names[upper - 1]}：真对中约 {shares[upper] * matches:.0f} 对，不足以定分值，"
                    f"取与 {names[lower - 1]} 相同（{bits[upper]:+.1f} → {bits[lower]:+.1f} 比特）"
                )
                bits[upper] = bits[lower]
                shares[upper] = min(2 ** bits[upper] * learned.u[column][upper], 1.0)
        if abs(bits[1] - bits[-1]) < 0.5:
            said.append(f"{column}：一致与否几乎不影响把握，可去掉这一列")
        m[column] = shares
    return dataclasses.replace(learned, m=m), tuple(said)
