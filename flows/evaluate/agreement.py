"""How far two readers of the same pairs agree beyond chance: Cohen's kappa."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from matchers.measuring.curve import Share, wilson


@dataclass(frozen=True)
class ReaderAgreement:
    """Pairs read twice: how many agreed, and kappa with its 95 % interval, null where chance alone agrees always."""

    agreed: Share
    kappa: float | None
    low: float | None
    high: float | None


def agreement(table: Mapping[tuple[str, str], int]) -> ReaderAgreement:
    """Agreement of a table of (first word, second word) and how many pairs.

    kappa = (po - pe) / (1 - pe), Cohen 1960; standard error sqrt(po (1 - po) / n) / (1 - pe).
    """
    total = sum(table.values())
    same = sum(count for (first, second), count in table.items() if first == second)
    agreed = wilson(same, total)
    if not total:
        return ReaderAgreement(agreed, None, None, None)
    observed, chance = same / total, _by_chance(table, total)
    if chance >= 1:
        return ReaderAgreement(agreed, None, None, None)
    kappa = (observed - chance) / (1 - chance)
    half = 1.959964 * math.sqrt(observed * (1 - observed) / total) / (1 - chance)
    return ReaderAgreement(agreed, round(kappa, 4), round(max(-1.0, kappa - half), 4), round(min(1.0, kappa + half), 4))


def _by_chance(table: Mapping[tuple[str, str], int], total: int) -> float:
    """Share of pairs on which two readers would agree who only kept their own shares of words."""
    words = {word for pair in table for word in pair}
    first = {word: sum(count for (entry, _), count in table.items() if entry == word) for word in words}
    second = {word: sum(count for (_, other), count in table.items() if other == word) for word in words}
    return sum(first[word] * second[word] for word in words) / total**2
