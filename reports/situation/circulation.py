"""可流转统计.html: persons by street and group, with small counts hidden so that nobody can be made out."""

from __future__ import annotations

from reports.circulation import HIDDEN, suppressed
from reports.page import basis, page, table
from reports.situation.figures import Figures
from reports.summary import RunSummary


def circulation_page(figures: Figures, summary: RunSummary, least: int) -> bytes:
    """The page; counts below `least` are hidden, and others from which they could be computed."""
    cross = figures.rows("cross")
    streets = list(dict.fromkeys(row["street"] for row in cross))
    groups = list(dict.fromkeys(row["main_group"] for row in cross))
    known = {(row["street"], row["main_group"]): int(row["persons"]) for row in cross}
    counts = [[known.get((street, group), 0) for group in groups] for street in streets]
    shown = suppressed(counts, least) if counts else []
    rows = (
        [(name, *map(_figure_text, line)) for name, line in zip([*streets, "合计"], shown, strict=True)]
        if counts
        else []
    )
    under = f"{summary.district}　数据日期 {summary.as_of.isoformat()}　可流转"
    note = basis(
        f"一本账在账人数，按从业镇街（不详的按居住镇街）和首要群体。"
        f"不足 {least} 的数字隐去，记为 {HIDDEN}；"
        "凡能由其他数字推算出来的也一并隐去。"
    )
    return page("新就业群体情况统计", under, (table(("镇街", *groups, "合计"), rows), note))


def _figure_text(value: int | str) -> str:
    return value if isinstance(value, str) else f"{value:,}"
