"""One chart per call as a piece of SVG: one look for every page, offline, in print and for the colour-blind.

Charts are drawn when the page is written (Altair, vl-convert), so that a page needs no script. Colours are Okabe and
Ito's; every bar bears its number and every part its name, so that nothing is told by colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    import altair as alt

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442",
)  # fmt: skip
PALETTE = (BLUE, ORANGE, GREEN, YELLOW, PURPLE, VERMILION, SKY)
"""Okabe and Ito, in the order in which parts take them: neighbours also differ in lightness."""
INK, FAINT, GRID = "#222222", "#666666", "#DDDDDD"
FONT = "Noto Sans CJK SC, Microsoft YaHei, SimHei, sans-serif"
_BAR = re.compile(r'<path((?: aria-label="([^"]*)")[^>]*aria-roledescription="bar"[^>]*)/>')
"""A bar of a drawn chart, which says when pointed at what it says when read out."""
ROW = 22
"""Height of one bar with the space below it."""
THEME: dict[str, Any] = {
    "background": "white",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12, "titleFontSize": 12, "labelColor": INK, "titleColor": FAINT, "gridColor": GRID,
        "domainColor": "#999999", "tickColor": "#999999", "labelLimit": 220, "titleFontWeight": "normal",
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelColor": INK, "orient": "top", "title": None},
    "range": {"category": list(PALETTE)},
    "bar": {"color": BLUE},
}  # fmt: skip
"""Vega-Lite configuration shared by all charts; a screen that draws its own takes palette and font from here."""

_AXIS: dict[str, Any] = {"tickCount": 5, "tickMinStep": 1, "format": ",.0f"}
_LABEL = {"align": "left", "baseline": "middle", "dx": 4, "fontSize": 12, "color": INK}


@dataclass(frozen=True)
class BarPart:
    """One bar, or one part of it."""

    name: str
    value: float
    part: str = ""


@dataclass(frozen=True)
class Chart:
    """What a chart is called and what its numbers are."""

    title: str
    unit: str = "人"
    width: int = 460
    digits: int = 0

    @property
    def number(self) -> str:
        """Format of its numbers."""
        return f",.{self.digits}f"


_SPAN, _SPAN_OF_STACKS = 20, 100
"""Counts of which one is so many times another: on an even axis the smaller would be a line. Of bars made of parts it
takes more, for their parts can only be told as shares then.
"""


def spans(values: Iterable[float], times: float = _SPAN) -> bool:
    """Whether counts lie so far apart that an even axis hides the smaller ones; nought is shown by its number."""
    filled = [value for value in values if value > 0]
    return bool(filled) and max(filled) >= times * min(filled)


def bars(chart: Chart, parts: Sequence[BarPart]) -> Markup:
    """Horizontal bars in the order given, each with its number behind it; counts that span go by tens."""
    import altair as alt

    base = _base(alt, parts).encode(y=_names(alt, parts), x=_length(alt, chart))
    drawn = base.mark_bar(color=BLUE, height={"band": 0.75}).encode(description=alt.Description("told:N"))
    ends = base.transform_calculate(end="max(datum.value, 0)").encode(x=alt.X("end:Q"))
    if not chart.digits and spans(part.value for part in parts):
        drawn, ends = _by_tens(alt, base, chart)
    return _svg(chart, drawn + ends.mark_text(**_LABEL).encode(text=alt.Text("value:Q", format=chart.number)), parts)


def stacked(chart: Chart, parts: Sequence[BarPart], *, colours: Mapping[str, str] | None = None) -> Markup:
    """Horizontal bars made of named parts; each part that has room bears its number, the whole bar its total.

    Bars that span are drawn as long as each other, their parts as shares, with the totals beside their names: parts
    cannot be added up on an axis by tens.
    """
    if spans(_totals(parts).values(), _SPAN_OF_STACKS):
        return _shares(chart, parts, colours)
    return _svg(chart, _stack(chart, parts, colours), parts)


def _totals(parts: Sequence[BarPart]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for part in parts:
        totals[part.name] = totals.get(part.name, 0) + part.value
    return totals


def _shares(chart: Chart, parts: Sequence[BarPart], colours: Mapping[str, str] | None) -> Markup:
    """The bars as shares of a hundred."""
    totals = _totals(parts)
    named = {name: f"{name}（{total:,.{chart.digits}f} {chart.unit}）" for name, total in totals.items()}
    shares = [
        replace(part, name=named[part.name], value=100 * part.value / totals[part.name] if totals[part.name] else 0.0)
        for part in parts
    ]
    percent = replace(chart, unit=f"每 100 {chart.unit}里", digits=0)
    return _svg(percent, _stack(percent, shares, colours, totals=False), shares)


def _stack(chart: Chart, parts: Sequence[BarPart], colours: Mapping[str, str] | None, *, totals: bool = True) -> Any:
    import altair as alt

    order = list(dict.fromkeys(part.part for part in parts))
    known = colours or dict(zip(order, PALETTE, strict=False))
    scale = alt.Scale(domain=order, range=[known[name] for name in order])
    base = _base(alt, parts).transform_calculate(place=_place("part", order)).encode(y=_names(alt, parts))
    drawn = base.mark_bar(stroke="white", strokeWidth=1, height={"band": 0.75}).encode(
        x=alt.X("value:Q", stack="zero", title=chart.unit, axis=_AXIS),
        color=alt.Color("part:N", sort=order, scale=scale),
        order=alt.Order("place:Q"),
        description=alt.Description("told:N"),
    )
    dark = [name for name in order if known[name] in (BLUE, VERMILION)]
    room = max((part.value for part in parts), default=0) * 0.08
    inside = (
        base.transform_calculate(inside=f"datum.value > {room} ? format(datum.value, '{chart.number}') : ''")
        .mark_text(baseline="middle", fontSize=11)
        .encode(
            x=alt.X("value:Q", stack="zero", bandPosition=0.5), order=alt.Order("place:Q"),
            text=alt.Text("inside:N"), detail=alt.Detail("part:N"),
            color=alt.ColorValue(INK, condition={"test": f"{_place('part', dark)} >= 0", "value": "white"}),
        )
    ) if order else base.mark_text()  # fmt: skip
    if not totals:
        return drawn + inside
    ends = (
        base.transform_aggregate(value="sum(value)", groupby=["name"])
        .mark_text(**_LABEL)
        .encode(x=alt.X("value:Q"), text=alt.Text("value:Q", format=chart.number))
    )
    return drawn + inside + ends


def histogram(chart: Chart, parts: Sequence[BarPart], lines: Mapping[str, float], *, width: float, axis: str) -> Markup:
    """Upright bins by their lower edge (`name` is a number), coloured by part; named upright lines across them.

    Where counts span, heights go by tens, and the parts of a bin stand before each other instead of on each other.
    """
    import altair as alt

    order, by_tens = (
        list(dict.fromkeys(part.part for part in parts)),
        spans((part.value for part in parts), _SPAN_OF_STACKS),
    )
    values = [
        {
            "from": float(part.name),
            "to": float(part.name) + width,
            "value": part.value,
            "part": part.part,
            "told": _sentence(part),
        }
        for part in parts
    ]
    drawn = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar(stroke="white", strokeWidth=0.5, opacity=0.75 if by_tens else 1.0)
        .transform_calculate(place=_place("part", order))
        .encode(
            x=alt.X("from:Q", title=axis, bin="binned"), x2=alt.X2("to:Q"),
            y=_height(alt, chart, by_tens=by_tens), order=alt.Order("place:Q"),
            description=alt.Description("told:N"),
            color=alt.Color("part:N", sort=order, scale=alt.Scale(domain=order, range=list(PALETTE[: len(order)]))),
        )
    )  # fmt: skip
    marks = alt.Chart(alt.InlineData(values=[{"at": at, "name": name} for name, at in lines.items()]))
    rules = marks.mark_rule(color=INK, strokeDash=[5, 3], strokeWidth=1.5).encode(x=alt.X("at:Q"))
    names = marks.mark_text(align="left", dx=4, y=0, baseline="top", fontSize=12, color=INK).encode(
        x=alt.X("at:Q"), text=alt.Text("name:N")
    )
    return _svg(chart, alt.layer(drawn, rules, names).properties(height=180), ())


def to_svg(chart: alt.Chart | alt.LayerChart, title: str) -> Markup:
    """A finished Altair chart in the house's look, as SVG that may stand beside others in one page."""
    import vl_convert

    spec = {**chart.to_dict(validate=False), "config": THEME}
    drawn: str = vl_convert.vegalite_to_svg(spec)
    pointed = _BAR.sub(r"<path\1><title>\2</title></path>", drawn)
    named = pointed.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
    return Markup(named)  # noqa: S704  drawn here, its texts escaped by the drawing library


def _svg(chart: Chart, drawn: Any, parts: Sequence[BarPart]) -> Markup:
    names = len({part.name for part in parts})
    sized = drawn.properties(width=chart.width, **({"height": ROW * max(names, 1)} if parts else {}))
    return to_svg(sized, chart.title)


def _base(alt: Any, parts: Sequence[BarPart]) -> Any:
    values = [{"name": part.name, "value": part.value, "part": part.part, "told": _sentence(part)} for part in parts]
    return alt.Chart(alt.InlineData(values=values))


def _sentence(bar_part: BarPart) -> str:
    return f"{bar_part.name}{'　' + bar_part.part if bar_part.part else ''}：{bar_part.value:,.6g}"


def _names(alt: Any, parts: Sequence[BarPart]) -> Any:
    order = list(dict.fromkeys(part.name for part in parts))
    return alt.Y("name:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=6))


def _length(alt: Any, chart: Chart) -> Any:
    return alt.X("value:Q", title=chart.unit, axis={**_AXIS, "format": chart.number})


_TENS = [0, 10, 100, 1_000, 10_000, 100_000, 1_000_000]


def _height(alt: Any, chart: Chart, *, by_tens: bool) -> Any:
    if not by_tens:
        return alt.Y("value:Q", stack="zero", title=chart.unit)
    scale, axis = alt.Scale(type="symlog", constant=1), {"values": _TENS, "format": ",.0f"}
    return alt.Y("value:Q", stack=None, title=f"{chart.unit}（每格十倍）", scale=scale, axis=axis)


def _by_tens(alt: Any, base: Any, chart: Chart) -> tuple[Any, Any]:
    """Bars and the places of their numbers on an axis by tens; nought has no length there."""
    scale = alt.Scale(type="symlog", constant=1)
    axis = {**_AXIS, "values": _TENS, "format": ",.0f"}
    length = alt.X("value:Q", title=f"{chart.unit}（每格十倍）", scale=scale, axis=axis)
    drawn = base.mark_bar(color=BLUE, height={"band": 0.75}).encode(x=length, description=alt.Description("told:N"))
    return drawn, base.encode(x=length)


def _place(field: str, order: Sequence[str]) -> str:
    """Vega expression: the place of a field's value in the order."""
    known = ",".join(f"'{name}'" for name in order)
    return f"indexof([{known}], datum.{field})"
