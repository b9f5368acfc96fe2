"""The look of every HTML report: one offline page without a script, calm on the screen and whole on paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.templates import part, rendered, style

NOTICE = "内部资料 注意保管"
_NUMBER = re.compile(r"[+-]?[0-9][0-9,.]*%?( 天)?|—|[*]|首次|与上次相同|比上次 [+-][0-9,]+")


@dataclass(frozen=True)
class Figure:
    """One key figure: its name, its value now and last time, what it means, where it is broken down."""

    name: str
    value: int
    before: int | None
    basis: str
    anchor: str
    unit: str = "人"

    @property
    def change(self) -> str:
        """Against last time, in words."""
        return moved(self.value, self.before)


def page(title: str, under: str, body: Iterable[Markup]) -> bytes:
    """A whole page."""
    return rendered("page.html", title=title, under=under, body=body, style=style("page.css")).encode()


def cards(figures: Sequence[Figure]) -> Markup:
    """Key figures side by side, each a link to its breakdown."""
    return part("cards", figures)


def moved(now: float, before: float | None) -> str:
    """The change since last time, in words."""
    if before is None:
        return "首次"
    return f"比上次 {now - before:+,}" if now != before else "与上次相同"


def section(title: str, *parts: Markup | str, anchor: str = "") -> Markup:
    """A titled part of a page."""
    return part("section", title, parts, anchor)


def two(left: Markup, right: Markup) -> Markup:
    """Two parts side by side."""
    return part("two", left, right)


def paragraph(text: str, *, kind: str = "") -> Markup:
    """One paragraph; `warn` and `faint` are kinds of it."""
    return part("paragraph", text, kind)


def basis(text: str) -> Markup:
    """One line of small print: the 口径 of what stands above."""
    return paragraph(f"口径：{text}", kind="faint")


def drill(summary: str, *body: Markup) -> Markup:
    """A breakdown behind a line to open."""
    return part("drill", summary, body)


def drawn(title: str, svg: Markup) -> Markup:
    """A chart under its title."""
    return part("drawn", title, svg)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A table; columns of numbers stand right."""
    lines = list(rows)
    right = [bool(lines) and _is_number(at, lines) for at in range(len(headers))]
    return part("table", headers, lines, right)


def _is_number(at: int, lines: Sequence[Sequence[object]]) -> bool:
    cells = [line[at] for line in lines if line[at] not in (None, "")]
    return bool(cells) and all(not isinstance(cell, str) or _NUMBER.fullmatch(cell) for cell in cells)
