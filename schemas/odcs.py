"""One ODCS v3 contract per published table, generated from `ledger/ledger.toml`: `python -m schemas.odcs` writes them.

Schema versioning: the version is `major.minor`. A new table, a new nullable column at the end, a new member at the end
of a structure, or a new allowed value raises the minor number; anything a reader could trip over (a column removed,
renamed, moved or retyped, null where there was none, an allowed value withdrawn) is breaking and raises the major one.
`breaking_changes` tells.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.contracts import TableContract, ledger_schema_version, ledger_table
from schemas.types import arrow_type

TABLES = ("ledger", "changes", "coverage", "review", "aliases", "units", "codes")
API_VERSION = "v3.2.0"
_LOGICAL = {
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.int16(): "integer",
    pa.int32(): "integer",
    pa.int64(): "integer",
    pa.float64(): "number",
    pa.date32(): "date",
}


def contract(name: str) -> dict[str, Any]:
    """The contract of one published table, as ODCS has it."""
    table, version = ledger_table(name), ledger_schema_version()
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"sanzhao.{name}",
        "name": table.title,
        "version": f"{version}.0",
        "status": "active",
        "domain": "区委社会工作部",
        "dataProduct": "一本账",
        "description": {
            "purpose": table.grain,
            "limitations": "Every status is a lead (线索) until a named person confirms it. 内部资料.",
            "usage": f"Read versions/<version>/{name}.parquet as named by ledger/index.json.",
        },
        "schema": [_object(table)],
    }


def _object(table: TableContract) -> dict[str, Any]:
    return {
        "name": table.name,
        "physicalName": f"{table.name}.parquet",
        "physicalType": "parquet",
        "logicalType": "object",
        "description": table.title,
        "dataGranularityDescription": table.grain,
        "properties": [_property(column, table) for column in table.schema],
    }


def _property(column: pa.Field, table: TableContract) -> dict[str, Any]:
    body = {"name": column.name, **_typed(column.type), "required": not column.nullable}
    about = (column.metadata or {}).get(b"about", b"").decode()
    if about:
        body["description"] = about
    if column.name in table.unique:
        body |= {"primaryKey": True, "primaryKeyPosition": table.unique.index(column.name) + 1}
    allowed = table.allowed.get(column.name)
    if allowed:
        inner = body.get("items", body)
        inner["enum"] = [{"value": value} for value in allowed]
    return body


def _typed(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"logicalType": "array", "physicalType": "list", "items": _typed(kind.value_type)}
    if pa.types.is_struct(kind):
        inner = [{"name": one.name, **_typed(one.type)} for one in kind]
        return {"logicalType": "object", "physicalType": "struct", "properties": inner}
    return {"logicalType": _LOGICAL[kind], "physicalType": str(kind)}


def as_yaml(value: Any, indent: int = 0) -> str:
    """Block YAML of dicts, lists and scalars; texts always quoted."""
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{key}:{_nested(one, indent)}" for key, one in value.items())
    return "".join(f"{pad}- {as_yaml(one, indent + 1).lstrip()}" for one in value)


def _nested(value: Any, indent: int) -> str:
    if isinstance(value, dict | list):
        return "\n" + as_yaml(value, indent + 1)
    return f" {json.dumps(value, ensure_ascii=False)}\n"


def breaking_changes(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """What a reader of the old columns (`name: type`) could trip over in the new ones."""
    found = [f"{name} removed or renamed" for name in old if name not in new]
    for name, kind in old.items():
        if name in new and not _still_reads(_type(kind), _type(new[name])):
            found.append(f"{name}: {_type(kind)} became {_type(new[name])}")
    kept = [name for name in new if name in old]
    if kept != [name for name in old if name in new] or list(new)[: len(kept)] != kept:
        found.append("columns moved")
    return found + [f"{name} is new and never null" for name in new if name not in old and _type(new[name])[-1] == "!"]


def _still_reads(old: str, new: str) -> bool:
    """Whether who reads the old type reads the new one: the same, but for further members at a structure's end."""
    if old[-1:] == new[-1:] == "!":
        return _still_reads(old[:-1], new[:-1])
    return old == new or (old[-1:] != "!" and new[-1:] != "!" and _grown(arrow_type(old), arrow_type(new)))


def _grown(old: pa.DataType, new: pa.DataType) -> bool:
    if pa.types.is_list(old) and pa.types.is_list(new):
        return _grown(old.value_type, new.value_type)
    if pa.types.is_struct(old) and pa.types.is_struct(new):
        pairs = list(zip(old, new, strict=False))
        return len(old) <= len(new) and all(a.name == b.name and _grown(a.type, b.type) for a, b in pairs)
    return bool(old == new)


def _type(text: str) -> str:
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == " " and depth == 0:
            return text[:at]
    return text


def main() -> None:
    """Write every contract beside `ledger.toml`."""
    folder = Path(str(resources.files("schemas"))) / "ledger"
    for name in TABLES:
        (folder / f"{name}.odcs.yaml").write_text(as_yaml(contract(name)), "utf-8")


if __name__ == "__main__":
    main()
