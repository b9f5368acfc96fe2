"""The books of a night's reading: what `stage_files` says was read is what the workspace holds, sheet by sheet."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from schemas.contracts import SourceContract
from schemas.errors import TableError
from schemas.rules import Rule

_EXAMPLES = 5
_SHEETS = """
with held as (
    select source, file, sheet, sum(accepted) as accepted, sum(quarantined) as quarantined from (
        {accepted}
        union all select source, file, sheet, 0, count(*) from quarantine group by all
    ) group by all
), noted as (
    select source, file, sheet, sum(rows_in) as rows_in, sum(accepted) as accepted, sum(quarantined) as quarantined
    from stage_files group by all
)
select coalesce(n.source, h.source), coalesce(n.file, h.file), coalesce(n.sheet, h.sheet),
    coalesce(n.rows_in, 0), coalesce(n.accepted, 0), coalesce(h.accepted, 0),
    coalesce(n.quarantined, 0), coalesce(h.quarantined, 0)
from noted n full join held h on h.source = n.source and h.file = n.file and h.sheet is not distinct from n.sheet
where coalesce(n.accepted, 0) <> coalesce(h.accepted, 0)
    or coalesce(n.quarantined, 0) <> coalesce(h.quarantined, 0)
    or coalesce(n.rows_in, 0) <> coalesce(n.accepted, 0) + coalesce(n.quarantined, 0)
order by 1, 2, 3 nulls first
"""
_ROWS_ACCOUNTED = (
    "select '{name}' as source, file, sheet, count(*) as accepted, 0 as quarantined from \"stage_{name}\" group by all"
)


def check_books(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], repairs: int) -> None:
    """Hold `stage_files` against `stage_<source>`, `quarantine` and `stage_repairs`, before anything is made of them.

    Raises TableError naming the sheets whose rows are not all there; the run stops and publishes nothing.
    """
    held = " union all ".join(_ROWS_ACCOUNTED.replace("{name}", name) for name in contracts)
    wrong = con.execute(_SHEETS.replace("{accepted}", held)).fetchall()
    lines = [
        f"{source}/{file}{f'［{sheet}］' if sheet else ''}：读入{rows_in:,}行，记为接收{noted:,}行、退回{back:,}行，"
        f"工作区里是接收{accepted:,}行、退回{quarantined:,}行"
        for source, file, sheet, rows_in, noted, accepted, back, quarantined in wrong
    ]
    result = con.execute("select count(*) from stage_repairs").fetchone()
    if result and result[0] != repairs:
        lines.append(f"修复的单元格记了{repairs:,}个，工作区里是{result[0]:,}个")
    if lines:
        raise TableError(
            "读入的行对不上账，已停止，没有发布任何内容",
            rule=Rule.ROWS_ACCOUNTED_FOR,
            count=len(lines),
            examples=tuple(lines[:_EXAMPLES]),
            action="重新运行；再次出现请把配置里的 threads 改为 1 再运行，并告诉管理员",
        )
