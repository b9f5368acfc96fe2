"""The look of every HTML report: one offline page without a script, calm on the screen and whole on paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

NOTICE = "内部资料 注意保管"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
_NUMBER = re.compile(r"[+-]?[0-9][0-9,.]*%?( 天)?|—|[*]|首次|与上次相同|比上次 [+-][0-9,]+")
_STYLE = """
@page{size:A4;margin:8mm 10mm}*{box-sizing:border-box}
body{font:14px/1.55 "Noto Sans CJK SC","Microsoft YaHei",SimHei,sans-serif;color:#222;margin:0;background:#f4f5f7}
main{max-width:1180px;margin:0 auto;padding:20px 28px 40px;background:#fff}
header{border-bottom:3px solid #0072B2;padding-bottom:8px;margin-bottom:14px}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:24px 0 8px;padding-left:8px;border-left:4px solid #0072B2}
h3{font-size:14px;margin:12px 0 4px}p{margin:4px 0}.faint{color:#555;font-size:12.5px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(148px,1fr));gap:10px;margin:12px 0}
.card{border:1px solid #d5d9de;border-radius:6px;padding:8px 12px;background:#fbfcfd;color:inherit;text-decoration:none}
.card b{display:block;font-size:26px;line-height:1.25;font-variant-numeric:tabular-nums}
.card:focus-visible,.card:hover,summary:focus-visible{outline:2px solid #0072B2}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:24px}
table{border-collapse:collapse;width:100%;margin:4px 0 8px;font-size:13px}caption{text-align:left;color:#555}
th,td{border:1px solid #cfd4da;padding:3px 8px;text-align:left;vertical-align:top}th{background:#eef2f6;font-weight:600}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
details{border:1px solid #d5d9de;border-radius:6px;padding:4px 12px;margin:6px 0;background:#fbfcfd}
summary{cursor:pointer;color:#005a8e}svg{max-width:100%;height:auto}
.warn{border-left:4px solid #D55E00;padding-left:8px}
@media screen and (max-width:820px){.two{grid-template-columns:1fr}main{padding:12px}}
@media print{body{background:#fff;font-size:10px;line-height:1.25}
header{padding-bottom:3px;margin-bottom:5px}p{margin:2px 0}
main{padding:0;max-width:none}h1{font-size:19px}
h2{font-size:13px;margin:5px 0 2px;break-after:avoid}h3{margin:4px 0 2px;font-size:11px}.faint{font-size:9.5px}
.cards{grid-template-columns:repeat(auto-fit,minmax(90px,1fr));gap:5px;margin:4px 0}.card{padding:2px 6px}
svg{max-height:32mm}
.two{gap:14px}details:not([open]){display:none}tr,figure,.card,svg{break-inside:avoid}.card b{font-size:16px}
table{font-size:9.5px;line-height:1.25;margin:2px 0 3px}th,td{padding:0 4px}a{color:inherit;text-decoration:none}}
figure{margin:0}
"""


@dataclass(frozen=True)
class Figure:
    """One key figure: its name, its value now and last time, what it means, where it is broken down."""

    name: str
    value: int
    before: int | None
    basis: str
    anchor: str
    unit: str = "人"


def page(title: str, under: str, body: Iterable[str]) -> bytes:
    """A whole page."""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<header><h1>{escape(title)}</h1><p class=faint>{escape(under)}</p></header>{''.join(body)}"
        "</main></body></html>\n"
    ).encode()


def cards(figures: Sequence[Figure]) -> str:
    """Key figures side by side, each a link to its breakdown."""
    return f'<div class="cards">{"".join(_card(one) for one in figures)}</div>'


def _card(one: Figure) -> str:
    return (
        f'<a class="card" href="#{escape(one.anchor)}" title="{escape(one.basis)}">{escape(one.name)}'
        f"<b>{one.value:,}</b><span class=faint>{escape(one.unit)}　{moved(one.value, one.before)}</span></a>"
    )


def moved(now: float, before: float | None) -> str:
    """The change since last time, in words."""
    if before is None:
        return "首次"
    return f"比上次 {now - before:+,}" if now != before else "与上次相同"


def section(title: str, *parts: str, anchor: str = "") -> str:
    """A titled part of a page."""
    mark = f' id="{escape(anchor)}"' if anchor else ""
    return f"<section{mark}><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def two(left: str, right: str) -> str:
    """Two parts side by side."""
    return f'<div class="two"><div>{left}</div><div>{right}</div></div>'


def told(text: str) -> str:
    """One line of small print: the 口径 of what stands above."""
    return f"<p class=faint>口径：{escape(text)}</p>"


def drill(summary: str, body: str) -> str:
    """A breakdown behind a line to open."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def drawn(title: str, svg: str) -> str:
    """A chart under its title."""
    return f"<figure><h3>{escape(title)}</h3>{svg}</figure>"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; columns of numbers stand right."""
    lines = list(rows)
    sides = [' class="n"' if lines and _is_number(at, lines) else "" for at in range(len(headers))]
    head = "".join(f"<th{side}>{escape(name)}</th>" for name, side in zip(headers, sides, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{side}>{_shown(cell)}</td>" for cell, side in zip(row, sides, strict=True)) + "</tr>"
        for row in lines
    )
    empty = f'<tr><td colspan="{len(headers)}">（无）</td></tr>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body or empty}</tbody></table>"


def _is_number(at: int, lines: Sequence[Sequence[object]]) -> bool:
    cells = [line[at] for line in lines if line[at] not in (None, "")]
    return bool(cells) and all(not isinstance(cell, str) or _NUMBER.fullmatch(cell) for cell in cells)


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return f"{cell:,}"
    return escape(f"{cell:,.1f}" if isinstance(cell, float) else str(cell))
