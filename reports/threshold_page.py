"""One page on how decided pairs stand against a truth: threshold curve and tables, offline, in colour or in print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import BLUE, GREEN, INK, ORANGE, THEME
from reports.templates import rendered, style

_LINES = (("精确率", BLUE, [1, 0]), ("召回率", ORANGE, [6, 3]), ("F1", GREEN, [2, 2]))


@dataclass(frozen=True)
class Threshold:
    """What would be kept from so many bits up, and how much of it is right."""

    bits: float
    kept: int
    right: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class PageTable:
    """A caption, column heads and rows of text."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def threshold_page(
    title: str, thresholds: Sequence[Threshold], marks: Mapping[str, float], tables: Sequence[PageTable]
) -> str:
    """The whole page as HTML; `marks` are named thresholds drawn as upright lines."""
    import vl_convert

    bundle = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # the stub asks for a snippet; none is needed
    return rendered(
        "threshold.html", title=title, style=style("threshold.css"), bundle=Markup(bundle),  # noqa: S704
        spec=_spec(thresholds, marks), tables=tables,
    )  # fmt: skip


def _spec(thresholds: Sequence[Threshold], marks: Mapping[str, float]) -> dict[str, Any]:
    """Three lines told apart by colour and by dash, the marks named at their top."""
    import altair as alt

    names, colours, dashes = (
        [entry[0] for entry in _LINES],
        [entry[1] for entry in _LINES],
        [entry[2] for entry in _LINES],
    )
    rows = [
        {"bits": threshold.bits, "line": name, "rate": rate, "kept": threshold.kept, "right": threshold.right}
        for threshold in thresholds
        for name, rate in zip(names, (threshold.precision, threshold.recall, threshold.f1), strict=True)
    ]
    least = min((min(threshold.precision, threshold.recall, threshold.f1) for threshold in thresholds), default=0.0)
    rates = alt.Scale(domain=[max(0.0, least - 0.02), 1.0])
    lines = alt.Chart(alt.InlineData(values=rows)).mark_line(point={"size": 12}, interpolate="step-before").encode(
        x=alt.X("bits:Q", title="阈值（比特）", scale=alt.Scale(zero=False)),
        y=alt.Y("rate:Q", title=None, scale=rates, axis=alt.Axis(format=".1%")),
        color=alt.Color("line:N", sort=names, scale=alt.Scale(domain=names, range=colours)),
        strokeDash=alt.StrokeDash("line:N", sort=names, scale=alt.Scale(domain=names, range=dashes)),
        tooltip=[alt.Tooltip("line:N", title="线"), alt.Tooltip("rate:Q", title="比率", format=".4%"),
                 alt.Tooltip("bits:Q", title="阈值（比特）", format=".2f"),
                 alt.Tooltip("kept:Q", title="留下", format=","),
                 alt.Tooltip("right:Q", title="其中为真", format=",")],
    )  # fmt: skip
    marked = alt.Chart(alt.InlineData(values=[{"bits": bits, "name": name} for name, bits in marks.items()]))
    rules = marked.mark_rule(color="#555", strokeDash=[4, 4]).encode(x="bits:Q")
    words = marked.mark_text(align="left", dx=4, baseline="bottom", color=INK).encode(
        x="bits:Q", y=alt.value(334), text="name:N"
    )
    chart = alt.layer(lines, rules, words).properties(width=760, height=340).configure(**THEME)
    result: dict[str, Any] = chart.to_dict()
    return result
