"""What a step leaves in the workspace: the relations it declares, each as its contract says; everything else is gone.

A relation that a later step reads is written under a declared name (`Step.writes`) with a contract in
`schemas/tables`. Whatever else a step makes is its own, temporary, and dropped with the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import duckdb

from schemas.contracts import RelationContract, SourceContract, same_but_field_names, workspace_table
from schemas.errors import TableError
from schemas.rules import Rule

BOOK = "_steps"
"""The step book is no step's relation."""


def relations_of(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Names of the workspace's relations, sorted, without the step book."""
    result = con.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and not temporary "
        "and table_name <> $book order by table_name",
        {"book": BOOK},
    ).fetchall()
    return tuple(name for (name,) in result)


def named_by(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """The names that stand in a declaration: by themselves, or under a pattern such as `stage_*`."""
    wanted = tuple(patterns)
    return [name for name in names if any(fnmatchcase(name, entry) for entry in wanted)]


def keep_only(con: duckdb.DuckDBPyConnection, before: Sequence[str], writes: Sequence[str]) -> None:
    """Drop what a step made and does not hand on: every relation new since `before` that `writes` does not name."""
    handed_on = set(named_by(writes, now := relations_of(con)))
    for name in now:
        if name not in handed_on and name not in before:
            con.execute(f'drop table "{name}"')


def check_written(con: duckdb.DuckDBPyConnection, writes: Sequence[str], sources: Mapping[str, SourceContract]) -> None:
    """Raise TableError unless every declared relation is there and keeps its contract.

    Columns, types, values that may not be null and unique keys are held against it; a relation without a contract is
    a fault of its step.
    """
    names = relations_of(con)
    for pattern in writes:
        if "*" not in pattern and pattern not in names:
            raise TableError(f"这一步应写出表 {pattern}，却没有写", where=pattern, rule=Rule.WRITTEN_RELATIONS)
    for name in named_by(writes, names):
        _check(con, workspace_table(name, sources))


def _check(con: duckdb.DuckDBPyConnection, contract: RelationContract) -> None:
    result, expected = con.execute(f'select * from "{contract.name}" limit 0').to_arrow_table().schema, contract.schema
    if result.names != expected.names:
        odd = sorted(set(result.names) ^ set(expected.names)) or ["次序"]
        raise TableError("列与合同不符", where=contract.name, rule=Rule.COLUMNS, examples=tuple(odd))
    for mine, due in zip(result, expected, strict=True):
        if mine.type != due.type and not same_but_field_names(mine.type, due.type):
            text = f"{due.name}: {mine.type}，应为 {due.type}"
            raise TableError("列类型与合同不符", where=contract.name, rule=Rule.TYPE, examples=(text,))
    _check_rows(con, contract)


def _check_rows(con: duckdb.DuckDBPyConnection, contract: RelationContract) -> None:
    """Nulls and repeated keys, counted in one pass."""
    faults = {
        f"列 {column.name} 有空值": f'"{column.name}" is null' for column in contract.schema if not column.nullable
    }
    counted = [f"count(*) filter (where {fault})" for fault in faults.values()]
    if contract.unique:
        key = ", ".join(f'"{name}"' for name in contract.unique)
        counted.append(f"count(*) - count(distinct row({key}))")
    if not counted:
        return
    row = con.execute(f'select {", ".join(counted)} from "{contract.name}"').fetchone() or ()
    for what, rows in zip([*faults, f"{'、'.join(contract.unique)} 重复"], row, strict=False):
        if rows:
            rule = Rule.NOT_NULL if what in faults else Rule.UNIQUE
            raise TableError(what, where=contract.name, rule=rule, count=int(rows))
