"""One printed table per sheet of the workbook, read from a version's tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from matchers.engine import connect
from matchers.relations import run_script, script
from reports import words
from reports.books import put_views
from reports.causes import MERE_MOVES, cause_text, ending_word
from reports.reconcile import TITLE, reconciled
from reports.words import STATUS_TITLES


@dataclass(frozen=True)
class WorkbookSheet:
    """A sheet: its name, what it says above its table, and the table with its columns named as printed."""

    name: str
    title: str
    table: pa.Table
    wide: frozenset[str] = frozenset()
    """Columns that hold sentences: wider than others."""
    printed: int | None = None
    """How many columns go to paper; null is all."""
    by_street: str | None = None
    """The column by which a long list is split into sheets, so that each part can be handed out."""
    on_screen: bool = False
    """Whether the list is for the screen alone, since its parts go to paper."""
    part_of: str | None = None
    """The list of which this is one street's part."""


EXCHANGED = pa.schema([(name, pa.string()) for name in ("kind", "person_key", "name_masked", "asked")])
"""One row per person an exchange with another district found; `person_key` is null off the ledger."""


@dataclass(frozen=True)
class VersionTables:
    """The tables of one version, and the ledger before it."""

    ledger: pa.Table
    coverage: pa.Table
    changes: pa.Table
    previous: pa.Table | None
    exchanged: pa.Table = field(default_factory=EXCHANGED.empty_table)


_VIEWS = (
    ("sheet_todo", "待办", "待办：各镇街待核查的线索"),
    ("sheet_waiting", "待核查线索", "待核查线索：按镇街、状态（均为线索，核实后才算数）"),
    ("sheet_leads", "口袋、隐形、失联线索", "口袋党员、隐形党员、失联党员线索（均为线索，核实后才算数）"),
    ("sheet_ledger", "一本账", "一本账"),
    ("sheet_groups", "三本台账（人员群体）", "三本台账之一：人员群体台账"),
    ("sheet_organisations", "三本台账（党组织）", "三本台账之二：党组织台账"),
    ("sheet_members", "三本台账（党员）", "三本台账之三：党员台账"),
    ("sheet_search_1", "三找（一）找党员", "第一找：在新就业群体中找党员"),
    ("sheet_search_2", "三找（二）找新就业", "第二找：在党员中找新就业群体"),
    ("sheet_search_3", "三找（三）找组织", "第三找：让新就业群体党员找得到组织"),
    ("sheet_flows", "流入流出与协查", "流入、流出党员与协查名单"),
    ("sheet_coverage", "应建尽建建议", "两个覆盖与应建尽建建议"),
    ("sheet_changes", "变动说明", "变动说明：与上一版相比"),
)
_PRINTED = {"sheet_ledger": 13}
_UNNUMBERED = frozenset(("sheet_todo", "sheet_groups", "sheet_organisations", "sheet_coverage"))
"""Sheets whose rows are no persons, leads or changes; rows of the others are numbered."""
_BY_STREET = frozenset(("sheet_ledger", "sheet_waiting", "sheet_members", "sheet_search_3"))
STREET, NUMBER = "镇街", "序号"
_WIDE = frozenset(
    ("依据的来源行", "关联理由", "原因", "变动内容", "来源行", "建议", "说明", "主要问题", "文件", "没有的栏目")
)


def version_sheets(tables: VersionTables, titles: Mapping[str, Mapping[str, str]]) -> list[WorkbookSheet]:
    """The sheets made of a version's own tables. `titles` adds the sources' and the statuses' words."""
    con = connect()
    try:
        _put(con, tables, titles)
        sheets = [
            WorkbookSheet(
                name, title, _table(con, view), _WIDE, _PRINTED.get(view), STREET if view in _BY_STREET else None
            )
            for view, name, title in _VIEWS
        ]
        at = [view for view, _, _ in _VIEWS].index("sheet_coverage") + 1
        sums = reconciled(tables.ledger, tables.coverage).drop_columns(["agreement"])
        return [*sheets[:at], WorkbookSheet(TITLE, "勾稽：镇街、行业、单位与全区、与一本账", sums, _WIDE), *sheets[at:]]
    finally:
        con.close()


def _put(con: duckdb.DuckDBPyConnection, tables: VersionTables, titles: Mapping[str, Mapping[str, str]]) -> None:
    known: dict[str, Mapping[str, str]] = {
        "sexes": words.SEXES, "flag_titles": words.FLAGS, "scopes": words.SCOPES, "columns": words.COLUMNS,
        "class_titles": words.CLASSES, "status_titles": STATUS_TITLES, "change_titles": words.CHANGES, **titles,
    }  # fmt: skip
    for name, kind in known.items():
        con.execute(
            f"set variable {name} = map($codes::varchar[], $titles::varchar[])",
            {"codes": list(kind), "titles": list(kind.values())},
        )
    con.register("ledger", tables.ledger)
    con.register("coverage", tables.coverage)
    told = pa.array([cause_text(row) for row in tables.changes.to_pylist()], pa.string())
    con.register("changes", tables.changes.append_column("cause_text", told))
    con.execute("set variable mere_moves = $codes::varchar[]", {"codes": list(MERE_MOVES)})
    con.register("previous", tables.ledger.slice(0, 0) if tables.previous is None else tables.previous)
    con.register("exchanged", tables.exchanged)
    put_views(con)
    run_script(con, script("reports.workbook", "sheets.sql"))


def _table(con: duckdb.DuckDBPyConnection, view: str) -> pa.Table:
    """One view as it is printed, its rows numbered where somebody may have to name one."""
    table = _readable(con.table(view).to_arrow_table())
    if view in _UNNUMBERED:
        return table
    return table.add_column(0, NUMBER, pa.array(range(1, table.num_rows + 1), pa.int32()))


def _readable(table: pa.Table) -> pa.Table:
    """What changed as words in place of JSON."""
    if "原来" not in table.column_names:
        return table
    lines = [
        _change_text(before, after)
        for before, after in zip(table["原来"].to_pylist(), table["现在"].to_pylist(), strict=True)
    ]
    at = table.column_names.index("原来")
    return table.drop_columns(["原来", "现在"]).add_column(at, "变动内容", pa.array(lines, pa.string()))


def _change_text(before: str | None, after: str | None) -> str:
    """`从业镇街：甲街道 → 乙街道`, for every column with a value people read."""
    if not (before and after):
        return ""
    old, new = json.loads(before), json.loads(after)
    kept = [name for name in new if name not in ("evidence", "last_seen", "changed_on", "match_weight")]
    return "；".join(f"{words.COLUMNS.get(name, name)}：{_value(old.get(name))} → {_value(new[name])}" for name in kept)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(_value(entry) for entry in value) or "（空）"
    if isinstance(value, dict):
        told = {**value, "cause": ending_word(value["cause"])} if value.get("cause") else value
        return " ".join(str(part) for part in told.values() if part is not None)
    if isinstance(value, bool):
        return "是" if value else "否"
    known = {**STATUS_TITLES, **words.CLASSES, **words.FLAGS, **words.SEXES}
    return "（空）" if value is None else known.get(str(value), str(value))


def plain_sheet(name: str, title: str, headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> WorkbookSheet:
    """A small sheet from rows of texts and numbers."""
    columns = [pa.array([row[at] for row in rows]) for at in range(len(headers))]
    typed = [pa.array([], pa.string()) if pa.types.is_null(column.type) and not rows else column for column in columns]
    return WorkbookSheet(name, title, pa.table(dict(zip(headers, typed, strict=True))), _WIDE)
