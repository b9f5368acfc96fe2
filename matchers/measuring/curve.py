"""One row per threshold: precision, recall and F1 of what would be kept from there up."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BANDS = (0.0, 0.2, 0.5, 0.8, 0.95, 1.0)
_MOST_POINTS = 300
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Share:
    """`right` of `of`, its rate and 95 % Wilson interval; rate and interval are null when `of` is 0."""

    right: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Point:
    """Precision, recall and F1 of the pairs kept, with counts and 95 % Wilson intervals."""

    precision: Share
    recall: Share
    f1: float


@dataclass(frozen=True)
class ThresholdStep:
    """One threshold in bits: the pairs of that match weight and more."""

    bits: float
    point: Point


def wilson(right: int, of: int) -> Share:
    """A share with its 95 % Wilson score interval."""
    if not of:
        return Share(right, of, None, None, None)
    z, rate = 1.959964, right / of
    middle = (rate + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(rate * (1 - rate) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return Share(right, of, round(rate, 6), round(max(0.0, middle - half), 6), round(min(1.0, middle + half), 6))


def point(right: int, kept: int, true_pairs: int) -> Point:
    """Precision, recall and F1 from counts: true pairs kept, pairs kept, true pairs."""
    f1 = 2 * right / (kept + true_pairs) if kept + true_pairs else 0.0
    return Point(wilson(right, kept), wilson(right, true_pairs), round(f1, 6))


def best(weights: Floats, hit: Flags, true_pairs: int) -> tuple[Point, float | None]:
    """The threshold of the highest F1, chosen on this very truth. Weights descend; pairs of one weight go together."""
    steps = _steps(weights, hit)
    if not steps:
        return point(0, 0, true_pairs), None
    bits, kept, right = max(steps, key=lambda step: (2 * step[2] / (step[1] + true_pairs), step[0]))
    return point(right, kept, true_pairs), round(bits, 4)


def curve(weights: Floats, hit: Flags, true_pairs: int) -> tuple[ThresholdStep, ...]:
    """One point per threshold, evenly spread over the pairs, the first and last among them. Weights descend."""
    steps = _steps(weights, hit)
    wanted = (
        sorted(set(np.linspace(0, len(steps) - 1, min(len(steps), _MOST_POINTS)).round().astype(int))) if steps else []
    )
    return tuple(ThresholdStep(round(steps[at][0], 4), point(steps[at][2], steps[at][1], true_pairs)) for at in wanted)


def _steps(weights: Floats, hit: Flags) -> list[tuple[float, int, int]]:
    """(weight, pairs kept, right ones) at the last pair of every weight."""
    if not len(weights):
        return []
    last = np.flatnonzero(np.append(np.diff(weights) != 0, True))
    right = np.cumsum(hit)
    return [(float(weights[at]), int(at) + 1, int(right[at])) for at in last]


def calibration(probability: Floats, hit: Flags) -> dict[str, Share]:
    """One entry per band of probability: the share of its pairs that is true."""
    bands = {}
    for low, high in itertools.pairwise(BANDS):
        inside = (probability >= low) & ((probability < high) | (high == BANDS[-1]))
        bands[f"{low}-{high}"] = wilson(int((inside & hit).sum()), int(inside.sum()))
    return bands
