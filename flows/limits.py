"""One line per file or source that sent back more rows than the policy allows; past its limit a roll stops the run."""

from __future__ import annotations

import duckdb

from flows.context import RunContext
from schemas.errors import InputError

_SHARES = """
select source, file, sum(rows_in) as rows_in, sum(quarantined) as quarantined
from stage_files where state = 'read'
group by grouping sets ((source, file), (source))
having sum(quarantined) > 0
order by source, file nulls first
"""


def check_quarantine(con: duckdb.DuckDBPyConnection, run: RunContext) -> list[str]:
    """Warnings by `policy.quarantine`. Raises InputError when the roll itself is beyond the stop limit."""
    limits, warnings = run.policy.quarantine, []
    for source, file, rows_in, quarantined in con.execute(_SHARES).fetchall():
        share, title = quarantined / rows_in, run.contracts[source].title
        where = f"{source}/{file}" if file else f"{source}/"
        text = f"{rows_in:,} 行里退回 {quarantined:,} 行（{share:.0%}）"
        if file is None and share > limits.stop_share and run.contracts[source].role == "roll":
            raise InputError(
                f"{title}{text}，超过停止限额 {limits.stop_share:.0%}，本次不发布",
                where=where,
                rule="quarantine_stop",
                action="核对该来源的表头与数据，改好后重投",
            )
        if share > limits.warn_share and quarantined >= limits.warn_rows:
            warnings.append(
                f"{where}：{title}{text}，超过提醒限额 {limits.warn_share:.0%}。处理办法：看退回清单，请该部门改正"
            )
    return warnings
