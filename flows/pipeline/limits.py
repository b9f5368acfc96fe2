"""One line per file or source that sent back more rows than the policy allows; past its limit a roll stops the run."""

from __future__ import annotations

import duckdb

from flows.run.context import RunContext
from matchers.relations import query_text
from schemas.errors import InputError
from schemas.rules import Rule


def check_quarantine(con: duckdb.DuckDBPyConnection, run: RunContext) -> list[str]:
    """Warnings by `policy.quarantine`, a source's own only where none of its files has one.

    Raises InputError when the roll as a whole is beyond the stop limit. Rows without consent do not count: leaving
    them out is no fault of the file.
    """
    limits, warnings, named = run.policy.quarantine, [], set()
    query = query_text("flows.pipeline", "limits.sql")
    for source, file, rows_in, sent_back in con.execute(query).fetchall():
        share, contract = sent_back / rows_in, run.contracts[source]
        where = f"{source}/{file or ''}"
        text = f"{contract.title} {rows_in:,} 行里退回 {sent_back:,} 行（{share:.0%}）"
        if file is None and share > limits.stop_share and contract.role == "roll":
            raise InputError(
                f"{text}，超过停止限额 {limits.stop_share:.0%}，本次不发布",
                where=where,
                rule=Rule.QUARANTINE_STOP,
                action="核对该来源的表头与数据，改好后重投",
            )
        if share > limits.warn_share and sent_back >= limits.warn_rows and (file or source not in named):
            named.add(source)
            action = "看退回清单，请该部门改正"
            warnings.append(f"{where}：{text}，超过提醒限额 {limits.warn_share:.0%}。处理办法：{action}")
    return warnings
