"""Which sources a run may not go without, and whether they came in a state that can be used."""

from __future__ import annotations

import duckdb

from flows.context import RunContext
from schemas.errors import InputError

REQUIRED_RULE = "source_required"
_USABLE = "select distinct source from stage_files where state <> 'refused' and accepted > 0"


def check_required(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Raise InputError when a source the run requires is absent, or every one of its files is broken."""
    usable = {source for (source,) in con.execute(_USABLE).fetchall()}
    lacking = [name for name in run.required if name not in usable]
    if not lacking:
        return
    titles = [run.contracts[name].title if name in run.contracts else name for name in lacking]
    raise InputError(
        f"{'、'.join(titles)}没有可用的文件，按配置本次不发布",
        where="、".join(lacking),
        rule=REQUIRED_RULE,
        count=len(lacking),
        action="补齐或改好文件后重新运行；允许缺它时改配置 [night.sources.来源] 的 missing",
    )
