"""Whether a trained model may be used: refusals that name the comparison and level, and levels put in order.

Refused: EM that did not converge, too few matches to learn from, more matches than unique sides allow, classes swapped,
a level's weight against its order, levels whose m do not sum to 1.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Sides
from matchers.training.em import Floats
from matchers.training.pairs import class_of_level
from matchers.weighing.weights import Learned
from schemas.errors import TableError
from schemas.rules import Rule

LEAST_MATCHES = 30
_CERTAIN = 3.0
"""A level counts as out of order only where its share among matches is so many standard errors away."""
_TOLERANCE = 1.0
_SPARE = 1.01
"""Matches are an estimate: where every row has its partner it may come out a little above the rows."""
_UNEVEN = 0.01
_UNEVEN_CLASSES = 0.15
"""Levels that speak against a match have one share over all classes, so that a class's sum is near 1, not 1."""
_PARTIAL = ("visible",)
"""A pattern is worth what it rules out, which differs by value: it has no place of its own in the order."""


def refuse_empty(sides: Sides) -> None:
    """Raise TableError where there is no pair to learn from."""
    if not sides.pairs:
        raise TableError(
            f"没有可比的两行（左表 {sides.left} 行，右表 {sides.right} 行），学不出分值，保留原模型",
            rule=Rule.EM_NO_ROWS, action="核对给的是不是这两张表，或直接用现有模型",
        )  # fmt: skip


def refuse_unlearned(learned: Learned, matches: float) -> None:
    """Raise TableError where nothing was learned: no convergence, or too few matches to learn from."""
    last = learned.history[-1]
    if not learned.converged:
        raise TableError(
            f"训练 {learned.rounds} 轮没有收敛：{last.column}.{last.level} 末轮仍变动 {last.moved:.6f}，保留原模型",
            rule=Rule.EM_NOT_CONVERGED, action="各列是否足以区分两个人？加列，或加能带来真对的分组规则",
        )  # fmt: skip
    if matches < LEAST_MATCHES:
        raise TableError(
            f"估计的真对只有 {matches:.1f} 对，不足 {LEAST_MATCHES} 对，学不出分值，保留原模型",
            rule=Rule.EM_NO_MATCHES, action="换更大的表来训练，或直接用现有模型",
        )  # fmt: skip


def refuse_too_many(matches: float, model: LinkModel, sides: Sides) -> None:
    """Raise TableError where more matches were found than sides of one partner a row allow; one table has no such."""
    rows = {"left": sides.left, "right": sides.right}
    if sides.same or not model.unique:
        return
    most = min(rows[side] for side in model.unique)
    if matches > _SPARE * most:
        raise TableError(
            f"估计的真对有 {matches:,.0f} 对，而按模型的 unique 最多 {most:,} 对，学到的不是真对，保留原模型",
            rule=Rule.EM_TOO_MANY_MATCHES,
            action="核对分组规则和各列是否把不同的人当成一个；一个人确有多行时，改模型的 unique",
        )


def refuse_uneven(learned: Learned, model: LinkModel) -> None:
    """Raise TableError where a column's m do not sum to 1: they are no shares then."""
    for column in model.comparisons:
        total = float(learned.m[column][1:].sum())
        if abs(total - 1) > _UNEVEN:
            raise TableError(
                f"{column} 各级的 m 合计 {total:.4f}，应为 1，保留原模型",
                rule=Rule.EM_M_SUM,
                action=f"在模型文件中改正 [comparisons.{column}] 各级的 m；真对中没有这一列时沿用它们",
            )  # fmt: skip


def refuse_broken(learned: Learned, model: LinkModel, matches: float) -> None:
    """Raise TableError where classes are swapped or a level stands against its order beyond chance."""
    _refuse_swapped(learned, model)
    for column in model.comparisons:
        broken = _broken(learned, model, column, matches)
        if broken:
            raise TableError(
                f"{column}.{broken[0]} 更一致，分值却明显低于 {column}.{broken[1]}，保留原模型",
                rule=Rule.EM_ORDER_BROKEN, action="核对该列两边含义、写法是否相同（如年月日次序）",
            )  # fmt: skip


def refuse_against(learned: Learned, model: LinkModel) -> None:
    """Raise TableError where a level of agreement weighs less than the farthest level of its column."""
    for column, levels in model.comparisons.items():
        bits = learned.bits(column)
        for number, name in enumerate(levels, start=1):
            if name not in model.kind(column).against and bits[number] < bits[-1]:
                raise TableError(
                    f"{column}.{name} 一致反而比不一致更降低把握，保留原模型",
                    rule=Rule.EM_ORDER_BROKEN, action="核对该列两边含义、写法是否相同",
                )  # fmt: skip


def refuse_uneven_classes(learned: Learned, model: LinkModel) -> None:
    """Raise TableError where what pairs of one class agree and differ in comes to more than all of them."""
    for column in model.comparisons:
        classes, m = class_of_level(model, column)[1:], learned.m[column][1:]
        most = max(float(m[(classes == level_class) | (classes == 0)].sum()) for level_class in classes)
        if most > 1 + _UNEVEN_CLASSES:
            raise TableError(
                f"{column} 各级的 m 合计 {most:.4f}，应为 1，保留原模型",
                rule=Rule.EM_M_SUM, action=f"核对 {column} 两边写法是否相同；模型文件中各级的 m 是否超过 1",
            )  # fmt: skip


def _refuse_swapped(learned: Learned, model: LinkModel) -> None:
    """More columns speak against a match when they agree than for one: what was found are not matches."""
    swapped = [column for column in model.comparisons if learned.bits(column)[1] <= learned.bits(column)[-1]]
    if len(swapped) * 2 > len(model.comparisons):
        named = "、".join(f"{column}.{next(iter(model.comparisons[column]))}" for column in swapped)
        raise TableError(
            f"两类颠倒：{named} 一致反而降低把握，保留原模型",
            rule=Rule.EM_CLASSES_SWAPPED, action="核对这些列两边的代码含义是否相反",
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
    """The same with neighbouring levels that stand against their order weighed as one; what was done, in Chinese.

    Levels that are pooled share their m by their u, so that a column's m still sum to 1.
    """
    m, notes = {}, []
    for column, levels in model.comparisons.items():
        names, shares, u = list(levels), learned.m[column].copy(), learned.u[column]
        for pooled in _pools(shares, u, [number for number, name in enumerate(names, 1) if name not in _PARTIAL]):
            ratio = float(shares[pooled].sum() / u[pooled].sum())
            few = min(float(shares[number]) for number in pooled) * matches
            why = f"真对中只约 {few:.0f} 对，不足以定分值" if few < LEAST_MATCHES else "分值没有按级递减"
            named = "、".join(names[number - 1] for number in pooled)
            notes.append(f"{column} 的 {named}：{why}，合定为 {np.log2(ratio):+.1f} 比特")
            shares[pooled] = u[pooled] * ratio
        if np.array_equal(shares, [1.0, *(level.m for level in levels.values())]):
            notes.append(f"{column}：真对中没有两边都有这一列的，沿用原分值")
        if abs(np.log2(shares[1] / u[1]) - np.log2(shares[-1] / u[-1])) < 0.5:
            notes.append(f"{column}：一致与否几乎不影响把握，可去掉这一列")
        m[column] = shares
    return dataclasses.replace(learned, m=m), tuple(notes)


def _pools(m: Floats, u: Floats, ranked: list[int]) -> list[list[int]]:
    """Runs of levels, the closest first, that must be weighed as one, or m / u would rise (pool adjacent violators)."""
    pools: list[list[int]] = []
    for number in ranked:
        pools.append([number])
        while len(pools) > 1 and _ratio(m, u, pools[-2]) < _ratio(m, u, pools[-1]):
            pools[-2:] = [[*pools[-2], *pools[-1]]]
    return [pool for pool in pools if len(pool) > 1]


def _ratio(m: Floats, u: Floats, numbers: list[int]) -> float:
    return float(m[numbers].sum() / u[numbers].sum())
