"""One page on how decided pairs stand against a truth: threshold curve and tables, offline, in colour or in print."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from reports.charts import BLUE, FONT, GREEN, INK, ORANGE, THEME

_POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:"
_LINES = (("精确率", BLUE, [1, 0]), ("召回率", ORANGE, [6, 3]), ("F1", GREEN, [2, 2]))
_STYLE = f"""
body {{ font-family: {FONT}; color: {INK}; max-width: 900px; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; margin: 0.5em 0 1.5em; }}
th, td {{ border-bottom: 1px solid #ccc; padding: 0.25em 0.8em; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }}
caption {{ text-align: left; font-weight: bold; padding: 0.3em 0; }}
@media print {{ body {{ margin: 0; }} table {{ break-inside: avoid; }} .vega-actions {{ display: none; }} }}
@page {{ size: A4; margin: 15mm; }}
"""


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
    spec = json.dumps(_spec(thresholds, marks), ensure_ascii=False).replace("</", "<\\/")
    script = f"vegaEmbed('#curve', {spec}, {{renderer: 'svg', actions: false}});"
    body = "".join(_table(one) for one in tables)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><script>{bundle}</script></head><body>"
        f"<h1>{escape(title)}</h1><p>横轴：分值不低于多少比特才算；把指针移到线上看每处的数。</p>"
        f'<div id="curve" role="img" aria-label="各阈值下的精确率、召回率和F1，数见下表"></div>{body}'
        f"<script>{script}</script></body></html>\n"
    )


def _spec(thresholds: Sequence[Threshold], marks: Mapping[str, float]) -> dict[str, Any]:
    """Three lines told apart by colour and by dash, the marks named at their top."""
    import altair as alt

    names, colours, dashes = [one[0] for one in _LINES], [one[1] for one in _LINES], [one[2] for one in _LINES]
    rows = [
        {"bits": one.bits, "line": name, "rate": rate, "kept": one.kept, "right": one.right}
        for one in thresholds
        for name, rate in zip(names, (one.precision, one.recall, one.f1), strict=True)
    ]
    least = min((min(one.precision, one.recall, one.f1) for one in thresholds), default=0.0)
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
    found: dict[str, Any] = chart.to_dict()
    return found


def _table(table: PageTable) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in table.heads)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f"<table><caption>{escape(table.caption)}</caption><tr>{head}</tr>{rows}</table>"
