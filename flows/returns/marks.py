"""One mark per row a sender should mend, sealed; the marked sheet itself is made from the landing copy when asked for.

So there is no second copy of anybody's data: once the landing copy is destroyed, the sheet cannot be made either.
"""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.run.context import RunContext
from matchers.relations import append, query_text
from reports.damage import INSIDE_THE_PARTY, damages, marked_kinds
from schemas.contracts import SourceContract
from schemas.errors import InputError
from schemas.rules import Rule

MARKS = "marks.sealed"
_DAMAGED = """
select $source as source, s.file, s.sheet, s.row, coalesce(t.title, r.field) as title, r.repair
from stage_repairs r join incoming_rows s on s.row_key = r.row_key left join field_titles t on t.field = r.field
where r.repair in (select repair from damage_kinds)
"""


def seal_marks(con: duckdb.DuckDBPyConnection, run: RunContext) -> int:
    """Write `H/returns/<as_of>/<run_id>/marks.sealed`; gives the number of rows marked."""
    kinds = pa.table({"repair": marked_kinds(), "title": [damages()[name].title for name in marked_kinds()]})
    con.register("damage_kinds", kinds)
    con.execute(
        "create or replace temp table damaged_cells"
        " (source varchar, file varchar, sheet varchar, row integer, title varchar, repair varchar)"
    )
    for contract in run.contracts.values():
        _note_damaged(con, contract)
    query = query_text("flows.returns", "marks.sql")
    marks = con.execute(query).to_arrow_table()
    con.execute("drop table damaged_cells")
    con.unregister("damage_kinds")
    sink = io.BytesIO()
    pq.write_table(marks, sink, compression="zstd")
    write_private(marks_path(run.home, run.landing), run.key.seal(sink.getvalue()))
    return int(marks.num_rows)


def _note_damaged(con: duckdb.DuckDBPyConnection, contract: SourceContract) -> None:
    """Damaged cells of one source's read rows."""
    fields = contract.imported
    titles = pa.table(
        {"field": [field.name for field in fields], "title": [_field_title(field.title, contract) for field in fields]}
    )
    con.register("field_titles", titles)
    con.register(
        "incoming_rows", con.table(f"stage_{contract.name}").project("row_key, file, sheet, row").to_arrow_table()
    )
    append(con, "damaged_cells", _DAMAGED, {"source": contract.name})
    con.unregister("incoming_rows")
    con.unregister("field_titles")


def _field_title(title: str, contract: SourceContract) -> str:
    """A field's title; sheets that leave the Party's own offices never print the word."""
    return "有一栏" if contract.role == "worker" and any(word in title for word in INSIDE_THE_PARTY) else title


def marks_path(home: Home, landing: Path) -> Path:
    """Where the marks of a landed night lie."""
    return home.returns / landing.parent.name / landing.name / MARKS


def read_marks(home: Home, key: DistrictKey, landing: Path) -> pa.Table:
    """The marks of a landed night. Raises InputError when they are gone."""
    path = marks_path(home, landing)
    try:
        return table_in(key.unseal(path.read_bytes()))
    except FileNotFoundError:
        raise InputError(
            "这一晚没有退回记录，或已到保存期销毁",
            where=f"returns/{landing.parent.name}/{landing.name}",
            rule=Rule.NO_RETURNS,
            action="换一晚，或重新运行",
        ) from None
