"""One line per source, and one per file, of rows whose trade is unknown or spoken against by other words of the row."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

_FILES_NAMED = 3


def trade_notices(con: duckdb.DuckDBPyConnection, titles: Mapping[str, str]) -> tuple[str, ...]:
    """One line per source for the run's summary: how many rows of how many files, and the files with most of them."""
    rows = con.execute("""
        with files as (
            select source, file, sum(unknown) as unknown, sum(against) as against
            from trades_of_files group by source, file having sum(unknown) + sum(against) > 0
        )
        select source, count(*), sum(unknown), sum(against), list(file order by unknown + against desc, file)
        from files group by source order by source
    """).fetchall()
    return tuple(
        f"{titles.get(source, source)}：{files} 个文件里{_in_doubt(unknown, against)}"
        f"（{'、'.join(named[:_FILES_NAMED])}{'等' if files > _FILES_NAMED else ''}）；规则 trade_in_doubt，"
        "逐个文件见数据质量说明。处理办法：看错了的，用 sanzhao sources map --trade 按送件方更正"
        for source, files, unknown, against, named in rows
    )


def trade_details(con: duckdb.DuckDBPyConnection, source: str) -> tuple[str, ...]:
    """One line per file of a source for its department's note: rows per trade, and which of them are in doubt."""
    rows = con.execute(
        """
        select file, string_agg(concat(grp, ' ', "rows", ' 行'), '、' order by "rows" desc, grp),
            sum(unknown), sum(against), max_by(against_grp, against)
        from trades_of_files where source = $source
        group by file having sum(unknown) + sum(against) > 0 order by file
        """,
        {"source": source},
    ).fetchall()
    return tuple(
        f"{file}：行业按{counts}入账，其中{_in_doubt(unknown, against, other)}"
        for file, counts, unknown, against, other in rows
    )


def _in_doubt(unknown: int, against: int, other: str | None = None) -> str:
    example = f"（如“{other}”）" if other else ""
    parts = (f"{unknown} 行看不出行业" if unknown else "", f"{against} 行另有说法{example}" if against else "")
    return "、".join(part for part in parts if part)
