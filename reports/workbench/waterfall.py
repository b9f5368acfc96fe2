"""One bar per comparison, from the starting weight to the total, as a picture's measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.charts import BLUE, FAINT, ORANGE
from reports.words import FIELDS

_LEFT, _WIDTH, _LEAST = 84.0, 270.0, 2.0


@dataclass(frozen=True)
class Bar:
    """Where one bar stands on the picture, and what is written beside it."""

    title: str
    x: float
    width: float
    colour: str
    text: str


def waterfall(bits: Mapping[str, float], total: float | None) -> tuple[list[Bar], float]:
    """The bars in order and the place of zero; none without the bits."""
    if not bits or total is None:
        return [], _LEFT
    start = total - sum(bits.values())
    steps = [("起始", 0.0, start), *_steps(bits, start), ("合计", 0.0, total)]
    edges = [edge for _, low, high in steps for edge in (low, high)]
    least, most = min(0.0, *edges), max(0.0, *edges)
    scale = _WIDTH / ((most - least) or 1)

    def at(value: float) -> float:
        return round(_LEFT + (value - least) * scale, 1)

    bars = []
    for title, low, high in steps:
        change = high - low
        colour = FAINT if title in ("起始", "合计") else BLUE if change >= 0 else ORANGE
        width = max(round(abs(change) * scale, 1), _LEAST)
        bars.append(Bar(title, at(min(low, high)), width, colour, f"{change:+.1f}"))
    return bars, at(0)


def _steps(bits: Mapping[str, float], start: float) -> list[tuple[str, float, float]]:
    result, at = [], start
    for name, title in FIELDS.items():
        if bits.get(name):
            result.append((title, at, at + bits[name]))
            at += bits[name]
    return result
