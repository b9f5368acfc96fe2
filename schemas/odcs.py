"""One ODCS v3 contract per published table, generated from `ledger/ledger.toml`: `python -m schemas.odcs` writes them.

Schema versioning: the version is `major.minor`. A new table, a new nullable column at the end, a new member at the end
of a structure, or a new allowed value raises the minor number; anything a reader could trip over (a column removed,
renamed, moved or retyped, null where there was none, an allowed value withdrawn) is breaking and raises the major one.
`tests/schemas/test_odcs.py` tells.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.contracts import TableContract, ledger_schema_version, ledger_table

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


def contract(name: str) -> dict[str, object]:
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


def _object(table: TableContract) -> dict[str, object]:
    return {
        "name": table.name,
        "physicalName": f"{table.name}.parquet",
        "physicalType": "parquet",
        "logicalType": "object",
        "description": table.title,
        "dataGranularityDescription": table.grain,
        "properties": [_property(column, table) for column in table.schema],
    }


def _property(column: pa.Field, table: TableContract) -> dict[str, object]:
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


def _typed(kind: pa.DataType) -> dict[str, object]:
    if pa.types.is_list(kind):
        return {"logicalType": "array", "physicalType": "list", "items": _typed(kind.value_type)}
    if pa.types.is_struct(kind):
        inner = [{"name": entry.name, **_typed(entry.type)} for entry in kind]
        return {"logicalType": "object", "physicalType": "struct", "properties": inner}
    return {"logicalType": _LOGICAL[kind], "physicalType": str(kind)}


def as_yaml(value: Any, indent: int = 0) -> str:
    """Block YAML of dicts, lists and scalars; texts always quoted."""
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{key}:{_nested(entry, indent)}" for key, entry in value.items())
    return "".join(f"{pad}- {as_yaml(entry, indent + 1).lstrip()}" for entry in value)


def _nested(value: Any, indent: int) -> str:
    if isinstance(value, dict | list):
        return "\n" + as_yaml(value, indent + 1)
    return f" {json.dumps(value, ensure_ascii=False)}\n"


def main() -> None:
    """Write every contract beside `ledger.toml`."""
    folder = Path(str(resources.files("schemas"))) / "ledger"
    for name in TABLES:
        (folder / f"{name}.odcs.yaml").write_text(as_yaml(contract(name)), "utf-8")


if __name__ == "__main__":
    main()
