"""覆盖: charts and tables of the two coverages, by street, trade and unit."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from markupsafe import Markup
from nicegui import ui

from reports import charts
from reports.workbench.desk import Coverage, Desk, Row
from reports.workbench.pages.frame import frame, html

_MOST_BARS, _MOST_UNITS = 24, 300


def add(desk: Desk) -> None:
    """`/coverage`."""

    @ui.page("/coverage")
    def coverage(request: Request) -> None:
        with frame(desk, request, "/coverage", "覆盖") as visit:
            cover = desk.coverage(visit.session)
            streets = _of(cover, "street")
            units = [row for row in cover.rows if row["scope"] in ("unit", "station") and row["suggestion"]]
            units.sort(key=lambda row: (-row["full_members"], row["name"]))
            html(
                "coverage.html", cover=cover, streets=streets, trades=_of(cover, "trade"), units=units[:_MOST_UNITS],
                district=_of(cover, "district"), charts=_charts(cover, streets),
            )  # fmt: skip


def _of(cover: Coverage, scope: str) -> list[Row]:
    return sorted((row for row in cover.rows if row["scope"] == scope), key=lambda row: -row["workers"])


def _charts(cover: Coverage, streets: Sequence[Row]) -> list[tuple[str, Markup]]:
    """Drawn on the server; the words in them are escaped by the drawing."""
    members = [
        charts.BarPart(row["name"], row[name], part)
        for row in streets[:_MOST_BARS]
        for name, part in (("full_members", "正式党员"), ("probationary", "预备党员"))
    ]
    leads = [
        charts.BarPart(f"{code} {name}", cover.statuses[code])
        for code, name in cover.names.items()
        if code in cover.statuses
    ]
    result = []
    if members:
        result.append(("各镇街已找到的党员", charts.stacked(charts.Chart("各镇街已找到的党员", width=330), members)))
    if leads:
        result.append(("线索（一人可兼有）", charts.bars(charts.Chart("线索", width=330), leads)))
    return [(title, Markup(svg)) for title, svg in result]  # noqa: S704
